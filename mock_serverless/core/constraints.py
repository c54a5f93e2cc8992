"""Requests checked the way AWS's front end checks them, derived from botocore's model, in AWS's words.

    1 validation error detected: Value 'a b' at 'tableName' failed to satisfy constraint: Member must satisfy
    regular expression pattern: [a-zA-Z0-9_.-]+

A checker is compiled once per input shape: a list of small functions, none for members which have no constraint, so that
a request costs little more than a look at the members that are there. The wording is that of recorded answers of
DynamoDB, Lambda and Step Functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .errors import AwsError
from .java import Record, python_regex, text_of

# (the path of what holds it, names ...): made into a text only when something is wrong
Path = tuple[Any, ...] | None
Violation = tuple[Any, Path, str]  # value, path, the constraint's words
Check = Callable[[Any, Path, list[Violation]], None]  # (value, path, where violations are appended)

# https://smithy.io/2.0/spec/constraint-traits.html; which error code a protocol's front end uses is recorded
ERROR_CODES = {"json": "ValidationException", "rest-json": "ValidationException", "query": "ValidationError"}
CODES_OF_SERVICES = {"logs": "InvalidParameterException"}
"""Services with an error code of their own for it (recorded)."""
UNCHECKED = frozenset({"s3", "apigateway", "apigatewayv2", "s3control", "sqs", "sns"})
"""Services whose front end has rules and words of its own, checked by the operations themselves."""
OWN_WORDS = frozenset({"Runtime", "TableClass"})
"""Enums which the service checks itself, in words of its own (Lambda's runtimes, recorded; DynamoDB's table classes)."""

ORDERS = {
    "MacAlgorithmSpec": ["HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"],
    "ExecutionStatus": ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"],
    "ReturnValue": ["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"],
    "ConditionalOperator": ["OR", "AND"],
    "Select": ["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"],
    "ComparisonOperator": [
        *("IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE"),
        *("BEGINS_WITH", "GE", "CONTAINS"),
    ],
    "AttributeAction": ["ADD", "PUT", "DELETE"],
    "ScalarAttributeType": ["B", "N", "S"],
    "ProjectionType": ["ALL", "INCLUDE", "KEYS_ONLY"],
    "StreamViewType": ["OLD_IMAGE", "KEYS_ONLY", "NEW_AND_OLD_IMAGES", "NEW_IMAGE"],
    "ContributorInsightsMode": ["THROTTLED_KEYS", "ACCESSED_AND_THROTTLED_KEYS"],
    "InputCompressionType": ["ZSTD", "NONE", "GZIP"],
    "InvokeMode": ["RESPONSE_STREAM", "BUFFERED"],
    "RecursiveLoop": ["Terminate", "Allow"],
}
"""Enums which the service lists in another order than botocore's model: recorded; of DynamoDB, the parity suite's and
dynalite's public tests, which run against the service, moto's that are verified on it, and what ack-api-quirks has measured."""

OWN_LENGTHS = frozenset({"KeySchema", "LogGroupName", "LogStreamName"})
"""What the service checks the greatest length of itself: DynamoDB's keys, of which newer indexes may have more attributes; names
in CloudWatch Logs, for which it has words of its own (recorded)."""


NEVER_NULL = frozenset({"AdditionalVersionWeights"})
"""Maps of whose keys and values it is listed, too, that they must not be null (recorded)."""

RECORDS = frozenset({"stepfunctions"})
"""Services that show a structure with its name, ``Name(member=value)``, where others show ``{member=value}`` (recorded)."""

FrontEnd = Callable[[str, dict[str, Any], list[Violation]], "AwsError | None"]
FRONT_ENDS: dict[str, FrontEnd] = {}
"""By service: what its front end says of an operation's request and what is wrong with it, where it has words of its own; None
where it says nothing, and leaves it to the operation."""


class RequestChecker:
    """Checks the requests of one operation."""

    __slots__ = ("_check", "_code", "_operation", "_records", "_service")

    def __init__(self, operation_model: Any) -> None:
        service = operation_model.service_model
        code = CODES_OF_SERVICES.get(service.service_name) or ERROR_CODES.get(service.metadata.get("protocol", ""))
        shape = operation_model.input_shape
        known = code is not None and shape is not None and service.service_name not in UNCHECKED
        self._code = code or ""
        self._check = _compile(shape, {}) if known else None
        self._records = shape if service.service_name in RECORDS else None
        self._service, self._operation = service.service_name, operation_model.name

    def __call__(self, params: dict[str, Any]) -> None:
        """Raises AwsError when a constraint is hurt."""
        if self._check is None:
            return
        found: list[Violation] = []
        self._check(params, None, found)
        if not found:
            return
        own = FRONT_ENDS.get(self._service)
        if own is not None:
            error = own(self._operation, params, found)
            if error is not None:
                raise error
            return
        if self._records is not None:
            found = [
                (_shown(value, _shape_at(self._records, names_of(path))), path, text) for value, path, text in found
            ]
        raise validation_error([violation(*one) for one in found], self._code)


def validation_error(found: list[str], code: str = "ValidationException") -> AwsError:
    """AWS's error for a list of hurt constraints, each as :func:`violation` words it."""
    plural = "" if len(found) == 1 else "s"
    return AwsError(code, f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def violation(value: Any, path: Path | str, constraint: str) -> str:
    """One hurt constraint in AWS's words."""
    text = "null" if value is None else f"'{text_of(value)}'"
    shown = "Value" if value is SECRET else f"Value {text}"
    where = path if isinstance(path, str) else ".".join(names_of(path))
    return f"{shown} at '{where}' failed to satisfy constraint: {constraint}"


def names_of(path: Path) -> list[str]:
    """The parts of a violation's path."""
    return [] if path is None else [*names_of(path[0]), *map(str, path[1:])]


NOT_NULL = "Member must not be null"
SECRET = object()
"""Stands for a sensitive value, which isn't told (recorded: ``Value at 'plaintext' failed to satisfy constraint: ...``)."""


# ---------------------------------------------------------------------- compiling a shape


def _compile(shape: Any, seen: dict[str, list[Check | None]]) -> Check | None:
    """The check of a shape as a member: its own constraints, and what is inside."""
    secret = bool(shape.metadata.get("sensitive"))
    return _combine([*(_single(constraint, secret) for constraint in _own_constraints(shape)), _inner(shape, seen)])


def _inner(shape: Any, seen: dict[str, list[Check | None]]) -> Check | None:
    """The check of what is inside a shape, or None when nothing is constrained. A recursive shape refers to its own check."""
    if shape.type_name not in _INNER or not _constrained_inside(shape, set()):
        return None
    cell = seen.setdefault(shape.name, [])
    if cell:
        return lambda value, path, found: cell[0](value, path, found) if cell[0] else None
    cell.append(None)
    cell[0] = check = _INNER[shape.type_name](shape, seen)
    return check


def _constrained_inside(shape: Any, visiting: set[str]) -> bool:
    if shape.name in visiting or shape.type_name not in _INNER:
        return False
    inside = visiting | {shape.name}
    if shape.type_name == "structure":
        parts = list(shape.members.values())
    else:
        parts = [shape.member] if shape.type_name == "list" else [shape.key, shape.value]
    required = shape.type_name == "structure" and shape.required_members
    return bool(required) or any(_own_constraints(p) or _constrained_inside(p, inside) for p in parts)


def _combine(checks: list[Check | None]) -> Check | None:
    real = [c for c in checks if c is not None]
    if len(real) < 2:
        return real[0] if real else None

    def every(value: Any, path: Path, found: list[Violation]) -> None:
        for check in real:
            check(value, path, found)

    return every


def _structure(shape: Any, seen: dict[str, list[Check | None]]) -> Check | None:
    required = [(name, _lower(name)) for name in shape.required_members]
    members = {}
    for name, member in shape.members.items():
        check = _compile(member, seen)
        if check is not None:
            members[name] = (_lower(name), check)

    def check_members(value: Any, path: Path, found: list[Violation]) -> None:
        if not isinstance(value, dict):
            return
        for name, label in required:
            if value.get(name) is None:
                found.append((None, (path, label), NOT_NULL))
        for name, item in value.items():
            if name in members and item is not None:
                label, check = members[name]
                check(item, (path, label), found)

    return check_members


def _list(shape: Any, seen: dict[str, list[Check | None]]) -> Check | None:
    inner = _inner(shape.member, seen)

    def each(value: Any, path: Path, found: list[Violation]) -> None:
        if inner is not None and isinstance(value, (list, tuple)):
            for i, item in enumerate(value, 1):
                inner(item, (path, i, "member"), found)

    words = "Member must satisfy constraint"
    return _combine([_all_of(shape, shape.member, words, list, NOT_NULL), each if inner else None])


def _map(shape: Any, seen: dict[str, list[Check | None]]) -> Check | None:
    inner = _inner(shape.value, seen)

    def each(value: Any, path: Path, found: list[Violation]) -> None:
        if inner is not None and isinstance(value, dict):
            for k, item in value.items():
                inner(item, (path, k, "member"), found)

    more = [NOT_NULL] if shape.name in NEVER_NULL else []
    keys = _all_of(shape, shape.key, "Map keys must satisfy constraint", list, *more)
    values = _all_of(shape, shape.value, "Map value must satisfy constraint", _values, *more)
    return _combine([keys, values, each if inner else None])


def _floats(value: dict[str, Any]) -> dict[str, Any]:
    """A map of numbers as the service reads it."""
    return {k: float(v) if isinstance(v, int) else v for k, v in value.items()}


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _all_of(shape: Any, part: Any, words: str, parts: Callable[[Any], list[Any]], *more: str) -> Check | None:
    """The constraints on a list's items or a map's keys or values themselves, reported together at the container.

    Recorded: ``Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]``;
    reported by users: ``Map keys must satisfy constraint: [...]`` (https://github.com/boto/boto3/issues/2601).
    """
    constraints = _own_constraints(part)
    if not constraints:
        return None
    tests, secret = [fits for fits, _ in constraints], bool(shape.metadata.get("sensitive"))
    fractions = shape.type_name == "map" and shape.value.type_name in FRACTIONS

    def shown(value: Any) -> Any:
        return SECRET if secret else _floats(value) if fractions else value

    text = f"{words}: [{', '.join([*(text for _, text in constraints), *more])}]"

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        if isinstance(value, (list, tuple, dict)):
            for item in parts(value):
                for fits in tests:
                    if not fits(item):
                        found.append((shown(value), path, text))
                        return

    return check


_INNER: dict[str, Callable[[Any, dict[str, list[Check | None]]], Check | None]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
}


# ---------------------------------------------------------------------- a shape's own constraints

Constraint = tuple[Callable[[Any], bool], str]  # does a value satisfy it; its words

FRACTIONS = ("float", "double")
NUMBERS = ("integer", "long", *FRACTIONS)
SIZED = ("string", "list", "map", "blob")


def _single(constraint: Constraint, secret: bool) -> Check:
    fits, text = constraint

    def check(value: Any, path: Path, found: list[Violation]) -> None:
        if not fits(value):
            found.append((SECRET if secret else value, path, text))

    return check


def _own_constraints(shape: Any) -> list[Constraint]:
    """In the order in which AWS lists them: at most, at least, pattern, enum. A value of the wrong kind satisfies them all."""
    metadata = shape.metadata
    found: list[Constraint] = []
    if shape.type_name in NUMBERS:
        found += _value_limits(metadata.get("min"), metadata.get("max"))
    elif shape.type_name in SIZED:
        found += _length_limits(metadata.get("min"), None if shape.name in OWN_LENGTHS else metadata.get("max"))
    if shape.type_name == "string":
        if metadata.get("pattern"):
            found += _pattern(metadata["pattern"])
        if metadata.get("enum") and shape.name not in OWN_WORDS:
            found.append(_enum(_ordered(shape.name, metadata["enum"])))
    return found


def _value_limits(low: Any, high: Any) -> list[Constraint]:
    least = (
        lambda v: not isinstance(v, (int, float)) or v >= low,
        f"Member must have value greater than or equal to {low}",
    )
    most = (
        lambda v: not isinstance(v, (int, float)) or v <= high,
        f"Member must have value less than or equal to {high}",
    )
    return [*([most] if high is not None else []), *([least] if low is not None else [])]


def _length_limits(low: Any, high: Any) -> list[Constraint]:
    least = (
        lambda v: not hasattr(v, "__len__") or len(v) >= low,
        f"Member must have length greater than or equal to {low}",
    )
    most = (
        lambda v: not hasattr(v, "__len__") or len(v) <= high,
        f"Member must have length less than or equal to {high}",
    )
    return [*([most] if high is not None else []), *([least] if low is not None and (low or high is not None) else [])]


def _ordered(name: str, values: list[str]) -> list[str]:
    """An enum as the service lists it; other services have enums of the same name."""
    order = ORDERS.get(name, values)
    return order if set(order) == set(values) else values


def _enum(values: list[str]) -> Constraint:
    allowed = frozenset(values)
    words = f"Member must satisfy enum value set: [{', '.join(values)}]"
    return (lambda v: not isinstance(v, str) or v in allowed, words)


def _pattern(pattern: str) -> list[Constraint]:
    try:
        regex = re.compile(python_regex(pattern))
    except re.error:
        return []
    words = f"Member must satisfy regular expression pattern: {pattern}"
    return [(lambda v: not isinstance(v, str) or regex.fullmatch(v) is not None, words)]


# ---------------------------------------------------------------------- structures that are shown with their names


def _shape_at(shape: Any, names: list[str]) -> Any:
    """The shape at a path as violations name it."""
    for name in names:
        if shape.type_name == "structure":
            shape = next(member for own, member in shape.members.items() if _lower(own) == name)
        elif name == "member":
            shape = shape.member if shape.type_name == "list" else shape.value
    return shape


def _shown(value: Any, shape: Any) -> Any:
    """The value with its structures as records."""
    if shape.type_name == "list" and isinstance(value, (list, tuple)):
        return [_shown(v, shape.member) for v in value]
    if shape.type_name == "structure" and isinstance(value, dict):
        return Record(shape.name, {k: _shown(v, shape.members[k]) for k, v in value.items() if k in shape.members})
    return value


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
