"""Policies of resources: who may do what with it, under which conditions.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html and reference_policies_evaluation-logic.html. A
document is interpreted as it is. An explicit Deny beats every Allow; what no statement allows is neither. Keys of conditions that
the context lacks (there is no source IP in a process) count as absent, as IAM counts them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from .arns import Arn
from .principals import Principal

ALLOW, DENY = "Allow", "Deny"


@dataclass(frozen=True, slots=True)
class Request:
    """Who (ARN and account) wants to do what with what; ``context`` has the keys of conditions, each with its values."""

    principal: str
    account: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]]


def general_keys(who: Principal, region: str, now: datetime) -> dict[str, tuple[str, ...]]:
    """The keys of conditions that every request has.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    return {
        "aws:principalarn": (who.role or who.arn,),
        "aws:principalaccount": (who.account,),
        "aws:userid": (who.user_id,),
        "aws:principaltype": ("AssumedRole" if who.role else "User",),
        "aws:requestedregion": (region,),
        "aws:securetransport": ("true",),
        "aws:currenttime": (now.isoformat(),),
        "aws:epochtime": (str(int(now.timestamp())),),
        **({} if who.role else {"aws:username": (who.arn.rpartition("/")[2],)}),
        **_session_keys(who, now.timestamp()),
    }


def _session_keys(who: Principal, now: float) -> dict[str, tuple[str, ...]]:
    """Those of a session; long-term keys have none of them."""
    keys: dict[str, tuple[str, ...]] = {f"aws:principaltag/{name}".lower(): (value,) for name, value in who.tags}
    if who.source:
        keys["aws:sourceidentity"] = (who.source,)
    if who.is_temporary:
        keys["aws:multifactorauthpresent"] = (str(who.mfa is not None).lower(),)
    if who.mfa is not None:
        keys["aws:multifactorauthage"] = (str(int(now - who.mfa)),)
    return keys


def verdict(document: Mapping[str, Any], request: Request) -> str | None:
    """Allow, Deny, or None when no statement says anything."""
    found = None
    for statement in listed(document.get("Statement")):
        if not _applies(statement, request):
            continue
        if statement.get("Effect") == DENY:
            return DENY
        found = ALLOW
    return found


def listed(value: Any) -> list[Any]:
    """One or several, as a list."""
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        _names_principal(statement, request)
        and _names(statement, "Action", lambda pattern: matches(pattern.lower(), request.action.lower()))
        and _names(statement, "Resource", lambda pattern: matches(pattern, request.resource))
        and all(
            _holds(operator, keys, request.context) for operator, keys in (statement.get("Condition") or {}).items()
        )
    )


def _names(statement: Mapping[str, Any], element: str, fits: Callable[[str], bool]) -> bool:
    if f"Not{element}" in statement:
        return not any(fits(str(pattern)) for pattern in listed(statement[f"Not{element}"]))
    return any(fits(str(pattern)) for pattern in listed(statement.get(element)))


def _names_principal(statement: Mapping[str, Any], request: Request) -> bool:
    if "NotPrincipal" in statement:
        return not _is_principal(statement["NotPrincipal"], request)
    return _is_principal(statement.get("Principal"), request)


def _is_principal(given: Any, request: Request) -> bool:
    """``*``, an account (by number or root), a user, a role (which stands for its sessions) or a session."""
    if given == "*":
        return True
    names = listed(given.get("AWS")) if isinstance(given, Mapping) else []
    return any(_is(str(name), request) for name in names)


def _is(name: str, request: Request) -> bool:
    arn = Arn.parse(name)
    if name in ("*", request.account, request.principal) or (arn is not None and arn.resource == "root"):
        return name in ("*", request.principal) or (arn.account if arn is not None else name) == request.account
    role = Arn.parse(request.principal)
    if arn is None or role is None or not role.resource.startswith("assumed-role/"):
        return False
    is_role = arn.resource.startswith("role/") and arn.account == role.account
    return is_role and arn.resource.rpartition("/")[2] == role.resource.split("/")[1]


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text), re.DOTALL)


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` fits a text."""
    return _pattern(pattern).fullmatch(text) is not None


# ---------------------------------------------------------------------- conditions

Test = Callable[[str, str], bool]  # the request's value, the policy's


def _bool(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _arn_like(value: str, wanted: str) -> bool:
    parts, patterns = value.split(":", 5), wanted.split(":", 5)
    return len(parts) == len(patterns) and all(map(matches, patterns, parts))


def _number(compare: Callable[[float, float], bool]) -> Test:
    def test(value: str, wanted: str) -> bool:
        try:
            return compare(float(value), float(wanted))
        except ValueError:
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> Test:
    def test(value: str, wanted: str) -> bool:
        try:
            return compare(_seconds(value), _seconds(wanted))
        except ValueError:
            return False

    return test


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _equal(a: float, b: float) -> bool:
    return a == b


def _less(a: float, b: float) -> bool:
    return a < b


OPERATORS: dict[str, tuple[Test, bool]] = {
    "StringEquals": (lambda value, wanted: value == wanted, False),
    "StringNotEquals": (lambda value, wanted: value == wanted, True),
    "StringEqualsIgnoreCase": (lambda value, wanted: value.lower() == wanted.lower(), False),
    "StringNotEqualsIgnoreCase": (lambda value, wanted: value.lower() == wanted.lower(), True),
    "StringLike": (lambda value, wanted: matches(wanted, value), False),
    "StringNotLike": (lambda value, wanted: matches(wanted, value), True),
    "ArnEquals": (_arn_like, False),
    "ArnLike": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnNotLike": (_arn_like, True),
    "Bool": (_bool, False),
    "NumericEquals": (_number(_equal), False),
    "NumericNotEquals": (_number(_equal), True),
    "NumericLessThan": (_number(_less), False),
    "NumericLessThanEquals": (_number(lambda a, b: a <= b), False),
    "NumericGreaterThan": (_number(lambda a, b: a > b), False),
    "NumericGreaterThanEquals": (_number(lambda a, b: a >= b), False),
    "DateEquals": (_date(_equal), False),
    "DateNotEquals": (_date(_equal), True),
    "DateLessThan": (_date(_less), False),
    "DateLessThanEquals": (_date(lambda a, b: a <= b), False),
    "DateGreaterThan": (_date(lambda a, b: a > b), False),
    "DateGreaterThanEquals": (_date(lambda a, b: a >= b), False),
    "IpAddress": (lambda value, wanted: False, False),
    "NotIpAddress": (lambda value, wanted: False, True),
    "BinaryEquals": (lambda value, wanted: value == wanted, False),
}
"""Name -> the test of one value, and whether the outcome is turned round."""


def base_operator(operator: str) -> str:
    """An operator without its qualifier (ForAllValues:) and ending (IfExists)."""
    name = operator.rpartition(":")[2]
    return name[: -len("IfExists")] if name.endswith("IfExists") and name != "IfExists" else name


def knows_operator(operator: str) -> bool:
    """Whether a condition's operator is one of IAM's."""
    prefix = operator.rpartition(":")[0]
    return prefix in ("", "ForAllValues", "ForAnyValue") and (
        base_operator(operator) in OPERATORS or operator == "Null"
    )


def _holds(operator: str, keys: Mapping[str, Any], context: Mapping[str, tuple[str, ...]]) -> bool:
    return all(_holds_for(operator, key, listed(wanted), context) for key, wanted in keys.items())


def _holds_for(operator: str, key: str, wanted: Iterable[Any], context: Mapping[str, tuple[str, ...]]) -> bool:
    values = context.get(key.lower())
    texts = [str(text).lower() if isinstance(text, bool) else str(text) for text in wanted]
    if operator == "Null":
        return any((text == "true") == (values is None) for text in texts)
    test, negated = OPERATORS[base_operator(operator)]
    if values is None:
        return negated or operator.endswith("IfExists") or operator.startswith("ForAllValues:")
    outcomes = [any(test(value, text) for text in texts) != negated for value in values]
    return any(outcomes) if operator.startswith("ForAnyValue:") else all(outcomes)
