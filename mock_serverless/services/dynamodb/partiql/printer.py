"""A tree back to text: parsing that text gives the same tree. Operands which aren't terms stand in parentheses.

One function for each kind of node, registered by the node's class.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from . import tree
from .keywords import SETS, is_plain

_LOOSE = (tree.Prefix, tree.Infix, tree.Between, tree.Like, tree.IsType, tree.Select)


def unparse(node: tree.Statement) -> str:
    """The text of a statement or of an expression."""
    return _text(node)


@singledispatch
def _text(node: Any) -> str:
    raise TypeError(f"{node!r} is no node of a statement")


def _term(node: tree.Expression) -> str:
    """An operand: what isn't a term stands in parentheses."""
    return f"({_text(node)})" if isinstance(node, _LOOSE) else _text(node)


def _inner(node: tree.Expression) -> str:
    """An expression within another node: only a SELECT stands in parentheses."""
    return f"({_text(node)})" if isinstance(node, tree.Select) else _text(node)


def _inners(nodes: tuple[tree.Expression, ...]) -> str:
    return ", ".join(map(_inner, nodes))


def _clause(node: tree.Expression) -> str:
    """What is within a clause of a SELECT, which UNION and its like end."""
    return _term(node) if isinstance(node, tree.Infix) and node.operator in SETS else _inner(node)


def _quoted(name: str) -> str:
    return name if is_plain(name) else '"' + name.replace('"', '""') + '"'


def _words(name: str) -> str:
    return name.replace("_", " ").upper()


# Terms


@_text.register
def _(node: tree.Name) -> str:
    return _quoted(node.text)


@_text.register
def _(node: tree.Literal) -> str:
    if node.kind == "STRING":
        return "'" + node.text.replace("'", "''") + "'"
    if node.kind == "ION":
        return f"`{node.text}`"
    return "NULL" if node.kind == "NULL" else node.text.upper() if node.kind == "BOOL" else node.text


@_text.register
def _(node: tree.Missing) -> str:
    return "MISSING"


@_text.register
def _(node: tree.Parameter) -> str:
    return "?"


@_text.register
def _(node: tree.Path) -> str:
    return _term(node.root) + "".join(map(_step, node.steps))


def _step(step: tree.Step) -> str:
    if isinstance(step, tree.Wild):
        return step.sign
    if isinstance(step, tree.Literal) and step.kind == "STRING":
        return f".{_quoted(step.text)}"
    return f"[{_inner(step)}]"


@_text.register
def _(node: tree.Call) -> str:
    name = node.name if node.name in ("exists", "size") else _quoted(node.name)
    alone = len(node.arguments) == 1 and isinstance(node.arguments[0], tree.Select)
    return f"{name}({_text(node.arguments[0]) if alone else _inners(node.arguments)})"


@_text.register
def _(node: tree.Aggregate) -> str:
    argument = "*" if node.argument is None else _inner(node.argument)
    return f"{node.name.upper()}({'DISTINCT ' if node.distinct else ''}{argument})"


@_text.register
def _(node: tree.Sequence) -> str:
    opening, closing = ("[", "]") if node.kind == "list" else ("<<", ">>")
    return f"{opening}{_inners(node.values)}{closing}"


@_text.register
def _(node: tree.Struct) -> str:
    return "{" + ", ".join(f"{_inner(name)}: {_inner(value)}" for name, value in node.fields) + "}"


# Operators


@_text.register
def _(node: tree.Prefix) -> str:
    space = " " if node.operator == "not" else ""
    return f"{node.operator.upper()}{space}{_term(node.operand)}"


@_text.register
def _(node: tree.Infix) -> str:
    right = _inner(node.right) if node.operator == "in" else _term(node.right)
    return f"{_term(node.left)} {_words(node.operator)} {right}"


@_text.register
def _(node: tree.Between) -> str:
    return f"{_term(node.operand)} BETWEEN {_term(node.low)} AND {_term(node.high)}"


@_text.register
def _(node: tree.Like) -> str:
    escape = "" if node.escape is None else f" ESCAPE {_term(node.escape)}"
    return f"{_term(node.operand)} LIKE {_term(node.pattern)}{escape}"


@_text.register
def _(node: tree.IsType) -> str:
    return f"{_term(node.operand)} IS {node.type if 'integer' in node.type else _words(node.type)}"


# Statements


@_text.register
def _(node: tree.Select) -> str:
    items = "*" if node.items is None else ", ".join(map(_text, node.items))
    text = (
        f"SELECT {'DISTINCT ' if node.distinct else ''}{'VALUE ' if node.kind else ''}{items} FROM {_text(node.source)}"
    )
    if node.where is not None:
        text += f" WHERE {_clause(node.where)}"
    if node.order:
        text += f" ORDER BY {', '.join(map(_text, node.order))}"
    if node.group:
        text += f" GROUP BY {', '.join(map(_clause, node.group))}"
    for word, clause in (("HAVING", node.having), ("LIMIT", node.limit), ("OFFSET", node.offset)):
        if clause is not None:
            text += f" {word} {_term(clause)}"
    return text


@_text.register
def _(node: tree.Item) -> str:
    shown = _term(node.expression) + (".*" if node.all else "")
    return shown if node.alias is None else f"{shown} AS {_quoted(node.alias)}"


@_text.register
def _(node: tree.Source) -> str:
    shown = _term(node.expression)
    if node.kind == "unpivot":
        shown = f"UNPIVOT {shown}"
    if node.alias is not None:
        shown += f" AS {_quoted(node.alias)}"
    return shown + (" CROSS JOIN a" if node.kind == "join" else "")


@_text.register
def _(node: tree.Order) -> str:
    return f"{_inner(node.expression)} {'DESC' if node.descending else 'ASC'}"


@_text.register
def _(node: tree.Insert) -> str:
    value = f"({_inner(node.value)})" if node.many else f"VALUE {_inner(node.value)}"
    clause = {"": "", "AT": " AT 1", "ON CONFLICT": " ON CONFLICT WHERE 1 DO NOTHING"}[node.clause]
    return f"INSERT INTO {_inner(node.target)} {value}{clause}{_returning(node.returning)}"


@_text.register
def _(node: tree.Update) -> str:
    operations = " ".join(map(_text, node.operations))
    if node.source is None:
        return operations
    return f"FROM {_text(node.source)}{_where(node.where)} {operations}{_returning(node.returning)}"


@_text.register
def _(node: tree.Assignment) -> str:
    return f"SET {_inner(node.target)} = {_inner(node.value)}"


@_text.register
def _(node: tree.Removal) -> str:
    return f"REMOVE {_inner(node.target)}"


@_text.register
def _(node: tree.Delete) -> str:
    return f"DELETE FROM {_text(node.source)}{_where(node.where)}{_returning(node.returning)}"


@_text.register
def _(node: tree.Returning) -> str:
    return f"{node.what} {'*' if node.column is None else _inner(node.column)}"


@_text.register
def _(node: tree.Definition) -> str:
    action, what = ("CREATE", node.name[6:]) if node.name.startswith("Create") else ("DROP", node.name[4:])
    return f"{action} {what.upper()} {_quoted(node.target)}"


def _where(where: tree.Expression | None) -> str:
    return "" if where is None else f" WHERE {_inner(where)}"


def _returning(elements: tuple[tree.Returning, ...]) -> str:
    return f" RETURNING {', '.join(map(_text, elements))}" if elements else ""
