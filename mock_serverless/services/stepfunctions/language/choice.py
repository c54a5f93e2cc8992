"""The operators of a Choice state, a row each; the ``...Path`` variants come from the rows.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html; compared with recorded executions.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from . import paths, times
from .errors import Fault
from .values import Sources, look_up

Rule = dict[str, Any]


def _number(v: Any) -> Any:
    return v if isinstance(v, (int, float)) and not isinstance(v, bool) else None


def _text(v: Any) -> Any:
    return v if isinstance(v, str) else None


def _boolean(v: Any) -> Any:
    return v if isinstance(v, bool) else None


def _timestamp(v: Any) -> Any:
    return times.parse(v) if isinstance(v, str) else None


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
# what is compared: a value of another kind is never equal, less or greater
SUBJECTS: dict[str, Callable[[Any], Any]] = {"String": _text, "Numeric": _number, "Timestamp": _timestamp}
OPERATORS: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], bool]]] = {
    "BooleanEquals": (_boolean, operator.is_),
    **{s + c: (kind, compare) for s, kind in SUBJECTS.items() for c, compare in COMPARISONS.items()},
}
TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda v: v is None,
    "IsString": lambda v: isinstance(v, str),
    "IsNumeric": lambda v: _number(v) is not None,
    "IsBoolean": lambda v: isinstance(v, bool),
    "IsTimestamp": lambda v: _timestamp(v) is not None,
}
COMBINED = ("And", "Or", "Not")
ALL_OPERATORS = frozenset(
    {*OPERATORS, *(o + "Path" for o in OPERATORS), *TESTS, "IsPresent", "StringMatches", *COMBINED}
)


def holds(rule: Rule, sources: Sources) -> bool:
    """Is a rule true? A Fault when its path leads nowhere."""
    if "And" in rule:
        return all(holds(r, sources) for r in rule["And"])
    if "Or" in rule:
        return any(holds(r, sources) for r in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], sources)
    if "IsPresent" in rule:
        return _present(rule["Variable"], sources) is rule["IsPresent"]
    value = _value(rule["Variable"], sources)
    for name, operand in rule.items():
        if name in OPERATORS:
            return _compare(name, value, operand)
        if name in TESTS:
            return TESTS[name](value) is operand
        if name == "StringMatches":
            return isinstance(value, str) and _pattern(operand).fullmatch(value) is not None
        if name.endswith("Path") and name[:-4] in OPERATORS:
            return _compare(name[:-4], value, _value(operand, sources))
    raise Fault("The choice rule has no comparison operator")


def _compare(name: str, value: Any, operand: Any) -> bool:
    kind, compare = OPERATORS[name]
    left, right = kind(value), kind(operand)
    return left is not None and right is not None and compare(left, right)


def _present(path: str, sources: Sources) -> bool:
    try:
        look_up(path, sources)
    except (paths.NotFound, paths.Inapplicable):
        return False
    return True


def _value(path: str, sources: Sources) -> Any:
    try:
        return look_up(path, sources)
    except (paths.NotFound, paths.Inapplicable):
        # a guess from reports of users
        message = f"Invalid path '{path}': The choice state's condition path references an invalid value."
        raise Fault(message) from None


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    """``*`` matches any number of characters; ``\\*`` a star, ``\\\\`` a backslash."""
    parts = re.findall(r"\\.|\*|[^\\*]+|\\", pattern, re.DOTALL)
    return re.compile(
        "".join(".*" if p == "*" else re.escape(p[1:] if p[0] == "\\" and len(p) > 1 else p) for p in parts), re.DOTALL
    )
