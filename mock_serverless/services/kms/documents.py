"""Policy documents of keys: checked, and printed as AWS prints them.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html. AWS says nothing about a document which it
can't read (https://github.com/aws/aws-sdk-ruby/issues/1784).
"""

from __future__ import annotations

import json
from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError
from ...core.policies import ALLOW, DENY, knows_operator, listed

LARGEST = 32 * 1024
"""https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""
VERSIONS = ("2012-10-17", "2008-10-17")
ELEMENTS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
PRINCIPALS = {"iam": ("user/", "role/"), "sts": ("assumed-role/", "federated-user/")}
KINDS = ("AWS", "Service", "Federated", "CanonicalUser")


def malformed(message: str = "") -> AwsError:
    """A document that won't do."""
    return AwsError("MalformedPolicyDocumentException", message)


def read(text: str) -> dict[str, Any]:
    """A document, checked."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:  # a guess at the words
        raise AwsError("LimitExceededException", f"The key policy is larger than {LARGEST} bytes.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or document.get("Version", VERSIONS[0]) not in VERSIONS:
        raise malformed()
    if not document.keys() <= {"Version", "Id", "Statement"} or not isinstance(document.get("Id", ""), str):
        raise malformed()
    statements = listed(document.get("Statement"))
    if not statements or not all(map(_is_sound, statements)):
        raise malformed()
    if not all(_has_sound_principals(statement) for statement in statements):
        raise malformed("Policy contains a statement with one or more invalid principals.")
    return document


def _is_sound(statement: Any) -> bool:
    return (
        isinstance(statement, dict)
        and statement.keys() <= ELEMENTS
        and statement.get("Effect") in (ALLOW, DENY)
        and isinstance(statement.get("Sid", ""), str)
        and all((name in statement) != (f"Not{name}" in statement) for name in ("Principal", "Action", "Resource"))
        and all(
            _are_texts(statement[name]) for name in ELEMENTS & statement.keys() if name.endswith(("Action", "Resource"))
        )
        and _are_conditions(statement.get("Condition", {}))
    )


def _are_texts(value: Any) -> bool:
    return bool(listed(value)) and all(isinstance(text, str) for text in listed(value))


def _are_conditions(given: Any) -> bool:
    return isinstance(given, dict) and all(
        knows_operator(operator) and isinstance(keys, dict) and all(map(_are_values, keys.values()))
        for operator, keys in given.items()
    )


def _are_values(value: Any) -> bool:
    return all(isinstance(one, (str, int, float, bool)) for one in listed(value))


def _has_sound_principals(statement: dict[str, Any]) -> bool:
    given = statement.get("Principal", statement.get("NotPrincipal"))
    if given == "*":
        return True
    return (
        isinstance(given, dict)
        and bool(given)
        and all(kind in KINDS and _are_texts(names) for kind, names in given.items())
        and all(_is_principal(name) for name in listed(given.get("AWS")))
    )


def _is_principal(name: str) -> bool:
    """An account, a user, a role or a session; groups are none."""
    arn = Arn.parse(name)
    if arn is None:
        return name == "*" or (len(name) == 12 and name.isdigit())
    return is_principal_arn(arn)


def is_principal_arn(arn: Arn) -> bool:
    """Whether an ARN is of an account, a user, a role, a federated user or a role's session."""
    kinds = PRINCIPALS.get(arn.service)
    return (
        kinds is not None
        and not arn.region
        and len(arn.account) == 12
        and arn.account.isdigit()
        and (arn.resource == "root" or arn.resource.startswith(kinds))
        and not arn.resource.endswith("/")
    )


def printed(value: Any, depth: int = 0) -> str:
    """JSON in the form in which AWS shows policies (its API reference; that of Jackson's pretty printer)."""
    if isinstance(value, dict):
        inner = "  " * (depth + 1)
        rows = [f"{inner}{json.dumps(name)} : {printed(item, depth + 1)}" for name, item in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + "  " * depth + "}" if rows else "{ }"
    if isinstance(value, list):
        return f"[ {', '.join(printed(item, depth) for item in value)} ]" if value else "[ ]"
    return json.dumps(value, ensure_ascii=False)
