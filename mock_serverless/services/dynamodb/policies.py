"""put_resource_policy, get_resource_policy, delete_resource_policy, and whether a call is let in.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html. A policy decides: callers of
other accounts need an Allow in it; callers of its own account are let in unless it denies explicitly (their own IAM policies are
not there). Codes, words and the canonical form of documents have been measured on the service (ack-api-quirks, DDB-TABLE-205 to
DDB-TABLE-214 and DDB-TABLE-351 to DDB-TABLE-356; moto's tests that are verified on AWS); marked guesses haven't.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mock_serverless.core.arns import Arn
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation
from mock_serverless.core.policies import ALLOW, DENY, Request, general_keys, verdict

from .policy_documents import read
from .schema import INVALID
from .states import busy, iso
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

COOLDOWN = 15
NOT_FOUND = "Resource-based policy not found for the provided ResourceArn: "
OWNERS_ONLY = "This action is only supported by accounts that match the resource owner\u2019s account."
FOR_OTHERS = frozenset(
    (
        *("DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem", "TransactGetItems", "TransactWriteItems"),
        *("BatchGetItem", "BatchWriteItem", "DeleteTable", "DescribeTable", "UpdateTable", "SearchVectors"),
    )
)
"""What policies of tables can allow to other accounts: rbac-iam-actions.html of the developer guide."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy in its canonical form; ``document`` is None once it has been deleted."""

    document: dict[str, Any] | None
    revision: int  # when it was changed, in milliseconds since the epoch

    def __deepcopy__(self, memo: dict[int, Any]) -> Policy:
        return self


# ---------------------------------------------------------------------- operations


@operation
def put_resource_policy(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html"""
    arn = request["ResourceArn"]
    name = _checked(db, arn)
    document = read(db, request["Policy"], arn)
    current = db.policies.get(arn)
    _check_revision(name, current, request.get("ExpectedRevisionId"))
    if current is not None and current.document == document:
        return {"RevisionId": str(current.revision)}
    _check_pace(db, name, current)
    if not request.get("ConfirmRemoveSelfResourceAccess"):
        db_request = _request(db, "PutResourcePolicy", arn)
        if db_request is not None and verdict(document, db_request) == DENY:
            raise AwsError(
                "AccessDeniedException",
                "The new resource policy will not allow you to update the resource policy in the future.",
            )
    return {"RevisionId": str(keep(db, arn, document))}


@operation
def get_resource_policy(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html"""
    arn = request["ResourceArn"]
    _checked(db, arn)
    policy = db.policies.get(arn)
    if policy is None or policy.document is None:
        raise AwsError("PolicyNotFoundException", NOT_FOUND + arn)
    return {"Policy": json.dumps(policy.document, separators=(",", ":")), "RevisionId": str(policy.revision)}


@operation
def delete_resource_policy(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteResourcePolicy.html

    Deleting what isn't there is no error. What was deleted leaves the time of its deletion behind as a revision.
    """
    arn = request["ResourceArn"]
    name = _checked(db, arn)
    current = db.policies.get(arn)
    _check_revision(name, current, request.get("ExpectedRevisionId"))
    if current is None:
        return {}
    if current.document is None:
        return {"RevisionId": str(current.revision)}
    _check_pace(db, name, current)
    keep(db, arn, None)
    return {"RevisionId": str(current.revision)}


def keep(db: Database, arn: str, document: dict[str, Any] | None) -> int:
    """Store a document under a resource (None: it is deleted); gives the revision."""
    current = db.policies.get(arn)
    now = int(db.scope.timestamp() * 1000)
    revision = now if current is None else max(now, current.revision + 1)
    db.policies = {**db.policies, arn: Policy(document, revision)}
    return revision


def _check_revision(name: str, current: Policy | None, expected: str | None) -> None:
    if expected is None:
        return
    document = None if current is None else current.document
    if expected == "NO_POLICY":
        if document is not None and current is not None:
            raise AwsError(
                "PolicyNotFoundException",
                f"{NOT_FOUND}Requested policy update expecting none to be present for table {name}, but a policy exists with "
                f"revision id {current.revision}.",
            )
        return
    if document is None or current is None:
        raise _mismatch(name, expected, f"table {name} has no associated policy")
    if expected != str(current.revision):
        raise _mismatch(
            name, expected, f"the policy associated to target table {name} has revision id {current.revision}"
        )


def _mismatch(name: str, expected: str, there: str) -> AwsError:
    return AwsError(
        "PolicyNotFoundException", f"{NOT_FOUND}Requested update for policy with revision id {expected}, but {there}."
    )


def _check_pace(db: Database, name: str, current: Policy | None) -> None:
    """A policy changes at most every 15 seconds (where rates are enforced)."""
    if current is None or not db.scope.cloud.throttle:
        return
    after = current.revision / 1000 + COOLDOWN
    if db.scope.timestamp() < after:
        raise AwsError(
            "ThrottlingException",
            f"Resource-based policy for table {name} modified within the previous 15000 milliseconds. Please try again after "
            f"{iso(after)}.",
        )


def _checked(db: Database, arn: str) -> str:
    """The name of the table (or stream) of an ARN which may have a policy."""
    if not arn.startswith("arn:"):
        raise refuse(f"{INVALID}ARNs must start with 'arn:': {arn}")
    parsed = Arn.parse(arn)
    kind, _, rest = parsed.resource.partition("/") if parsed is not None else ("", "", "")
    name, _, inner = rest.partition("/")
    if (
        parsed is None
        or parsed.service != "dynamodb"
        or kind != "table"
        or inner.partition("/")[0] not in ("", "index", "stream")
    ):
        raise refuse(f"{INVALID}Provided Arn is not a DynamoDB resource arn: {arn}")
    if inner.startswith("index/"):
        raise refuse(
            f"{INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}"
        )
    if (parsed.region, parsed.partition) != (db.scope.region, db.scope.partition):
        raise refuse(f"{INVALID}Invalid resource Arn: {arn}")
    if parsed.account != db.scope.account:
        raise refuse(OWNERS_ONLY)
    if inner:
        stream = db.streams.get(arn)
        if stream is None or db.is_gone(stream):
            label = inner.partition("/")[2]
            raise AwsError(
                "ResourceNotFoundException",
                f"Requested resource not found: Stream: {label} not found for Table: {name}",
            )
        return name
    table = db.named_table(name)
    if table.status == "DELETING":
        raise busy(f"Table is being deleted: {name}")
    return name


# ---------------------------------------------------------------------- letting in


def authorise(db: Database, arn: str, action: str | None = None, index: str | None = None) -> None:
    """Refuse the call that is being served when the policy of a table (or stream) of this database doesn't let it in."""
    request = _request(db, action, arn, index)
    if request is None:
        return
    policy = db.policies.get(arn)
    said = None if policy is None or policy.document is None else verdict(policy.document, request)
    if said == ALLOW or (said is None and request.account == db.scope.account):
        return
    reason = (
        "with an explicit deny in a resource-based policy"
        if said == DENY
        else f"because no resource-based policy allows the {request.action} action"
    )
    raise AwsError(
        "AccessDeniedException",
        f"User: {request.principal} is not authorized to perform: {request.action} on resource: {request.resource} {reason}",
    )


def _request(db: Database, action: str | None, arn: str, index: str | None = None) -> Request | None:
    """What the call that is being served asks for; None when nobody calls (work for later)."""
    cloud = db.scope.cloud
    call = cloud.serving
    if call is None:
        return None
    who = db.scope.principal(call.access_key, call.account)
    if call.operation in ("Query", "Scan", "SearchVectors"):
        index = call.params.get("IndexName")
    resource = arn if index is None else f"{arn}/index/{index}"
    context = {**general_keys(who, db.scope.region, db.scope.now()), **_details(db, call.params, arn)}
    return Request(who.arn, who.account, f"dynamodb:{action or call.operation}", resource, context)


def _details(db: Database, params: dict[str, Any], arn: str) -> dict[str, tuple[str, ...]]:
    """The keys of conditions that are DynamoDB's own, as far as a request names them plainly.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    found: dict[str, tuple[str, ...]] = {}
    for member in ("Select", "ReturnValues", "ReturnConsumedCapacity"):
        if isinstance(params.get(member), str):
            found[f"dynamodb:{member.lower()}"] = (params[member],)
    table = db.tables.get(arn.rpartition("/")[2])
    item = params.get("Key") or params.get("Item")
    if table is not None and isinstance(item, dict) and isinstance(item.get(table.key.hash_name), dict):
        found["dynamodb:leadingkeys"] = tuple(str(content) for content in item[table.key.hash_name].values())
    return found
