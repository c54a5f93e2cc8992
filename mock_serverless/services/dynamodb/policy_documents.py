"""The documents of policies of tables and streams: checked, and in their canonical form.

Codes, words and the canonical form have been measured on the service (ack-api-quirks, DDB-TABLE-205 to DDB-TABLE-214,
DDB-TABLE-351 to DDB-TABLE-356, DDB-TABLE-457; moto's tests that are verified on AWS); marked guesses haven't.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mock_serverless.core.arns import Arn
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation_names
from mock_serverless.core.policies import ALLOW, DENY, knows_operator, listed, matches

from .schema import INVALID
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

LARGEST = 20480
INVALID_POLICY = INVALID + "Invalid policy document: "
ORDER = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
MORE_ACTIONS = (
    *("ConditionCheckItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "SearchVectors"),
    *("ReadDataForReplication", "WriteDataForReplication", "ReplicateSettings"),
    *("AssociateTableReplica", "DisassociateTableReplica", "CreateTableReplica", "DeleteTableReplica"),
)
"""Those of replication: globaltables_MA_security in the developer guide. Policies that name them are kept, and not asked."""


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
