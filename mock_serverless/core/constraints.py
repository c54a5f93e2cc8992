"""Requests checked the way AWS's front end checks them, derived from botocore's model, in AWS's words.

    1 validation error detected: Value 'a b' at 'tableName' failed to satisfy constraint: Member must satisfy
    regular expression pattern: [a-zA-Z0-9_.-]+

A checker is compiled once per input shape: a list of small functions, none for members which have no constraint, so that
a request costs little more than a look at the members that are there. The wording is that of recorded answers of
DynamoDB, Lambda and Step Functions; values of sensitive members are left out as AWS leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Optional

from .errors import AwsError

Path = Optional[tuple[Any, ...]]  # (the path of what holds it, names ...): made into a text only when something is wrong
Check = Callable[[Any, Path, list[str]], None]  # (value, path, where violations are appended)

# https://smithy.io/2.0/spec/constraint-traits.html; which error code a protocol's front end uses is recorded
ERROR_CODES = {"json": "ValidationException", "rest-json": "ValidationException", "query": "ValidationError"}
UNCHECKED = frozenset({"s3", "apigateway", "apigatewayv2", "s3control", "sqs", "sns"})
"""Services whose front end has rules and words of its own, checked by the operations themselves."""
OWN_WORDS = frozenset({"Runtime"})
"""Enums which the service checks itself, in words of its own (Lambda's runtimes, recorded)."""


class RequestChecker:
    """Checks the requests of one operation."""

    __slots__ = ("_check", "_code")

    def __init__(self, operation_model: Any) -> None:
        service = operation_model.service_model
        code = ERROR_CODES.get(service.metadata.get("protocol", ""))
        shape = operation_model.input_shape
        known = code is not None and shape is not None and service.service_name not in UNCHECKED
        self._code = code or ""
        self._check = _compile(shape, {}) if known else None

    def __call__(self, params: dict[str, Any]) -> None:
        """Raises AwsError when a constraint is hurt."""
        if self._check is None:
            return
        found: list[str] = []
        self._check(params, None, found)
        if found:
            raise validation_error(found, self._code)


def validation_error(found: list[str], code: str = "ValidationException") -> AwsError:
    """AWS's error for a list of hurt constraints, each as :func:`violation` words it."""
    plural = "" if len(found) == 1 else "s"
    return AwsError(code, f"{len(found)} validation error{plural} detected: {'; '.join(found)}")


def violation(value: Any, path: Path | str, constraint: str, sensitive: bool = False) -> str:
    """One hurt constraint in AWS's words."""
    shown = "Value" if sensitive else f"Value {_java(value, top=True)}"
    where = path if isinstance(path, str) else ".".join(_names(path))
    return f"{shown} at '{where}' failed to satisfy constraint: {constraint}"


def _names(path: Path) -> list[str]:
    return [] if path is None else [*_names(path[0]), *map(str, path[1:])]


NOT_NULL = "Member must not be null"


# ---------------------------------------------------------------------- compiling a shape


def _compile(shape: Any, seen: dict[str, list[Check | None]]) -> Check | None:
    """The check of a shape, or None when nothing in it is constrained. Recursive shapes refer to their own check."""
    if not _constrained(shape, set()):
        return None
    if shape.type_name in ("structure", "list", "map"):
        if shape.name in seen:
            cell = seen[shape.name]
            return lambda value, path, found: cell[0](value, path, found) if cell[0] else None
        cell = [None]
        seen[shape.name] = cell
        check = _combine(*_COMPILERS[shape.type_name](shape, seen))
        cell[0] = check
        return check
    return _combine(*_own_checks(shape))


def _constrained(shape: Any, visiting: set[str]) -> bool:
    if shape.name in visiting:
        return False
    inside = visiting | {shape.name}
    if shape.type_name == "structure":
        return bool(shape.required_members) or any(_constrained(m, inside) for m in shape.members.values())
    if any(check is not None for check in _own_checks(shape)):
        return True
    if shape.type_name == "list":
        return _constrained(shape.member, inside)
    if shape.type_name == "map":
        return _constrained(shape.key, inside) or _constrained(shape.value, inside)
    return False


def _combine(*checks: Check | None) -> Check | None:
    real = [c for c in checks if c is not None]
    if len(real) < 2:
        return real[0] if real else None

    def every(value: Any, path: Path, found: list[str]) -> None:
        for check in real:
            check(value, path, found)

    return every


def _structure(shape: Any, seen: dict[str, list[Check | None]]) -> list[Check | None]:
    required = [(name, _lower(name)) for name in shape.required_members]
    members = {}
    for name, member in shape.members.items():
        check = _compile(member, seen)
        if check is not None:
            members[name] = (_lower(name), check)
    if not required and not members:
        return []

    def check_members(value: Any, path: Path, found: list[str]) -> None:
        if not isinstance(value, dict):
            return
        for name, label in required:
            if value.get(name) is None:
                found.append(violation(None, (path, label), NOT_NULL))
        for name, item in value.items():
            if name in members and item is not None:
                label, check = members[name]
                check(item, (path, label), found)

    return [check_members]


def _list(shape: Any, seen: dict[str, list[Check | None]]) -> list[Check | None]:
    member = _compile(shape.member, seen)

    def each(value: Any, path: Path, found: list[str]) -> None:
        if isinstance(value, (list, tuple)):
            assert member is not None
            for i, item in enumerate(value, 1):
                member(item, (path, i, "member"), found)

    return [*_own_checks(shape), each if member else None]


def _map(shape: Any, seen: dict[str, list[Check | None]]) -> list[Check | None]:
    key, item = _compile(shape.key, seen), _compile(shape.value, seen)

    def each(value: Any, path: Path, found: list[str]) -> None:
        if isinstance(value, dict):
            for k, v in value.items():
                if key is not None:
                    key(k, path, found)
                if item is not None:
                    item(v, (path, k, "member"), found)

    return [*_own_checks(shape), each if key or item else None]


_COMPILERS: dict[str, Callable[[Any, dict[str, list[Check | None]]], list[Check | None]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
}


# ---------------------------------------------------------------------- one constraint, one check


def _own_checks(shape: Any) -> list[Check | None]:
    metadata = shape.metadata
    sensitive = bool(metadata.get("sensitive"))
    limits = _value_limits if shape.type_name in ("integer", "long", "float", "double") else _length_limits
    checks: list[Check | None] = []
    if shape.type_name in ("string", "list", "map", "blob", "integer", "long", "float", "double"):
        checks += limits(metadata.get("min"), metadata.get("max"), sensitive)
    if shape.type_name == "string":
        if metadata.get("enum") and shape.name not in OWN_WORDS:
            checks.append(_enum(metadata["enum"], sensitive))
        if metadata.get("pattern"):
            checks.append(_pattern(metadata["pattern"], sensitive))
    return checks


def _value_limits(low: Any, high: Any, sensitive: bool) -> list[Check | None]:
    def least(value: Any, path: Path, found: list[str]) -> None:
        if isinstance(value, (int, float)) and value < low:
            found.append(violation(value, path, f"Member must have value greater than or equal to {low}", sensitive))

    def most(value: Any, path: Path, found: list[str]) -> None:
        if isinstance(value, (int, float)) and value > high:
            found.append(violation(value, path, f"Member must have value less than or equal to {high}", sensitive))

    return [least if low is not None else None, most if high is not None else None]


def _length_limits(low: Any, high: Any, sensitive: bool) -> list[Check | None]:
    def least(value: Any, path: Path, found: list[str]) -> None:
        if hasattr(value, "__len__") and len(value) < low:
            found.append(violation(value, path, f"Member must have length greater than or equal to {low}", sensitive))

    def most(value: Any, path: Path, found: list[str]) -> None:
        if hasattr(value, "__len__") and len(value) > high:
            found.append(violation(value, path, f"Member must have length less than or equal to {high}", sensitive))

    return [least if low else None, most if high is not None else None]


def _enum(values: list[str], sensitive: bool) -> Check:
    allowed = frozenset(values)
    constraint = f"Member must satisfy enum value set: [{', '.join(values)}]"

    def check(value: Any, path: Path, found: list[str]) -> None:
        if isinstance(value, str) and value not in allowed:
            found.append(violation(value, path, constraint, sensitive))

    return check


def _pattern(pattern: str, sensitive: bool) -> Check | None:
    try:
        regex = re.compile(python_regex(pattern), re.DOTALL if "(?s)" in pattern else 0)
    except re.error:
        return None
    constraint = f"Member must satisfy regular expression pattern: {pattern}"

    def check(value: Any, path: Path, found: list[str]) -> None:
        if isinstance(value, str) and not regex.fullmatch(value):
            found.append(violation(value, path, constraint, sensitive))

    return check


# Java's classes \p{...} that occur in AWS's models, as Python's re can say them inside brackets. Letters, marks, numbers are
# word characters; re has no class for symbols, punctuation and separators, so with them a class is as wide as it gets.
_JAVA_CLASSES = {
    "Alpha": "a-zA-Z",
    "Alnum": "a-zA-Z0-9",
    "Digit": "0-9",
    "XDigit": "0-9a-fA-F",
    "Lower": "a-z",
    "Upper": "A-Z",
    "Space": r"\s",
    "Punct": r"!-/:-@\[-`{-~",
    "Graph": r"\x21-\x7e",
    "Print": r"\x20-\x7e",
    "ASCII": r"\x00-\x7f",
    "Cntrl": r"\x00-\x1f\x7f",
}
_CLASS_ESCAPES = frozenset({r"\s", r"\S", r"\w", r"\W", r"\d", r"\D"})
_WORDLIKE = re.compile(r"(Is)?(L|M|N|Letter|Alphabetic|Digit|Han|Hiragana|Katakana|Latin)")
_TOKEN = re.compile(r"\\[pP](?:\{(\^?)(\w+)\}|(\w))|\\.|\[\^?\]?|\]|\(\?<(?![=!])|([*+?}])\+|.", re.DOTALL)


def python_regex(pattern: str) -> str:
    """A pattern of a model, written for Java, as Python's re takes it; re.error where it can't be said."""
    if "&&" in pattern:
        raise re.error("an intersection of classes", pattern)
    inside = False
    after_class = False
    out: list[str] = []
    for token in _TOKEN.finditer(pattern):
        text = token.group(0)
        name = token.group(2) or token.group(3)
        was_class, after_class = after_class, bool(name) or text in _CLASS_ESCAPES
        if name:
            chars = _java_class(name)
            out.append(chars if inside else f"[{chars}]")
        elif text.startswith("[") and not inside:
            inside = True
            out.append(text)
        elif text.startswith("[") and inside:
            out.append("\\" + text)
        elif text == "-" and inside and was_class:  # Java takes it for itself after a class
            out.append("\\-")
        elif text == "\\z":
            out.append("\\Z")
        elif text == "]" and inside:
            inside = False
            out.append(text)
        elif text == "(?<" and not inside:
            out.append("(?P<")
        elif token.group(4) and not inside:  # a possessive quantifier
            out.append(token.group(4))
        else:
            out.append(text)
    return "".join(out)


def _java_class(name: str) -> str:
    if name in _JAVA_CLASSES:
        return _JAVA_CLASSES[name]
    return r"\w" if _WORDLIKE.match(name) else r"\w\W"


# ---------------------------------------------------------------------- how Java prints a value


def _java(value: Any, top: bool = False) -> str:
    if value is None:
        return "null"
    if isinstance(value, (list, tuple)):
        text = f"[{', '.join(_java(v) for v in value)}]"
    elif isinstance(value, dict):
        text = f"{{{', '.join(f'{k}={_java(v)}' for k, v in value.items())}}}"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, (bytes, bytearray)):
        text = f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    else:
        text = str(value)
    return f"'{text}'" if top else text


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
