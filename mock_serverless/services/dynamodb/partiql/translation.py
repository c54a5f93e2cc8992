"""A statement's expressions in terms of DynamoDB's own: PartiQL is another spelling of conditions and updates.

DynamoDB translates a WHERE into a condition and SET and REMOVE into an update, which are then checked and evaluated as any other;
so does this: what comes out are trees of ``..expressions``, with literals and parameters as placeholders (``:l1``, ``:p1``).
Each kind of node has one row in ``_NODES``, each operator one in ``_OF_CONDITIONS`` or ``_OF_UPDATES``. Raises AwsError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from ..expressions import tree as native
from ..expressions.rules import (
    CONDITION_FUNCTIONS,
    NOT_IN_CONDITIONS,
    NOT_IN_UPDATES,
    OPERAND_COUNT,
    OPERAND_TYPE,
    UPDATE_FUNCTIONS,
)
from ..values import Value, refuse
from . import errors, tree
from .errors import refused
from .literals import value_of
from .names import identifier

_COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_TYPES = {"string": "S", "numeric": "N", "blob": "B", "boolean": "BOOL", "struct": "M", "tuple": "M", "list": "L"}
_GREATEST_INDEX = 2**31 - 1

Native = Any
"""A node of a condition or an operand; in PartiQL a condition may stand as an operand."""


class Translation:
    """One statement's expressions on their way; ``values`` are its literals, ``names`` what would look like a placeholder."""

    __slots__ = ("names", "update", "values")

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.names: dict[str, str] = {}
        self.update = False

    def where(self, node: tree.Expression) -> native.Condition:
        """A WHERE clause."""
        made = self.any(node)
        if _is_value(made) or _is_size(made):
            raise refuse(errors.NOT_BOOLEAN)
        return cast("native.Condition", made)

    def new_value(self, node: tree.Expression) -> Native:
        """The right side of an assignment."""
        self.update = True
        try:
            return self.any(node)
        finally:
            self.update = False

    def any(self, node: tree.Expression) -> Native:
        """Any expression: a condition, a path, a value."""
        return _NODES[type(node)](self, node)

    # Values and paths

    def constant(self, node: tree.Expression) -> native.Ref:
        return self.literal(value_of(node))

    def literal(self, value: Value) -> native.Ref:
        name = f":l{len(self.values)}"
        self.values[name] = value
        return native.Ref(name)

    def parameter(self, node: tree.Parameter) -> native.Ref:
        return native.Ref(f":p{node.position}")

    def path(self, node: tree.Expression) -> native.Path:
        """A document path."""
        if isinstance(node, tree.Prefix):
            node = node.operand
        if not isinstance(node, tree.Path):
            return native.Path((self.named(node),))
        if isinstance(node.root, tree.Sequence):
            raise refused(errors.LIST_FIRST, node.root.at)
        return native.Path((self.named(node.root), *map(self.part, node.steps)))

    def named(self, node: tree.Expression) -> str:
        if not isinstance(node, tree.Name):
            raise refused(errors.UNEXPECTED_PART, node.at)
        if not node.text:
            raise refuse(errors.EMPTY_PART)
        if node.text[0] == "#":
            self.names[node.text] = node.text
        return node.text

    def part(self, step: tree.Step) -> str | int:
        if isinstance(step, tree.Wild):
            raise refused(errors.WILD[step.sign], step.at)
        if isinstance(step, tree.Literal) and step.kind == "INT":
            index = int(step.text)
            if not 0 <= index <= _GREATEST_INDEX:
                raise refused(errors.INDEX.format(index), step.at)
            return index
        if isinstance(step, tree.Literal) and step.kind == "STRING":
            return self.named(tree.Name(step.text, step.at))
        return self.named(step)

    # Functions, and what takes operands

    def call(self, node: tree.Call) -> Native:
        known, elsewhere, misplaced = (
            (UPDATE_FUNCTIONS, CONDITION_FUNCTIONS, NOT_IN_UPDATES)
            if self.update
            else (CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, NOT_IN_CONDITIONS)
        )
        if node.name in known:
            return native.Call(node.name, tuple(map(self.any, node.arguments)))
        for argument in node.arguments:  # arguments are looked at before the function
            self.any(argument)
        if node.name in elsewhere:
            raise refuse(misplaced.format(node.name))
        raise refused(errors.FUNCTION.format(node.name), node.at)

    def is_type(self, node: tree.IsType) -> native.Condition:
        if self.update:
            raise refuse(errors.IS_IN_UPDATE)
        if not isinstance(node.operand, (tree.Name, tree.Path, tree.Literal)):
            raise refuse(errors.IS_OPERAND)
        operand = self.any(node.operand)
        if node.type == "missing":
            return native.Call("attribute_not_exists", (operand,))
        if node.type == "null":
            return native.Comparison("=", operand, self.literal({"NULL": True}))
        kind = _TYPES.get(node.type)
        if kind is None:
            raise refused(errors.IS_TYPE.format(node.type.upper()), node.at)
        return native.Call("attribute_type", (operand, self.literal({"S": kind})))

    def between(self, node: tree.Between) -> native.Condition:
        if self.update:
            raise self.unsupported(node)
        return native.Between(self.any(node.operand), self.any(node.low), self.any(node.high))

    def operation(self, node: tree.Infix | tree.Prefix) -> Native:
        operators = _OF_UPDATES if self.update else _OF_CONDITIONS
        made = operators.get((type(node), node.operator))
        if made is None:
            raise self.unsupported(node)
        return made(self, node)

    # What there is not

    def missing(self, node: tree.Missing) -> Native:
        raise refuse(errors.MISSING_COMPARED)

    def aggregate(self, node: tree.Aggregate) -> Native:
        raise refused(errors.TOKEN.format(node.name), node.at)

    def select(self, node: tree.Select) -> Native:
        raise refused(errors.TOKEN.format("SELECT"), node.at)

    def like(self, node: tree.Like) -> Native:
        raise self.unsupported(node)

    def unsupported(self, node: tree.Expression) -> Exception:
        """No operator of DynamoDB's."""
        where = "Update" if self.update else "Condition"
        return refuse(errors.OPERATOR.format(where, identifier(node).lower()))

    # Operators of conditions

    def comparison(self, node: tree.Infix) -> native.Condition:
        return native.Comparison(node.operator, self.any(node.left), self.any(node.right))

    def junction(self, node: tree.Infix) -> native.Condition:
        """A row of ANDs or ORs as one."""
        operands: list[native.Condition] = []
        for part in _row(node, node.operator):
            made = self.any(part)
            if _is_value(made):
                raise refuse(errors.JUNCTION)
            operands.append(_checked(made, node.operator.upper()))
        return (native.And if node.operator == "and" else native.Or)(tuple(operands))

    def negation(self, node: tree.Prefix) -> native.Condition:
        made = self.any(node.operand)
        if _is_value(made):
            raise refuse(errors.NEGATION)
        return native.Not(_checked(made, "NOT"))

    def membership(self, node: tree.Infix) -> native.Condition:
        if not isinstance(node.right, tree.Sequence) or not node.right.values:
            raise refuse(errors.IN)
        return native.In(self.any(node.left), tuple(map(self.any, node.right.values)))

    # Operators of updates

    def arithmetic(self, node: tree.Infix) -> native.Arithmetic:
        return native.Arithmetic(node.operator, self.any(node.left), self.any(node.right))

    def sign(self, node: tree.Prefix) -> Native:
        self.any(node.operand)
        raise refuse(OPERAND_COUNT.format(node.operator, 1))


_NODES: dict[type, Callable[[Translation, Any], Native]] = {
    tree.Literal: Translation.constant,
    tree.Sequence: Translation.constant,
    tree.Struct: Translation.constant,
    tree.Parameter: Translation.parameter,
    tree.Name: Translation.path,
    tree.Path: Translation.path,
    tree.Call: Translation.call,
    tree.IsType: Translation.is_type,
    tree.Between: Translation.between,
    tree.Infix: Translation.operation,
    tree.Prefix: Translation.operation,
    tree.Missing: Translation.missing,
    tree.Aggregate: Translation.aggregate,
    tree.Select: Translation.select,
    tree.Like: Translation.like,
}
Operators = dict[tuple[type, str], Callable[[Translation, Any], Native]]
_PATHS: Operators = {(tree.Prefix, "@"): Translation.path}
_OF_CONDITIONS: Operators = {
    **_PATHS,
    **{(tree.Infix, operator): Translation.comparison for operator in _COMPARATORS},
    (tree.Infix, "and"): Translation.junction,
    (tree.Infix, "or"): Translation.junction,
    (tree.Infix, "in"): Translation.membership,
    (tree.Prefix, "not"): Translation.negation,
}
_OF_UPDATES: Operators = {
    **_PATHS,
    (tree.Infix, "+"): Translation.arithmetic,
    (tree.Infix, "-"): Translation.arithmetic,
    (tree.Prefix, "+"): Translation.sign,
    (tree.Prefix, "-"): Translation.sign,
}


def _row(node: tree.Expression, operator: str) -> list[tree.Expression]:
    """The operands of one operator in a row, from left to right."""
    parts: list[tree.Expression] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tree.Infix) and part.operator == operator:
            waiting += (part.right, part.left)
        else:
            parts.append(part)
    return parts


def _checked(node: Native, operator: str) -> native.Condition:
    """A node as the operand of AND, OR or NOT; a size is no truth."""
    if _is_size(node):
        raise refuse(OPERAND_TYPE.format(operator, "N"))
    return cast("native.Condition", node)


def _is_value(node: Native) -> bool:
    return isinstance(node, (native.Path, native.Ref))


def _is_size(node: Native) -> bool:
    return isinstance(node, native.Call) and node.name == "size"
