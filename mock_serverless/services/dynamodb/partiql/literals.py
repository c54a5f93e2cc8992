"""Literals to attribute values, and what DynamoDB says of those which are none: each refusal names the place within the value.

"PartiQL data types for DynamoDB" of the developer guide. Wordings, and where they say ``under root.x`` or ``at 1:2:3``: recorded
for numbers, sets and functions, else as AWS's DynamoDB Local has them.
"""

from __future__ import annotations

from mock_serverless.core.errors import AwsError

from ..values import (
    NESTED_TOO_DEEP,
    NESTING_LIMIT,
    OVERFLOW,
    TOO_MANY_DIGITS,
    UNDERFLOW,
    Value,
    normalise_value,
    refuse,
)
from .lexer import At
from .tree import Expression, Literal, Sequence, Struct

EMPTY_PART = "Path component cannot be an empty string"
_EMPTY_BAG = "Empty bags are not supported"
_BAG = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"
_TYPE = "Unsupported data type: {} under key {}"
_ION = "Ion Literals are not supported: {} under key {}"
_NAME = "Tuple keys must be of type String. Actual type: {} under {}"
_TWICE = "Duplicate keys in tuple. Key: {} under {}"

_KINDS = {
    "Name": "Id",
    "Parameter": "Parameter",
    "Missing": "Missing",
    "Aggregate": "CallAgg",
    "Infix": "NAry",
    "Prefix": "NAry",
    "Between": "Between",
    "Like": "Like",
    "Sequence": "Seq",
}


def refused(message: str, at: At) -> AwsError:
    """A refusal which says where in the statement."""
    return refuse(f"{message} at {at}")


def value_of(tree: Expression, path: str = "root", depth: int = 0) -> Value:
    """The attribute value of a literal, a list, a set or a map of them."""
    if isinstance(tree, Literal):
        return _scalar(tree, path)
    if isinstance(tree, (Struct, Sequence)) and depth >= NESTING_LIMIT and not _is_bag(tree):
        raise refuse(NESTED_TOO_DEEP)
    if isinstance(tree, Struct):
        return {"M": fields_of(tree, path, depth)}
    if isinstance(tree, Sequence):
        if tree.kind == "bag":
            return _set(tree, path)
        return {"L": [value_of(value, f"{path}[{index}]", depth + 1) for index, value in enumerate(tree.values)]}
    raise refused(_TYPE.format(_KINDS.get(type(tree).__name__, type(tree).__name__), path), tree.at)


def fields_of(tree: Struct, path: str, depth: int) -> dict[str, Value]:
    """The attributes of a map."""
    fields: dict[str, Value] = {}
    for name, value in tree.fields:
        key = name_of(name, path)
        made = value_of(value, f"{path}.{key}", depth + 1)
        if key in fields:
            raise refused(_TWICE.format(key, path), tree.at)
        fields[key] = made
    return fields


def name_of(tree: Expression, path: str = "root") -> str:
    """The name of a map's entry."""
    if isinstance(tree, Literal) and tree.kind == "STRING":
        if not tree.text:
            raise refuse(EMPTY_PART)
        return tree.text
    if isinstance(tree, Literal) and tree.kind == "ION":
        raise refused(_ION.format("SYMBOL", path), tree.at)
    kind = tree.kind if isinstance(tree, Literal) else _KINDS.get(type(tree).__name__, type(tree).__name__)
    raise refused(_NAME.format(kind, path), tree.at)


def _scalar(tree: Literal, path: str) -> Value:
    if tree.kind == "STRING":
        return {"S": tree.text}
    if tree.kind == "BOOL":
        return {"BOOL": tree.text == "true"}
    if tree.kind == "NULL":
        return {"NULL": True}
    if tree.kind == "ION":
        raise refused(_ION.format("SYMBOL", path), tree.at)
    return _converted({"N": tree.text}, path)


def _set(tree: Sequence, path: str) -> Value:
    if not tree.values:
        raise refuse(_EMPTY_BAG)  # recorded: it doesn't say where
    kinds = []
    for value in tree.values:
        kind = value.kind if isinstance(value, Literal) else ""
        number = kind in ("INT", "DECIMAL")
        if not number and kind != "STRING":
            raise refused(_BAG, value.at)
        kinds.append("NS" if number else "SS")
    if len(set(kinds)) > 1:
        odd = next(value for value, kind in zip(tree.values, kinds, strict=True) if kind != kinds[0])
        raise refused(_BAG, odd.at)
    texts = [value.text for value in tree.values if isinstance(value, Literal)]
    return _converted({kinds[0]: texts}, path)


def _converted(value: Value, path: str) -> Value:
    """Checked and normalised; what is wrong with a number says where it stands."""
    try:
        return normalise_value(value)
    except AwsError as error:
        if error.message in (OVERFLOW, UNDERFLOW, TOO_MANY_DIGITS):
            raise refuse(f"{error.message} under {path}") from None
        raise


def _is_bag(tree: Struct | Sequence) -> bool:
    return isinstance(tree, Sequence) and tree.kind == "bag"
