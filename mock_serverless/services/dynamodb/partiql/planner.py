"""From a statement's text to its plan, kept by text: everything that the text alone decides, in the order in which it is refused.

What depends on the table (keys, indexes) is not looked at here. Raises AwsError.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mock_serverless.core.errors import AwsError

from ..expressions.conditions import planned
from ..expressions.paths import Parts, collision
from ..expressions.rules import tree_fault
from ..values import Value, refuse
from . import errors, tree
from .changes import plan_update
from .errors import refused
from .grammar import parse
from .lexer import StatementSyntaxError
from .literals import name_of, value_of
from .names import identifier, operation_name
from .plans import DeletePlan, InsertPlan, Plan, SelectPlan, Unnested, UpdatePlan, Where
from .translation import Translation

_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


@lru_cache(maxsize=2048)
def plan_of(text: str) -> Plan:
    """The plan of a statement. Raises AwsError for a text that is none, or none of DynamoDB's."""
    try:
        statement, parameters = parse(text)
    except StatementSyntaxError as error:
        raise refuse(errors.NOT_WELL_FORMED.format(error)) from None
    make = _PLANNERS.get(type(statement), _unsupported)
    return make(statement, parameters)


def _unsupported(node: tree.Statement, parameters: int) -> Plan:
    raise refuse(errors.UNSUPPORTED.format(operation_name(node)))


# Reading


def _select(node: tree.Select, parameters: int) -> SelectPlan:
    _check_clauses(node)
    if node.distinct:
        raise refuse(errors.TOKEN.format("DISTINCT"))
    table, index = _components(node.source)
    try:
        projection, where, fault = _projection(node), _where(node.where), None
    except AwsError as error:
        projection, where, fault = None, None, error.message
    return SelectPlan(table, index, projection, where, node.order, parameters, fault)


def _call(node: tree.Call, parameters: int) -> Plan:
    """EXISTS is the one function that is a statement."""
    inner = node.arguments[0] if node.name == "exists" and len(node.arguments) == 1 else None
    if not isinstance(inner, tree.Select):
        return _unsupported(node, parameters)
    _check_clauses(inner)
    table, index = _components(inner.source)
    if index is not None:
        raise refuse(errors.EXISTS_INDEX)
    return SelectPlan(table, None, None, _where(inner.where), (), parameters, exists=True)


def _check_clauses(node: tree.Select) -> None:
    if node.group:
        raise refuse(errors.CLAUSE.format("GROUP BY"))
    for name, clause in (("HAVING", node.having), ("LIMIT", node.limit), ("OFFSET", node.offset)):
        if clause is not None:
            raise refused(errors.CLAUSE.format(name), clause.at)


def _components(source: tree.Source | None) -> tuple[str, str | None]:
    """The table and the index that a FROM names."""
    if source is None or source.kind:
        raise refuse(errors.SINGLE_SOURCE)
    if source.alias is not None:
        raise refuse(errors.ALIAS)
    if not isinstance(source.expression, (tree.Name, tree.Path)):
        raise refuse(errors.BAD_SOURCE)
    parts = Translation().path(source.expression).parts
    if len(parts) > 2:
        raise refuse(errors.LONG_SOURCE)
    for part in parts:
        if isinstance(part, int):
            raise refuse(errors.LIST_SOURCE)
        if not _NAME.fullmatch(part):
            raise refuse(errors.TABLE_NAME)
    return str(parts[0]), str(parts[1]) if len(parts) > 1 else None


def _projection(node: tree.Select) -> Unnested | None:
    if node.kind:
        raise refuse(errors.VALUE_OR_PIVOT)
    if node.items is None:
        return None
    paths = tuple(_selected(item) for item in node.items)
    names = tuple(map(_last_name, paths))
    for position, name in enumerate(names):
        if name in names[:position]:
            raise refuse(errors.DUPLICATES.format(name))
    fault = collision(list(paths))
    if fault is not None:
        raise refuse(fault)
    return Unnested(paths, names)


def _selected(item: tree.Item) -> Parts:
    if item.all:
        raise refuse(errors.HIERARCHY)
    if item.alias is not None:
        raise refuse(errors.ALIAS)
    if not isinstance(item.expression, (tree.Name, tree.Path)):
        raise refused(errors.UNEXPECTED_PART, item.expression.at)
    return Translation().path(item.expression).parts


def _last_name(path: Parts) -> str:
    name = ""
    for part in path:
        name = f"{name}[{part}]" if isinstance(part, int) else part
    return name


def _where(node: tree.Expression | None, translation: Translation | None = None) -> Where | None:
    if node is None:
        return None
    translation = translation or Translation()
    condition = translation.where(node)
    fault = tree_fault(condition)
    if fault is not None:
        raise refuse(fault)
    return Where(planned(condition), translation.values, translation.names)


# Writing


def _insert(node: tree.Insert, parameters: int) -> InsertPlan:
    if node.many:
        raise refuse(errors.UNSUPPORTED.format(errors.INSERTS_MANY))
    if node.clause == "AT":
        raise refused(errors.AT_IN_INSERT, node.at)
    if node.clause:
        raise refuse(errors.CLAUSE.format(node.clause))
    if not isinstance(node.value, tree.Struct):
        raise refused(errors.ITEM_FORMAT, node.value.at)
    attributes = _attributes(node.value)
    if not isinstance(node.target, tree.Name):
        raise refused(errors.SINGLE_TABLE, node.target.at)
    if not _NAME.fullmatch(node.target.text):
        raise refuse(errors.TABLE_NAME)
    return InsertPlan(node.target.text, attributes, _returning(node.returning), parameters)


def _attributes(node: tree.Struct) -> dict[str, Value | int]:
    attributes: dict[str, Value | int] = {}
    for name, value in node.fields:
        key = name_of(name)
        made = _attribute(value)
        if key in attributes:
            raise refused(errors.TWICE.format(key, "root"), name.at)
        attributes[key] = made
    return attributes


def _attribute(node: tree.Expression) -> Value | int:
    if isinstance(node, tree.Parameter):
        return node.position
    if isinstance(node, (tree.Literal, tree.Sequence, tree.Struct)):
        return value_of(node)
    raise refused(errors.TYPE.format(identifier(node), "root"), node.at)


def _update(node: tree.Update, parameters: int) -> UpdatePlan:
    if isinstance(node.operations[0], tree.Insert):
        raise refused(errors.FROM_IN_INSERT, node.at)
    translation = Translation()
    where = _where(node.where, translation)
    update = plan_update(node.operations, translation)
    table = _single(node.source)
    returning = _returning(node.returning)
    return UpdatePlan(table, where, update, translation.values, translation.names, returning, parameters)


def _delete(node: tree.Delete, parameters: int) -> DeletePlan:
    where = _where(node.where)
    if where is None:
        raise refuse(errors.INCOMPLETE)
    return DeletePlan(_single(node.source), where, _returning(node.returning), parameters)


def _single(source: tree.Source | None) -> str:
    table, index = _components(source)
    if index is not None:
        raise refuse(errors.ON_INDEX)
    return table


def _returning(elements: tuple[tree.Returning, ...]) -> str:
    """``ALL OLD``, ... or "" for none."""
    if len(elements) > 1:
        raise refuse(errors.MANY_RETURNED)
    if elements and elements[0].column is not None:
        raise refuse(errors.RETURNED_COLUMNS)
    return elements[0].what if elements else ""


_PLANNERS: dict[type, Callable[[Any, int], Plan]] = {
    tree.Select: _select,
    tree.Insert: _insert,
    tree.Update: _update,
    tree.Delete: _delete,
    tree.Call: _call,
}
