"""What a statement's condition says of the attributes of a key: the key of one item, and tests of single attributes.

Wordings: recorded (public paritysuite/dynamodb-conformance), or those of AWS's DynamoDB Local.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .expressions import BoundCondition, KeyTest
from .expressions import tree as native
from .schema import KeySchema
from .table import Table
from .values import Item, equal, refuse

WRONG_TYPE = "Key attribute's data type should match its data type in table's schema: Key {}"
NESTED_KEY = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {} {}"
SAME_KEY = "Multiple conditions on same key {}. Only single item Update/Insert/Delete are supported"

_TURNED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def key_of(table: Table, condition: BoundCondition, *, first: bool = False) -> tuple[Item | None, bool]:
    """The key which a condition names by equalities, and whether it says more. None when it doesn't name the whole key.

    Two different values for one attribute raise AwsError, or else the ``first`` counts.
    """
    key: Item = {}
    rest = False
    tree = condition.plan.tree
    for node in tree.operands if isinstance(tree, native.And) else (tree,):
        test = test_of(node, condition)
        if test is None or test.operator != "=" or test.name not in table.key.names:
            rest = True
        elif not equal(key.setdefault(test.name, test.values[0]), test.values[0]):
            if not first:
                raise refuse(SAME_KEY.format(test.name))
            rest = True
    return (key if len(key) == len(table.key.names) else None), rest


def check_key_types(schema: KeySchema, key: Item) -> None:
    """Key attributes have the types of the schema."""
    for name, kind in (*schema.hash, *schema.range):
        if name in key and kind not in key[name]:
            raise refuse(WRONG_TYPE.format(name))


def check_paths(table: Table, paths: Iterable[tuple[str | int, ...]]) -> None:
    """Paths can't lead into key attributes."""
    for path in paths:
        if len(path) > 1:
            if path[0] in table.key.names:
                raise refuse(NESTED_KEY.format("Key", path[0]))
            if path[0] in table.index_attributes:
                raise refuse(NESTED_KEY.format("IndexKey", path[0]))


def test_of(node: Any, condition: BoundCondition) -> KeyTest | None:
    """A condition of one top-level attribute against values, as a test; None for any other."""
    operator, operands = _taken_apart(node)
    if not operator:
        return None
    paths = [operand for operand in operands if isinstance(operand, native.Path)]
    refs = [operand for operand in operands if isinstance(operand, native.Ref)]
    if len(paths) != 1 or len(refs) != len(operands) - 1 or len(paths[0].parts) != 1:
        return None
    if operands[0] is not paths[0]:
        if operator not in _TURNED:
            return None
        operator = _TURNED[operator]
    return KeyTest(str(paths[0].parts[0]), operator, tuple(condition.placeholders.values[ref.name] for ref in refs))


def _taken_apart(node: Any) -> tuple[str, tuple[Any, ...]]:
    if isinstance(node, native.Comparison) and node.operator in _TURNED:
        return node.operator, (node.left, node.right)
    if isinstance(node, native.Between):
        return "between", (node.operand, node.low, node.high)
    if isinstance(node, native.In):
        return "in", (node.operand, *node.options)
    if isinstance(node, native.Call) and node.name == "begins_with":
        return node.name, node.arguments
    return "", ()
