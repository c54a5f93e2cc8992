"""Event patterns: the language in which EventBridge rules, event source mappings and pipes say what they want.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html

::

    matches = compile_pattern('{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}')
    matches({"source": "shop", "detail": {"total": 120}})  # True

A pattern is an object whose leaves are lists of alternatives; an alternative is a value or an operator. Values are compared with
their JSON type; an array in the event matches when one of its elements does. ``$or`` holds alternatives of whole patterns.
A pattern is compiled once into nested functions, cached by its text.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Test = Callable[[Any], bool]
"""A test of one value of the event; MISSING where there is none."""
Matcher = Callable[[Any], bool]


class InvalidPattern(ValueError):
    """A pattern that EventBridge refuses; the text says why."""


class _Missing:
    __slots__ = ()


MISSING = _Missing()


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Matcher:
    """The matcher of a pattern's JSON. Raises InvalidPattern."""
    try:
        pattern = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise InvalidPattern(f"Event pattern is not valid. Reason: {e}") from None
    if not isinstance(pattern, dict):
        raise InvalidPattern("Event pattern is not valid. Reason: Filter is not an object")
    return _object(pattern)


def matches(text: str, event: Any) -> bool:
    """Does an event fit a pattern's JSON?"""
    return compile_pattern(text)(event)


# ---------------------------------------------------------------------- objects


def _object(pattern: dict[str, Any]) -> Matcher:
    if not pattern:
        raise InvalidPattern("Event pattern is not valid. Reason: Empty objects are not allowed")
    checks: list[Matcher] = []
    for name, wanted in pattern.items():
        if name == "$or" and _is_alternatives(wanted):
            checks.append(_either([_object(p) for p in wanted]))
        elif isinstance(wanted, dict):
            checks.append(_inside(name, _object(wanted), _demands(wanted)))
        elif isinstance(wanted, list):
            checks.append(_leaf(name, wanted))
        else:
            raise InvalidPattern(f'Event pattern is not valid. Reason: "{name}" must be an object or an array')
    return lambda event: all(check(event) for check in checks)


def _is_alternatives(wanted: Any) -> bool:
    """``$or`` is an operator when it holds at least two objects, none of which is an operator itself."""
    return (
        isinstance(wanted, list)
        and len(wanted) > 1
        and all(isinstance(p, dict) and not (p.keys() & OPERATORS.keys()) for p in wanted)
    )


def _either(alternatives: list[Matcher]) -> Matcher:
    return lambda event: any(a(event) for a in alternatives)


def _demands(pattern: dict[str, Any]) -> bool:
    """Does a pattern want anything to be there? (``exists: false`` deep inside is satisfied by nothing at all.)"""
    empty = _object(pattern)
    return not empty({})


def _inside(name: str, check: Matcher, demands: bool) -> Matcher:
    def test(event: Any) -> bool:
        value = event.get(name, MISSING) if isinstance(event, dict) else MISSING
        if isinstance(value, dict):
            return check(value)
        if isinstance(value, list):
            return any(check(item) for item in value if isinstance(item, dict))
        return not demands

    return test


def _leaf(name: str, wanted: list[Any]) -> Matcher:
    if not wanted:
        raise InvalidPattern("Event pattern is not valid. Reason: Empty arrays are not allowed")
    tests = [_alternative(w) for w in wanted]

    def test(event: Any) -> bool:
        value = event.get(name, MISSING) if isinstance(event, dict) else MISSING
        values = _leaves(value) or (MISSING,)
        return any(t(v) for t in tests for v in values)

    return test


def _leaves(value: Any) -> list[Any]:
    """What an operator looks at: a value, or those in a list. An object is none (``exists`` works on leaves only)."""
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [] if isinstance(value, dict) else [value]


# ---------------------------------------------------------------------- alternatives


def _alternative(wanted: Any) -> Test:
    if isinstance(wanted, dict):
        return _operator(wanted)
    if isinstance(wanted, list):
        raise InvalidPattern(
            "Event pattern is not valid. Reason: Match value must be String, number, true, false, or null"
        )
    return _equals(wanted)


def _equals(wanted: Any) -> Test:
    if isinstance(wanted, bool) or wanted is None:
        return lambda value: value is wanted
    if isinstance(wanted, (int, float)):
        return lambda value: _is_number(value) and value == wanted
    return lambda value: isinstance(value, str) and value == wanted


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _operator(wanted: dict[str, Any]) -> Test:
    if len(wanted) != 1:
        raise InvalidPattern("Event pattern is not valid. Reason: Only one key allowed in match expression")
    ((name, argument),) = wanted.items()
    make = OPERATORS.get(name)
    if make is None:
        raise InvalidPattern(f"Event pattern is not valid. Reason: Unrecognized match type {name}")
    return make(argument)


def _text(name: str, argument: Any) -> str:
    if not isinstance(argument, str):
        raise InvalidPattern(f"Event pattern is not valid. Reason: {name} match pattern must be a string")
    return argument


def _prefix(argument: Any) -> Test:
    return _end("prefix", argument, str.startswith)


def _suffix(argument: Any) -> Test:
    return _end("suffix", argument, str.endswith)


def _end(name: str, argument: Any, has: Callable[[str, str], bool]) -> Test:
    if isinstance(argument, dict) and argument.keys() == {"equals-ignore-case"}:
        folded = _text("equals-ignore-case", argument["equals-ignore-case"]).lower()
        return lambda value: isinstance(value, str) and has(value.lower(), folded)
    text = _text(name, argument)
    return lambda value: isinstance(value, str) and has(value, text)


def _ignore_case(argument: Any) -> Test:
    folded = _text("equals-ignore-case", argument).lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _wildcard(argument: Any) -> Test:
    """``*`` is any text; ``\\*`` and ``\\\\`` are the characters themselves."""
    text = _text("wildcard", argument)
    if "**" in text:
        raise InvalidPattern("Event pattern is not valid. Reason: Consecutive wildcard characters")
    parts = []
    for token in re.findall(r"\\.|\\$|[^\\]", text, re.S):
        if token == "*":
            parts.append(".*")
        elif token.startswith("\\") and token not in ("\\*", "\\\\"):
            raise InvalidPattern("Event pattern is not valid. Reason: Invalid escape character")
        else:
            parts.append(re.escape(token[-1]))
    regex = re.compile("".join(parts), re.S)
    return lambda value: isinstance(value, str) and regex.fullmatch(value) is not None


def _exists(argument: Any) -> Test:
    if not isinstance(argument, bool):
        raise InvalidPattern("Event pattern is not valid. Reason: exists match pattern must be either true or false.")
    return lambda value: (value is not MISSING) is argument


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _numeric(argument: Any) -> Test:
    fits = isinstance(argument, list) and len(argument) in (2, 4)
    if not fits or not all(o in COMPARISONS for o in argument[::2]) or not all(map(_is_number, argument[1::2])):
        raise InvalidPattern("Event pattern is not valid. Reason: Value of numeric must be an array of comparisons")
    if len(argument) == 4 and not (argument[0].startswith(">") and argument[2].startswith("<")):
        raise InvalidPattern("Event pattern is not valid. Reason: Bad numeric range operator")
    pairs = list(zip((COMPARISONS[o] for o in argument[::2]), argument[1::2], strict=True))
    return lambda value: _is_number(value) and all(compare(value, bound) for compare, bound in pairs)


def _cidr(argument: Any) -> Test:
    try:
        network = ipaddress.ip_network(_text("cidr", argument), strict=False)
    except ValueError:
        raise InvalidPattern(f"Event pattern is not valid. Reason: Malformed CIDR, {argument}") from None

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test


def _anything_but(argument: Any) -> Test:
    if isinstance(argument, dict):
        if len(argument) != 1 or not argument.keys() <= NEGATABLE:
            raise InvalidPattern("Event pattern is not valid. Reason: Unsupported anything-but pattern")
        ((name, inner),) = argument.items()
        refused = [OPERATORS[name](i) for i in (inner if isinstance(inner, list) else [inner])]
    else:
        values = argument if isinstance(argument, list) else [argument]
        if not values or any(isinstance(v, (dict, list)) for v in values):
            raise InvalidPattern("Event pattern is not valid. Reason: Invalid anything-but list")
        refused = [_equals(v) for v in values]
    return lambda value: value is not MISSING and not any(r(value) for r in refused)


NEGATABLE = frozenset({"prefix", "suffix", "equals-ignore-case", "wildcard"})
OPERATORS: dict[str, Callable[[Any], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignore_case,
    "wildcard": _wildcard,
    "exists": _exists,
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
