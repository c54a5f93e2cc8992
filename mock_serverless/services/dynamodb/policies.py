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
from mock_serverless.core.operation import operation, operation_names
from mock_serverless.core.policies import ALLOW, DENY, Request, general_keys, knows_operator, listed, matches, verdict

from .schema import INVALID
from .states import busy, iso
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

LARGEST = 20480
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
INVALID_POLICY = INVALID + "Invalid policy document: "
ORDER = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
MORE_ACTIONS = (
    *("ConditionCheckItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "SearchVectors"),
    *("ReadDataForReplication", "WriteDataForReplication", "ReplicateSettings"),
    *("AssociateTableReplica", "DisassociateTableReplica", "CreateTableReplica", "DeleteTableReplica"),
)
"""Those of replication: globaltables_MA_security in the developer guide. Policies that name them are kept, and not asked."""


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


# ---------------------------------------------------------------------- documents


def read(db: Database, text: str, arn: str) -> dict[str, Any]:
    """A document in its canonical form, checked."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise refuse(f"{INVALID}Maximum policy size of {LARGEST} bytes exceeded")
    if text.strip() == "null":
        raise refuse(INVALID_POLICY + "This text appears not to be a policy")
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise refuse(INVALID_POLICY + "This policy contains invalid Json")
    if "Statement" not in given:
        raise _syntax_at(text, len(text))
    statements = listed(given.get("Statement"))
    if not statements:
        raise refuse(INVALID_POLICY + "Could not parse the policy: Statement is empty!")
    for statement in statements:
        _check_statement(statement, arn, text)
    ids = [statement["Sid"] for statement in statements if "Sid" in statement]
    if len({str(sid) for sid in ids}) != len(ids):
        raise refuse(INVALID_POLICY + "The Statement Ids in the policy are not unique")
    _check_actions(statements, arn)
    if any(_lets_everybody_in(statement) for statement in statements):
        raise refuse(
            "Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure "
            "least-privilege form of access"
        )
    head = {"Version": given.get("Version", "2008-10-17"), **({"Id": given["Id"]} if "Id" in given else {})}
    return {**head, "Statement": [_canonical(statement, db.scope.partition) for statement in statements]}


def _check_statement(statement: Any, arn: str, text: str) -> None:
    if not isinstance(statement, dict):
        raise _syntax(text, statement)
    for element, other in (
        ("Effect", ""),
        ("Principal", "NotPrincipal"),
        ("Action", "NotAction"),
        ("Resource", "NotResource"),
    ):
        if element not in statement and other not in statement:
            raise refuse(f"{INVALID_POLICY}Missing required field {element}")
    for element in statement:
        if element not in ORDER:
            raise _syntax(text, element)
    effect = statement["Effect"]
    if not isinstance(effect, str) or effect.capitalize() not in (ALLOW, DENY):
        raise _syntax(text, effect)
    _check_principal(statement.get("Principal", statement.get("NotPrincipal")), text)
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        for value in listed(statement.get(element)):
            if not isinstance(value, str):
                raise _syntax(text, value)
    for resource in (*listed(statement.get("Resource")), *listed(statement.get("NotResource"))):
        _check_resource(resource, arn)
    conditions = statement.get("Condition", {})
    if not isinstance(conditions, dict):
        raise _syntax(text, conditions)
    for operator, keys in conditions.items():
        if not knows_operator(operator) or not isinstance(keys, dict):
            raise _syntax(text, operator)


def _check_principal(given: Any, text: str) -> None:
    if given == "*":
        return
    if not isinstance(given, dict) or not given:
        raise _syntax(text, given)
    for kind, names in given.items():
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            raise _syntax(text, kind)
        for name in listed(names):
            if not isinstance(name, str):
                raise _syntax(text, name)
            plain = name == "*" or (len(name) == 12 and name.isdigit())
            parsed = Arn.parse(name)
            if kind == "AWS" and not plain and (parsed is None or parsed.service not in ("iam", "sts")):
                raise refuse(INVALID + "Invalid principal in policy document.")


def _syntax(text: str, what: Any) -> AwsError:
    """The position is that of the element which is wrong (a guess; one has been measured)."""
    return _syntax_at(text, max(0, text.find(json.dumps(what))) if isinstance(what, str) else 0)


def _syntax_at(text: str, at: int) -> AwsError:
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return refuse(f"{INVALID_POLICY}Syntax error at position ({line},{column})")


def _check_resource(resource: str, arn: str) -> None:
    """Tables' policies can't be about streams, nor streams' about tables."""
    if resource == "*":
        return
    parsed = Arn.parse(resource)
    if parsed is None:
        raise refuse(f'{INVALID_POLICY}Resource {resource} must be in ARN format or "*".')  # a guess
    if ("/stream/" in parsed.resource) != ("/stream/" in arn):
        raise refuse(f'{INVALID_POLICY}The relative-id "{parsed.resource}" is invalid for ARN "{arn}"')


def _check_actions(statements: list[dict[str, Any]], arn: str) -> None:
    of_stream = "/stream/" in arn
    service = "dynamodbstreams" if of_stream else "dynamodb"
    known = {name.lower() for name in (*operation_names(service).values(), *(() if of_stream else MORE_ACTIONS))}
    wrong = [
        action
        for statement in statements
        for action in (*listed(statement.get("Action")), *listed(statement.get("NotAction")))
        if not _is_action(action, known)
    ]
    if wrong:
        names = ", ".join(f'"{action}"' for action in dict.fromkeys(wrong))
        raise refuse(f"{INVALID_POLICY}The following action names are invalid: {names}")


def _is_action(action: str, known: set[str]) -> bool:
    if action == "*":
        return True
    service, _, name = action.lower().partition(":")
    return service == "dynamodb" and any(matches(name, one) for one in known)


def _lets_everybody_in(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    everybody = principal == "*" or (isinstance(principal, dict) and "*" in listed(principal.get("AWS")))
    return everybody and statement["Effect"].capitalize() == ALLOW and not statement.get("Condition")


def _canonical(statement: dict[str, Any], partition: str) -> dict[str, Any]:
    """Elements in IAM's order, lists of one as that one, accounts as their root."""
    shown: dict[str, Any] = {}
    for element in ORDER:
        if element not in statement:
            continue
        value = statement[element]
        if element == "Effect":
            value = value.capitalize()
        elif element in ("Principal", "NotPrincipal") and isinstance(value, dict):
            value = {kind: _single(_principals(names, partition)) for kind, names in value.items()}
        elif element == "Condition":
            value = {
                operator: {key: _single(wanted) for key, wanted in keys.items()} for operator, keys in value.items()
            }
        else:
            value = _single(value)
        shown[element] = value
    return shown


def _principals(names: Any, partition: str) -> list[str]:
    whole = (f"arn:{partition}:iam::{name}:root" if name.isdigit() else name for name in listed(names))
    return list(dict.fromkeys(whole))


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


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
