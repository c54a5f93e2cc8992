"""Literals to attribute values, and what DynamoDB says of those which are none: each refusal names the place within the value.

"PartiQL data types for DynamoDB" of the developer guide. Where refusals say ``under root.x`` or ``at 1:2:3``: recorded for
numbers, sets and functions, else as AWS's DynamoDB Local has them.
"""

from __future__ import annotations

from mock_serverless.core.errors import AwsError

from ..values import (
    NESTING_LIMIT,
    OVERFLOW,
    TOO_MANY_DIGITS,
    UNDERFLOW,
    Value,
    normalise_value,
    refuse,
)
from . import tree
from .errors import BAG, DEEP, EMPTY_BAG, EMPTY_PART, ION, NAME, TWICE, TWICE_IN_SET, TYPE, refused
from .names import value_name


def value_of(node: tree.Expression, path: str = "root", depth: int = 0) -> Value:
    """The attribute value of a literal, a list, a set or a map of them; ``depth``: how many of them it is within."""
    if depth > NESTING_LIMIT:
        raise refuse(DEEP.format(path))
    if isinstance(node, tree.Literal):
        return _scalar(node, path)
    if isinstance(node, tree.Sequence) and node.kind == "bag":
        return _set(node, path)
    if not isinstance(node, (tree.Struct, tree.Sequence)):
        raise refused(TYPE.format(value_name(node), path), node.at)
    if isinstance(node, tree.Struct):
        return {"M": _fields(node, path, depth)}
    return {"L": [value_of(value, f"{path}[{index}]", depth + 1) for index, value in enumerate(node.values)]}


def _fields(node: tree.Struct, path: str, depth: int) -> dict[str, Value]:
    """The attributes of a map."""
    fields: dict[str, Value] = {}
    for name, value in node.fields:
        key = name_of(name, path)
        made = value_of(value, f"{path}.{key}", depth + 1)
        if key in fields:
            raise refused(TWICE.format(key, path), node.at)
        fields[key] = made
    return fields


def name_of(node: tree.Expression, path: str = "root") -> str:
    """The name of a map's entry."""
    kind = node.kind if isinstance(node, tree.Literal) else value_name(node)
    if isinstance(node, tree.Literal) and kind == "STRING":
        if not node.text:
            raise refuse(EMPTY_PART)
        return node.text
    if kind == "ION":
        raise refused(ION.format("SYMBOL", path), node.at)
    raise refused(NAME.format(kind, path), node.at)


def _scalar(node: tree.Literal, path: str) -> Value:
    if node.kind == "STRING":
        return {"S": node.text}
    if node.kind == "BOOL":
        return {"BOOL": node.text == "true"}
    if node.kind == "NULL":
        return {"NULL": True}
    if node.kind == "ION":
        raise refused(ION.format("SYMBOL", path), node.at)
    return _converted({"N": node.text}, path)


_SETS = {"INT": "NS", "DECIMAL": "NS", "STRING": "SS"}


def _set(node: tree.Sequence, path: str) -> Value:
    if not node.values:
        raise refuse(EMPTY_BAG)
    kinds = []
    texts = []
    for value in node.values:
        if not isinstance(value, tree.Literal) or value.kind not in _SETS:
            raise refused(BAG, value.at)
        kinds.append(_SETS[value.kind])
        texts.append(value.text)
    if len(set(kinds)) > 1:
        raise refuse(BAG)  # recorded: it doesn't say where
    if kinds[0] == "NS":
        numbers = [_converted({"N": text}, path)["N"] for text in texts]
        if len(set(numbers)) < len(numbers):
            raise refuse(TWICE_IN_SET.format(", ".join(texts), path))
    return _converted({kinds[0]: texts}, path)


def _converted(value: Value, path: str) -> Value:
    """Checked and normalised; what is wrong with a number says where it stands."""
    try:
        return normalise_value(value)
    except AwsError as error:
        if error.message in (OVERFLOW, UNDERFLOW, TOO_MANY_DIGITS):
            raise refuse(f"{error.message} under {path}") from None
        raise
