"""What a statement says by its text alone, found once: kept by text, and bound to a request's parameters for each call.

::

    plan = plan_of(text)                    SelectPlan, InsertPlan, UpdatePlan or DeletePlan; AwsError
    plan.where.bound(parameters)            its condition with its values; so plan.bound of an UPDATE and plan.item of an INSERT

``permission`` is what IAM calls the statement ("IAM security policies with PartiQL for DynamoDB").
What depends on the table (keys, indexes) is not looked at here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from mock_serverless.core.errors import AwsError

from ..expressions import BoundCondition, BoundUpdate
from ..expressions import updates as native_updates
from ..expressions.conditions import ConditionPlan, planned
from ..expressions.paths import Parts, collision, read
from ..expressions.placeholders import Placeholders
from ..expressions.rules import tree_fault
from ..values import NESTED_TOO_DEEP, NESTING_LIMIT, Item, Value, copy_value, depth_of, refuse
from .changes import plan_update
from .grammar import parse
from .lexer import StatementSyntaxError
from .literals import name_of, refused, value_of
from .parameters import MISMATCH
from .translation import UNEXPECTED_PART, Translation
from .tree import (
    Aggregate,
    Between,
    Call,
    Definition,
    Delete,
    Expression,
    Infix,
    Insert,
    IsType,
    Like,
    Literal,
    Missing,
    Name,
    Parameter,
    Path,
    Prefix,
    Returning,
    Select,
    Sequence,
    Source,
    Statement,
    Struct,
    Update,
)

NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: {}"
ALIAS = "Aliasing is not supported"
UNSUPPORTED = "Unsupported operation: {}"
INSERTS_MANY = (
    'Inserting multiple items in a single statement is not supported, use "INSERT INTO tableName VALUE item" instead'
)
SINGLE_SOURCE = "Only select from a single table or index is supported."
BAD_SOURCE = "Unexpected from source"
LONG_SOURCE = "A path may contain at most 2 components in the FROM clause"
LIST_SOURCE = "Invalid list expression in source."
TABLE_NAME = "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', '-', '_', '.'."
ON_INDEX = "This operation is not supported on an index"
SINGLE_TABLE = "FROM clause may only contain a single table name in data manipulation statements"
CLAUSE = "Unsupported clause: {}"
HIERARCHY = "Changing item's hierarchy while reading isn't supported"
VALUE_OR_PIVOT = "Select projection doesn't support value or pivot keywords"
DUPLICATES = "Duplicate identifiers in select clause: {}"
ITEM_FORMAT = (
    "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement."
)
FROM_IN_INSERT = "Unsupported FROM ... WHERE ... clause in INSERT statement."
AT_IN_INSERT = "AT is not supported in insert statements."
MANY_RETURNED = "Invalid syntax with multiple returning elements in RETURNING clause"
RETURNED_COLUMNS = "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause"
INCOMPLETE = "Where clause does not contain a mandatory equality on all key attributes"
EXISTS_INDEX = "Operations on indices are not supported in transactions"

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


@dataclass(frozen=True, slots=True)
class Where:
    """A WHERE clause as a condition, with the values of its literals."""

    plan: ConditionPlan
    values: dict[str, Value]
    names: dict[str, str]

    def bound(self, parameters: list[Value]) -> BoundCondition:
        """The condition with its parameters, their types checked."""
        placeholders = _placeholders(self.values, self.names, parameters)
        for check in self.plan.checks:
            fault = check.fault(placeholders)
            if fault is not None:
                raise refuse(fault)
        return BoundCondition(self.plan, placeholders)


@dataclass(frozen=True, slots=True)
class Unnested:
    """A select list: what is at each path, under the path's last name (``a.b[0]`` is ``b[0]``, recorded for names)."""

    paths: tuple[Parts, ...]
    names: tuple[str, ...]

    def __call__(self, item: Item) -> Item:
        found = ((name, read(item, path)) for name, path in zip(self.names, self.paths, strict=True))
        return {name: copy_value(value) for name, value in found if value is not None}


@dataclass(frozen=True, slots=True)
class SelectPlan:
    """SELECT, or the one within EXISTS (``exists``).

    ``fault`` is what is wrong with the select list or the condition: it is said after what the index is like.
    """

    table: str
    index: str | None
    projection: Unnested | None
    where: Where | None
    order: tuple[tuple[Expression, bool], ...]
    parameters: int
    fault: str | None = None
    exists: bool = False
    verb, permission = "SELECT", "PartiQLSelect"


@dataclass(frozen=True, slots=True)
class InsertPlan:
    """INSERT: an item whose attributes are values, or positions of parameters."""

    table: str
    attributes: dict[str, Value | int]
    returning: str
    parameters: int
    verb, permission = "INSERT", "PartiQLInsert"

    def item(self, parameters: list[Value]) -> Item:
        """The item with its parameters."""
        item = {name: parameters[v - 1] if isinstance(v, int) else v for name, v in self.attributes.items()}
        if any(depth_of(value) > NESTING_LIMIT for value in item.values()):
            raise refuse(NESTED_TOO_DEEP)
        return item


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """UPDATE."""

    table: str
    where: Where | None
    update: native_updates.UpdatePlan
    values: dict[str, Value]
    names: dict[str, str]
    returning: str
    parameters: int
    verb, permission = "UPDATE", "PartiQLUpdate"

    def bound(self, parameters: list[Value]) -> BoundUpdate:
        """The update with its parameters, their types checked."""
        made = native_updates.bind_update(self.update, _placeholders(self.values, self.names, parameters))
        if isinstance(made, str):
            raise refuse(made)
        return made


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """DELETE."""

    table: str
    where: Where | None
    returning: str
    parameters: int
    verb, permission = "DELETE", "PartiQLDelete"


Plan = SelectPlan | InsertPlan | UpdatePlan | DeletePlan


def _placeholders(values: dict[str, Value], names: dict[str, str], parameters: list[Value]) -> Placeholders:
    return Placeholders(names, {**values, **{f":p{n}": value for n, value in enumerate(parameters, 1)}})


def plan_of(text: str) -> Plan:
    """The plan of a statement. Raises AwsError for a text that is none, or none of DynamoDB's."""
    return _planned(text)


def check_parameters(plan: Plan, parameters: list[Value]) -> None:
    """A statement needs all its parameters; what is given beyond them is not looked at (as AWS's DynamoDB Local has it)."""
    if len(parameters) < plan.parameters:
        raise refuse(MISMATCH)


@lru_cache(maxsize=2048)
def _planned(text: str) -> Plan:
    try:
        tree, parameters = parse(text)
    except StatementSyntaxError as error:
        raise refuse(NOT_WELL_FORMED.format(error)) from None
    if isinstance(tree, Select):
        return _select(tree, parameters)
    if isinstance(tree, Insert):
        return _insert(tree, parameters)
    if isinstance(tree, Update):
        return _update(tree, parameters)
    if isinstance(tree, Delete):
        return _delete(tree, parameters)
    if isinstance(tree, Call) and tree.name == "exists" and len(tree.arguments) == 1:
        (inner,) = tree.arguments
        if isinstance(inner, Select):
            return _exists(inner, parameters)
    raise refuse(UNSUPPORTED.format(_operation(tree)))


# The names of what is no statement, as they are in PartiQL's reference implementation (IsType is recorded).
_NAMES: dict[type, str] = {
    Name: "Id",
    Literal: "Lit",
    Missing: "Missing",
    Parameter: "Parameter",
    Path: "Path",
    Call: "Call",
    Aggregate: "CallAgg",
    Between: "Between",
    Like: "Like",
    IsType: "IsType",
    Struct: "Struct",
}
_OPERATIONS = {
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


def _operation(tree: Statement) -> str:
    if isinstance(tree, Definition):
        return tree.name
    if isinstance(tree, (Infix, Prefix)):
        return _OPERATIONS.get(tree.operator, tree.operator.split("_")[0].capitalize())
    if isinstance(tree, Sequence):
        return tree.kind.capitalize()
    return _NAMES[type(tree)]


# Reading


def _select(tree: Select, parameters: int) -> SelectPlan:
    _check_clauses(tree)
    if tree.distinct:
        raise refuse("Unsupported token in expression: DISTINCT")
    table, index = _components(tree.source)
    try:
        projection, where, fault = _projection(tree), _where(tree.where), None
    except AwsError as error:
        projection, where, fault = None, None, error.message
    order = tuple((key.expression, key.descending) for key in tree.order)
    return SelectPlan(table, index, projection, where, order, parameters, fault)


def _exists(tree: Select, parameters: int) -> SelectPlan:
    _check_clauses(tree)
    table, index = _components(tree.source)
    if index is not None:
        raise refuse(EXISTS_INDEX)
    return SelectPlan(table, None, None, _where(tree.where), (), parameters, exists=True)


def _check_clauses(tree: Select) -> None:
    if tree.group:
        raise refuse(CLAUSE.format("GROUP BY"))
    for name, clause in (("HAVING", tree.having), ("LIMIT", tree.limit), ("OFFSET", tree.offset)):
        if clause is not None:
            raise refused(CLAUSE.format(name), clause.at)


def _components(source: Source | None) -> tuple[str, str | None]:
    """The table and the index that a FROM names."""
    if source is None or source.kind:
        raise refuse(SINGLE_SOURCE)
    if source.alias is not None:
        raise refuse(ALIAS)
    if not isinstance(source.expression, (Name, Path)):
        raise refuse(BAD_SOURCE)
    parts = Translation().path(source.expression).parts
    if len(parts) > 2:
        raise refuse(LONG_SOURCE)
    for part in parts:
        if isinstance(part, int):
            raise refuse(LIST_SOURCE)
        if not _NAME.fullmatch(part):
            raise refuse(TABLE_NAME)
    return str(parts[0]), str(parts[1]) if len(parts) > 1 else None


def _projection(tree: Select) -> Unnested | None:
    if tree.kind:
        raise refuse(VALUE_OR_PIVOT)
    if tree.items is None:
        return None
    translation = Translation()
    paths: list[Parts] = []
    names: list[str] = []
    for item in tree.items:
        if item.all:
            raise refuse(HIERARCHY)
        if item.alias is not None:
            raise refuse(ALIAS)
        if not isinstance(item.expression, (Name, Path)):
            raise refused(UNEXPECTED_PART, item.expression.at)
        paths.append(translation.path(item.expression).parts)
        names.append(_last_name(paths[-1]))
    for position, name in enumerate(names):
        if name in names[:position]:
            raise refuse(DUPLICATES.format(name))
    fault = collision(paths)
    if fault is not None:
        raise refuse(fault)
    return Unnested(tuple(paths), tuple(names))


def _last_name(path: Parts) -> str:
    name = ""
    for part in path:
        name = f"{name}[{part}]" if isinstance(part, int) else part
    return name


def _where(tree: Expression | None, translation: Translation | None = None) -> Where | None:
    if tree is None:
        return None
    translation = translation or Translation()
    condition = translation.where(tree)
    fault = tree_fault(condition)
    if fault is not None:
        raise refuse(fault)
    return Where(planned(condition), translation.values, translation.names)


# Writing


def _insert(tree: Insert, parameters: int) -> InsertPlan:
    if tree.many:
        raise refuse(UNSUPPORTED.format(INSERTS_MANY))
    if tree.clause == "AT":
        raise refused(AT_IN_INSERT, tree.at)
    if tree.clause:
        raise refuse(CLAUSE.format(tree.clause))
    if not isinstance(tree.value, Struct):
        raise refused(ITEM_FORMAT, tree.value.at)
    attributes: dict[str, Value | int] = {}
    for name, value in tree.value.fields:
        key = name_of(name)
        made = _attribute(value)
        if key in attributes:
            raise refused(f"Duplicate keys in tuple. Key: {key} under root", name.at)
        attributes[key] = made
    if not isinstance(tree.target, Name):
        raise refused(SINGLE_TABLE, tree.target.at)
    if not _NAME.fullmatch(tree.target.text):
        raise refuse(TABLE_NAME)
    return InsertPlan(tree.target.text, attributes, _returning(tree.returning), parameters)


def _attribute(tree: Expression) -> Value | int:
    if isinstance(tree, Parameter):
        return tree.position
    if isinstance(tree, (Literal, Sequence, Struct)):
        return value_of(tree)
    raise refused(f"Unsupported data type: {_identifier(tree)} under key root", tree.at)


def _identifier(tree: Expression) -> str:
    """How an expression is called where it can't be a value."""
    if isinstance(tree, Name):
        return tree.text
    if isinstance(tree, (Call, Aggregate)):
        return tree.name
    if isinstance(tree, (Infix, Prefix)):
        return tree.operator
    return "is" if isinstance(tree, IsType) else type(tree).__name__.upper()


def _update(tree: Update, parameters: int) -> UpdatePlan | InsertPlan:
    first = tree.operations[0]
    if isinstance(first, Insert):
        raise refused(FROM_IN_INSERT, tree.at)
    translation = Translation()
    where = _where(tree.where, translation)
    update = plan_update(tree.operations, translation)
    table = _single(tree.source)
    returning = _returning(tree.returning)
    return UpdatePlan(table, where, update, translation.values, translation.names, returning, parameters)


def _delete(tree: Delete, parameters: int) -> DeletePlan:
    where = _where(tree.where)
    if where is None:
        raise refuse(INCOMPLETE)
    return DeletePlan(_single(tree.source), where, _returning(tree.returning), parameters)


def _single(source: Source | None) -> str:
    table, index = _components(source)
    if index is not None:
        raise refuse(ON_INDEX)
    return table


def _returning(elements: tuple[Returning, ...]) -> str:
    """``ALL OLD``, ... or "" for none."""
    if len(elements) > 1:
        raise refuse(MANY_RETURNED)
    if elements and elements[0].column is not None:
        raise refuse(RETURNED_COLUMNS)
    return elements[0].what if elements else ""
