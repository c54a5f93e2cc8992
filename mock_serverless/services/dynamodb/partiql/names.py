"""What refusals call a part of a statement: the node's name in the service's parser, or how it is written.

The service names the nodes of PartiQL's reference implementation, of an older and of a newer tree, as the refusal comes from one
part of it or another (``IsType``: recorded; the others as AWS's DynamoDB Local has them).
"""

from __future__ import annotations

from . import tree

_OPERATIONS: dict[type, str] = {
    tree.Name: "Id",
    tree.Literal: "Lit",
    tree.Aggregate: "CallAgg",
}
_OPERATORS = {
    "and": "And",
    "or": "Or",
    "not": "Not",
    "in": "InCollection",
    "||": "Concat",
    "@": "Id",
    "=": "Eq",
    "<>": "Ne",
    "<": "Lt",
    "<=": "Lte",
    ">": "Gt",
    ">=": "Gte",
    "+": "Plus",
    "-": "Minus",
    "*": "Times",
    "/": "Divide",
    "%": "Modulo",
}
_VALUES: dict[type, str] = {
    tree.Name: "Id",
    tree.Aggregate: "CallAgg",
    tree.Infix: "NAry",
    tree.Prefix: "NAry",
    tree.Sequence: "Seq",
}


def operation_name(node: tree.Statement) -> str:
    """How an expression or a definition is called that stands where a statement should."""
    if isinstance(node, tree.Definition):
        return node.name
    if isinstance(node, (tree.Infix, tree.Prefix)):
        return _OPERATORS.get(node.operator, node.operator.split("_")[0].capitalize())
    if isinstance(node, tree.Sequence):
        return node.kind.capitalize()
    return _OPERATIONS.get(type(node), type(node).__name__)


def value_name(node: tree.Expression) -> str:
    """How an expression is called that stands within a value."""
    return _VALUES.get(type(node), type(node).__name__)


def identifier(node: tree.Expression) -> str:
    """How an expression is written: a name, a function, an operator."""
    if isinstance(node, tree.Name):
        return node.text
    if isinstance(node, (tree.Call, tree.Aggregate)):
        return node.name
    if isinstance(node, (tree.Infix, tree.Prefix)):
        return node.operator
    return "is" if isinstance(node, tree.IsType) else type(node).__name__.upper()
