"""What Jayway's JsonPath has and the library for search paths has not: functions behind a path, and some operators of filters.

https://github.com/json-path/JsonPath#functions and #filter-operators tell what they do; numbers come out as Java's doubles.
(Debian's JsonPath is of 2015 and has none of them, so they are not compared with it.) The operators are handed to the library
as functions of its own, a literal array as a text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

EMPTY = "Aggregation function attempted to calculate value using empty array"


class NothingToCalculate(Exception):
    """The function finds nothing that it could work on."""


def _numbers(value: Any) -> list[float]:
    found = (
        [float(v) for v in value if isinstance(v, (int, float)) and not isinstance(v, bool)]
        if isinstance(value, list)
        else []
    )
    if not found:
        raise NothingToCalculate(EMPTY)
    return found


def _stddev(numbers: list[float]) -> float:
    count, total = len(numbers), sum(numbers)
    return math.sqrt(max(0.0, sum(n * n for n in numbers) / count - total * total / count / count))


def _length(value: Any) -> Any:
    if isinstance(value, (list, dict, str)):
        return len(value)
    raise NothingToCalculate(EMPTY)


def _at(value: Any, index: int) -> Any:
    if not isinstance(value, list) or not value:
        raise NothingToCalculate(EMPTY)
    return value[index]


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return list(value)
    raise NothingToCalculate(EMPTY)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "length": _length,
    "size": _length,
    "max": lambda value: max(_numbers(value)),
    "min": lambda value: min(_numbers(value)),
    "sum": lambda value: sum(_numbers(value)),
    "avg": lambda value: sum(_numbers(value)) / len(_numbers(value)),
    "stddev": lambda value: _stddev(_numbers(value)),
    "keys": _keys,
    "first": lambda value: _at(value, 0),
    "last": lambda value: _at(value, -1),
}


# ---------------------------------------------------------------------- operators


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _has(values: list[Any], wanted: Any) -> bool:
    return any(v == wanted and isinstance(v, bool) == isinstance(wanted, bool) for v in values)


def _size(left: Any, right: Any) -> bool:
    if isinstance(right, list):
        right = len(right)
    return isinstance(left, (list, str)) and len(left) == right


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "nin": lambda left, right: not _has(_listed(right), left),
    "subsetof": lambda left, right: isinstance(left, list) and all(_has(_listed(right), v) for v in left),
    "anyof": lambda left, right: isinstance(left, list) and any(_has(_listed(right), v) for v in left),
    "noneof": lambda left, right: isinstance(left, list) and not any(_has(_listed(right), v) for v in left),
    "size": _size,
    "empty": lambda left, right: isinstance(left, (list, str)) and (len(left) == 0) is right,
}
LITERAL = "\x01"
_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_PATH = rf"[@$](?:\.\w+|\[(?:\d+|{_TEXT})\])*"
_OPERAND = rf"{_PATH}|\[(?:{_TEXT}|[^\[\]'\"])*\]|{_TEXT}|-?\d+(?:\.\d+)?|true|false|null"
_OPERATION = re.compile(rf"({_OPERAND})\s+(nin|subsetof|anyof|noneof|size|empty)\s+({_OPERAND})")


def as_functions(text: str) -> str:
    """A path in which these operators are calls of functions."""

    def call(found: re.Match[str]) -> str:
        left, name, right = found.groups()
        return f"jayway_{name}({_argument(left)}, {_argument(right)})"

    return _OPERATION.sub(call, text)


def _argument(operand: str) -> str:
    if not operand.startswith("["):
        return operand
    double = re.sub(r"'((?:[^'\\]|\\.)*)'", lambda m: json.dumps(m.group(1).replace("\\'", "'")), operand)
    try:
        values = json.loads(double)
    except ValueError:
        return operand
    return json.dumps(LITERAL + json.dumps(values))


def operator(name: str) -> Callable[[Any, Any], bool]:
    """One of the operators as a function of the library's."""

    def compare(left: Any, right: Any) -> bool:
        return OPERATORS[name](_value(left), _value(right))

    return compare


def _value(operand: Any) -> Any:
    if isinstance(operand, str) and operand.startswith(LITERAL):
        return json.loads(operand[1:])
    return operand
