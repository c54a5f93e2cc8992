"""A statement's expressions in terms of DynamoDB's own: PartiQL is another spelling of conditions and updates.

DynamoDB translates a WHERE into a condition and SET and REMOVE into an update, which are then checked and evaluated as any other;
so does this: what comes out are trees of ``..expressions``, with literals and parameters as placeholders (``:l1``, ``:p1``).
What can't be translated is refused in the words of AWS's DynamoDB Local, which shares this part with the service (recorded
refusals agree). Raises AwsError.
"""

from __future__ import annotations

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
from .literals import EMPTY_PART, refused, value_of
from .tree import (
    Aggregate,
    Between,
    Call,
    Expression,
    Infix,
    IsType,
    Like,
    Literal,
    Missing,
    Name,
    Parameter,
    Path,
    Prefix,
    Select,
    Sequence,
    Struct,
    Wild,
)

NOT_BOOLEAN = "WHERE clause must contain an expression that resolves to a boolean"
MISSING_COMPARED = "MISSING must be compared using IS operator"
UNEXPECTED_PART = "Unexpected path component"
_JUNCTION = "The arguments to AND/OR must be Expressions"
_NEGATION = "The argument to NOT must be a Type or Expression"
_IN = (
    "IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at least one "
    "member"
)
_IS_OPERAND = "The left hand side argument to IS must be a Variable Reference, Literal, or Path"
_IS_IN_UPDATE = "IS operator is not supported in update expressions"
_IS_TYPE = (
    "Unsupported data type for IS operator: {}. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, "
    "TUPLE, LIST]"
)
_FUNCTION = "Unrecognized function: {}"
_TOKEN = "Unsupported token in expression: {}"
_OPERATOR = "Unsupported operator in {} Expression. Operator: {}"
_LIST_FIRST = "A path cannot start with a list index"
_WILD = {
    ".*": "Unpivot path component like a.*.b are not supported",
    "[*]": "Wildcard path component like a[*].b are not supported",
}
_INDEX = "List index is not within the allowable range; index: [{}]"

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

    # Conditions

    def where(self, tree: Expression) -> native.Condition:
        """A WHERE clause."""
        node = self.node(tree)
        if _is_value(node) or _is_size(node):
            raise refuse(NOT_BOOLEAN)
        return cast("native.Condition", node)

    def node(self, tree: Expression) -> Native:
        """Any expression: a condition, a path, a value."""
        if isinstance(tree, (Literal, Sequence, Struct)):
            return self.literal(value_of(tree))
        if isinstance(tree, (Name, Path)) or (isinstance(tree, Prefix) and tree.operator == "@"):
            return self.path(tree)
        if isinstance(tree, Parameter):
            return native.Ref(f":p{tree.position}")
        if isinstance(tree, Call):
            return self.call(tree)
        if isinstance(tree, IsType):
            return self.is_type(tree)
        if isinstance(tree, Missing):
            raise refuse(MISSING_COMPARED)
        if isinstance(tree, (Aggregate, Select)):
            raise refused(_TOKEN.format("SELECT" if isinstance(tree, Select) else tree.name), tree.at)
        return self.in_update(tree) if self.update else self.in_condition(tree)

    def literal(self, value: Value) -> native.Ref:
        name = f":l{len(self.values)}"
        self.values[name] = value
        return native.Ref(name)

    def call(self, tree: Call) -> Native:
        known, elsewhere, misplaced = (
            (UPDATE_FUNCTIONS, CONDITION_FUNCTIONS, NOT_IN_UPDATES)
            if self.update
            else (CONDITION_FUNCTIONS, UPDATE_FUNCTIONS, NOT_IN_CONDITIONS)
        )
        if tree.name in known:
            return native.Call(tree.name, tuple(map(self.node, tree.arguments)))
        for argument in tree.arguments:  # arguments are looked at before the function
            self.node(argument)
        if tree.name in elsewhere:
            raise refuse(misplaced.format(tree.name))
        raise refused(_FUNCTION.format(tree.name), tree.at)

    def is_type(self, tree: IsType) -> native.Condition:
        if self.update:
            raise refuse(_IS_IN_UPDATE)
        if not isinstance(tree.operand, (Name, Path, Literal)):
            raise refuse(_IS_OPERAND)
        operand = self.node(tree.operand)
        if tree.type == "missing":
            return native.Call("attribute_not_exists", (operand,))
        if tree.type == "null":
            return native.Comparison("=", operand, self.literal({"NULL": True}))
        kind = _TYPES.get(tree.type)
        if kind is None:
            raise refused(_IS_TYPE.format(tree.type.upper()), tree.at)
        return native.Call("attribute_type", (operand, self.literal({"S": kind})))

    def in_condition(self, tree: Prefix | Infix | Between | Like) -> native.Condition:
        if isinstance(tree, Between):
            return native.Between(*(self.node(part) for part in (tree.operand, tree.low, tree.high)))
        if isinstance(tree, Infix):
            if tree.operator in ("and", "or"):
                return self.junction(tree)
            if tree.operator in _COMPARATORS:
                return native.Comparison(tree.operator, self.node(tree.left), self.node(tree.right))
            if tree.operator == "in":
                return self.membership(tree)
        elif isinstance(tree, Prefix) and tree.operator == "not":
            node = self.node(tree.operand)
            if _is_value(node):
                raise refuse(_NEGATION)
            return native.Not(_checked(node, "NOT"))
        raise refuse(_OPERATOR.format("Condition", _symbol(tree)))

    def junction(self, tree: Infix) -> native.Condition:
        """A row of ANDs or ORs as one."""
        operands: list[native.Condition] = []
        for part in _row(tree, tree.operator):
            node = self.node(part)
            if _is_value(node):
                raise refuse(_JUNCTION)
            operands.append(_checked(node, tree.operator.upper()))
        made = native.And if tree.operator == "and" else native.Or
        return made(tuple(operands))

    def membership(self, tree: Infix) -> native.Condition:
        if not isinstance(tree.right, Sequence) or not tree.right.values:
            raise refuse(_IN)
        return native.In(self.node(tree.left), tuple(map(self.node, tree.right.values)))

    # Updates

    def new_value(self, tree: Expression) -> Native:
        """The right side of an assignment."""
        self.update = True
        try:
            return self.node(tree)
        finally:
            self.update = False

    def in_update(self, tree: Prefix | Infix | Between | Like) -> Native:
        if isinstance(tree, Infix) and tree.operator in ("+", "-"):
            return native.Arithmetic(tree.operator, self.node(tree.left), self.node(tree.right))
        if isinstance(tree, Prefix) and tree.operator in ("+", "-"):
            self.node(tree.operand)
            raise refuse(OPERAND_COUNT.format(tree.operator, 1))
        raise refuse(_OPERATOR.format("Update", _symbol(tree)))

    # Paths

    def path(self, tree: Expression) -> native.Path:
        """A document path."""
        if isinstance(tree, Prefix):
            tree = tree.operand
        if not isinstance(tree, Path):
            return native.Path((self.named(tree),))
        if isinstance(tree.root, Sequence):
            raise refused(_LIST_FIRST, tree.root.at)
        return native.Path((self.named(tree.root), *map(self.part, tree.steps)))

    def named(self, tree: Expression) -> str:
        if not isinstance(tree, Name):
            raise refused(UNEXPECTED_PART, tree.at)
        if not tree.text:
            raise refuse(EMPTY_PART)
        if tree.text[0] == "#":
            self.names[tree.text] = tree.text
        return tree.text

    def part(self, step: Expression | Wild) -> str | int:
        if isinstance(step, Wild):
            raise refused(_WILD[step.sign], step.at)
        if isinstance(step, Literal) and step.kind == "INT":
            index = int(step.text)
            if not 0 <= index <= _GREATEST_INDEX:
                raise refused(_INDEX.format(index), step.at)
            return index
        if isinstance(step, Literal) and step.kind == "STRING":
            return self.named(Name(step.text, step.at))
        return self.named(step)


def _row(tree: Expression, operator: str) -> list[Expression]:
    """The operands of one operator in a row, from left to right."""
    parts: list[Expression] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Infix) and node.operator == operator:
            waiting += (node.right, node.left)
        else:
            parts.append(node)
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


def _symbol(tree: Prefix | Infix | Between | Like) -> str:
    return tree.operator if isinstance(tree, (Prefix, Infix)) else type(tree).__name__.lower()
