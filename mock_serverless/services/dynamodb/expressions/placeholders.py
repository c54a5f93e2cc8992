"""``ExpressionAttributeNames`` and ``ExpressionAttributeValues`` of one request: checked, then looked up by the expressions.

"Expression attribute names/values in DynamoDB" of the developer guide; order and wording of the refusals as the service has
them, or AWS's DynamoDB Local where nobody has recorded the service's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..sizes import size_of_value
from ..values import EMPTY_NAME, Value, ValueRefusal, normalise_value, refuse

UNDEFINED_NAME = "An expression attribute name used in the document path is not defined; attribute name: {}"
UNDEFINED_VALUE = "An expression attribute value used in expression is not defined; attribute value: {}"
KEY_TOO_LONG = "The expression attribute map contains a key that is too long; size of key: {}"
TOO_LARGE = "Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size"
UNUSED = "Value provided in {} unused in expressions: keys: {{{}}}"

_KEYS = {"#": re.compile(r"#[0-9a-zA-Z_]+", re.ASCII), ":": re.compile(r":[0-9a-zA-Z_]+", re.ASCII)}
_LONGEST_KEY = 255
# Keys which were found well-formed: the same few come again and again.
_known: dict[str, set[str]] = {"#": set(), ":": set()}
_MOST_KNOWN = 4096
_ALL_TOGETHER = 2 * 1024 * 1024
_LARGE = 1024


class Placeholders:
    """Names and (normalised) values by placeholder; ``deep`` when a value may nest deeper than an item can."""

    __slots__ = ("deep", "names", "values")

    def __init__(self, names: Mapping[str, str], values: Mapping[str, Value], deep: bool = False) -> None:
        self.names = names
        self.values = values
        self.deep = deep

    def undefined(self, placeholders: Iterable[str]) -> str | None:
        """The refusal of the first placeholder which isn't defined."""
        for placeholder in placeholders:
            if placeholder[0] == "#":
                if placeholder not in self.names:
                    return UNDEFINED_NAME.format(placeholder)
            elif placeholder not in self.values:
                return UNDEFINED_VALUE.format(placeholder)
        return None


NOTHING = Placeholders({}, {})


def checked(
    names: Mapping[str, str] | None, values: Mapping[str, Mapping[str, Any]] | None, deep: bool = False
) -> Placeholders:
    """The placeholders of a request, each well-formed; ``deep`` lets values nest one level deeper than items."""
    if names is None and values is None:
        return NOTHING
    if names is not None:
        _check_keys("ExpressionAttributeNames", "#", names)
        for key, name in names.items():
            if not name:
                raise refuse(f"ExpressionAttributeNames contains invalid value: {EMPTY_NAME} for key {key}")
    if values is None:
        return Placeholders(names or {}, {})
    _check_keys("ExpressionAttributeValues", ":", values)
    kept = _normalised(values, 0 if deep else 1)
    _check_size(names or {}, kept)
    return Placeholders(names or {}, kept, deep)


def check_used(placeholders: Placeholders, used: set[str]) -> None:
    """Every placeholder must be used by some expression of the request (those which are used are defined)."""
    if len(used) == len(placeholders.names) + len(placeholders.values):
        return
    for parameter, given in (
        ("ExpressionAttributeNames", placeholders.names),
        ("ExpressionAttributeValues", placeholders.values),
    ):
        unused = [key for key in given if key not in used]
        if unused:
            raise refuse(UNUSED.format(parameter, ", ".join(unused)))


def _check_keys(parameter: str, sign: str, given: Mapping[str, Any]) -> None:
    if not given:
        raise refuse(f"{parameter} must not be empty")
    known = _known[sign]
    for key in given:
        if key not in known:
            if len(key) > _LONGEST_KEY:
                raise refuse(f"{parameter} contains invalid key: {KEY_TOO_LONG.format(len(key))}")
            if not _KEYS[sign].fullmatch(key):
                raise refuse(f'{parameter} contains invalid key: Syntax error; key: "{key}"')
            if len(known) < _MOST_KNOWN:
                known.add(key)


def _normalised(values: Mapping[str, Mapping[str, Any]], depth: int) -> dict[str, Value]:
    kept = {}
    for key, value in values.items():
        if len(value) == 1 and type(value.get("S")) is str:
            kept[key] = {"S": value["S"]}
            continue
        try:
            kept[key] = normalise_value(value, depth)
        except ValueRefusal as error:
            message = f"ExpressionAttributeValues contains invalid value: {error.message} for key {key}"
            raise ValueRefusal(message, error.current) from None
    return kept


def _check_size(names: Mapping[str, str], values: Mapping[str, Value]) -> None:
    """At most 2 MB of names and values together; what is small is counted as if it were of the size up to which it is."""
    size = _LARGE * len(names)
    for value in values.values():
        for content in value.values():
            nested = type(content) is list or type(content) is dict
            small = type(content) is bool or (not nested and len(content) <= _LARGE // 4)
            size += _LARGE if small else size_of_value(value)
    if size <= _ALL_TOGETHER:
        return
    size = sum(len(name) for name in names.values()) + sum(map(size_of_value, values.values()))
    if size > _ALL_TOGETHER:
        raise refuse(TOO_LARGE)
