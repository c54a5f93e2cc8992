"""Filters of JsonPath 2.0.0: ``[?(@.price < 10 && @.isbn)]``.

The reference and its version: path_syntax.py. Literals stay texts and are read when they are compared (``'1' == 1``); ``&&`` and
``||`` are found before quotes and parentheses are looked at, of which the latter do not count; there are no words for operators
(the developer guide: "Lexical operators, which are non-symbolic, such as subsetof aren't supported",
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .path_syntax import Token

Look = Callable[["Operand", Any], Any]
"""(a path, the item that is judged) -> the value there; raises a subclass of LookupError where none is."""


class Broken(Exception):
    """The library breaks down with an error of Java's."""


class Incomparable(Exception):
    """Two values of kinds between which there is no order: no comparison with them holds, not even ``!=``."""


class Operand(NamedTuple):
    """One side of a criterion: a path, a pattern, or a text."""

    path: tuple[Token, ...] | None = None
    of_root: bool = False
    pattern: re.Pattern[str] | None = None
    text: str = ""


class Criterion(NamedTuple):
    """``left operator right``; without an operator: ``left`` is there, or isn't."""

    left: Operand
    operator: str
    right: Operand
    wanted: bool = True


class Combined(NamedTuple):
    """All or one of several."""

    word: str
    parts: tuple[Filter, ...]


Filter = Criterion | Combined
OPERATORS = ("==", ">=", "<=", "!=", "<", ">", "=~")
"""In the order in which they are looked for."""


def parse_filter(text: str) -> Filter:
    """The filter of ``[?(...)]``; raises ValueError or IndexError."""
    inside = re.fullmatch(r"\[\s*\?\s*\((.*)\)\s*\]", text.strip(), re.DOTALL)
    if inside is None:
        raise ValueError(text)
    parts = re.split(r"(&&|\|\|)", inside.group(1).strip())
    criteria = [_criterion(_bare(p.strip())) for p in parts[::2] if p.strip()]
    words = parts[1::2]
    found: Filter = criteria.pop()
    for word in reversed(words):
        other = criteria.pop()
        if word == "||":
            found = Combined("||", (found, other))
        elif isinstance(found, Combined) and found.word == "||":
            found = Combined("||", (found.parts[0], Combined("&&", (found.parts[1], other))))
        elif isinstance(found, Combined):
            found = Combined("&&", (*found.parts, other))
        else:
            found = Combined("&&", (found, other))
    if criteria:
        raise ValueError(text)
    return found


def _bare(text: str) -> str:
    begin, end = 0, len(text) - 1
    while text[begin] in "[?( ":
        begin += 1
    while text[end] in ") ":
        end -= 1
    return text[begin : end + 1]


def _criterion(text: str) -> Criterion:
    operator = next((o for o in OPERATORS if o in text), "")
    left, _, right = text.partition(operator) if operator else (text, "", "")
    left, right = left.strip(), right.strip()
    wanted = not left.startswith("!@")
    one = _operand(left.removeprefix("!") if not wanted else left)
    if right.startswith("!@") or (not operator and one.path is None):
        raise ValueError(text)
    return Criterion(one, operator, _operand(right), wanted)


def _operand(text: str) -> Operand:
    from .path_syntax import PathSyntaxError, is_definite, tokens

    if text.startswith(("$", "@")):
        try:
            found = tokens(text)
        except PathSyntaxError:
            raise ValueError(text) from None
        if not is_definite(found):
            raise ValueError(f"the predicate path: {text} is not definite")
        return Operand(tuple(found), of_root=text.startswith("$"))
    if text and text[0] == text[-1] == "'":
        if len(text) == 1:
            raise IndexError(text)
        return Operand(text=text[1:-1])
    if text.startswith("/") and text.endswith(("/", "/i")):
        end = text.rindex("/")
        if end == 0:
            raise ValueError(text)
        try:
            flags = re.ASCII | (re.IGNORECASE if text.endswith("i") else 0)
            return Operand(pattern=re.compile(text[1:end], flags))
        except re.error:
            raise ValueError(text) from None
    return Operand(text=text)


# ---------------------------------------------------------------------- judging


def accepts(filter: Filter, item: Any, look: Look) -> bool:
    """Does an item pass? Raises what the library breaks down with."""
    if isinstance(filter, Combined):
        every = all if filter.word == "&&" else any
        return every(accepts(part, item, look) for part in filter.parts)
    if not filter.operator:
        try:
            # whether something is there is asked of the item even where the path begins with $
            return (look(filter.left._replace(of_root=False), item) is not None) is filter.wanted
        except LookupError:
            return not filter.wanted
    try:
        left, right = _value(filter.left, item, look), _value(filter.right, item, look)
        if filter.left.of_root and filter.left == filter.right and filter.operator != "=~":
            return filter.operator in ("==", "<=", ">=")  # the very same value, of any kind
        return _TESTS[filter.operator](right, left)
    except (LookupError, Incomparable):
        return False


def _value(operand: Operand, item: Any, look: Look) -> Any:
    if operand.path is not None:
        return look(operand, item)
    return operand.text if operand.pattern is None else operand.pattern


def _ordered(judge: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    return lambda expected, value: (expected is None) == (value is None) and judge(compare(expected, value))


def _matches(expected: Any, value: Any) -> bool:
    pattern, target = (value, expected) if isinstance(value, re.Pattern) else (expected, value)
    if not isinstance(pattern, re.Pattern):
        raise Broken(f"{java_class(pattern)} cannot be cast to java.util.regex.Pattern")
    return target is not None and pattern.fullmatch(shown(target)) is not None


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda expected, value: compare(expected, value) == 0,
    "!=": lambda expected, value: compare(expected, value) != 0,
    "<": _ordered(lambda order: order > 0),
    "<=": _ordered(lambda order: order >= 0),
    ">": _ordered(lambda order: order < 0),
    ">=": _ordered(lambda order: order <= 0),
    "=~": _matches,
}


def compare(expected: Any, value: Any) -> int:
    """Less than, equal to or greater than 0; raises Incomparable."""
    nothing = (expected in (None, "null"), value in (None, "null"))
    if any(nothing):
        return 0 if all(nothing) else -1 if nothing[0] else 1
    if isinstance(expected, str) and isinstance(value, str):
        return _order(_units(expected.replace("\\'", "'")), _units(value))
    if _is_number(value) and (_is_number(expected) or isinstance(expected, str)):
        return _order(_decimal(expected), _decimal(value))
    if isinstance(value, bool) and isinstance(expected, (bool, str)):
        return _order(expected is True or str(expected).lower() == "true", value)
    raise Incomparable


def _order(one: Any, other: Any) -> int:
    return int(one > other) - int(one < other)


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    )


def _decimal(value: Any) -> Decimal:
    try:
        if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value) is None:
            raise InvalidOperation
        return Decimal(str(value))
    except InvalidOperation:
        raise Broken(f"{value} is no number") from None


def java_class(value: Any) -> str:
    """The name of a value's class in Java."""
    if isinstance(value, bool):
        return "class java.lang.Boolean"
    if isinstance(value, int):
        return "class java.lang." + ("Integer" if -(2**31) <= value < 2**31 else "Long")
    return "class java.lang." + {str: "String", float: "Double"}.get(type(value), "Object")


def shown(value: Any) -> str:
    """A value as Java's toString writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    return value if isinstance(value, str) else json_shown(value)


def json_shown(value: Any) -> str:
    """A value as Jackson writes it."""
    from .document import dumps

    if isinstance(value, dict):
        return "{" + ",".join(f"{dumps(k)}:{json_shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_shown, value)) + "]"
    return java_double(value) if isinstance(value, float) else dumps(value)


def java_double(value: float) -> str:
    """A number as Java's Double writes it."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    mantissa, _, exponent = f"{Decimal(repr(value)):E}".partition("E")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0")
    return f"{mantissa if '.' in mantissa and mantissa[-1] != '.' else mantissa.rstrip('.') + '.0'}E{int(exponent)}"
