"""A tree back to text: parsing that text gives the same tree. Operands which aren't terms stand in parentheses."""

from __future__ import annotations

from .keywords import SETS, is_plain
from .tree import (
    Aggregate,
    Assignment,
    Between,
    Call,
    Definition,
    Delete,
    Expression,
    Infix,
    Insert,
    IsType,
    Item,
    Like,
    Literal,
    Missing,
    Name,
    Parameter,
    Path,
    Prefix,
    Removal,
    Returning,
    Select,
    Sequence,
    Source,
    Statement,
    Struct,
    Update,
    Wild,
)

_LOOSE = (Prefix, Infix, Between, Like, IsType)


def unparse(tree: Statement) -> str:
    """The text of a statement or of an expression."""
    if isinstance(tree, Insert):
        return _insert(tree)
    if isinstance(tree, Update):
        return _update(tree)
    if isinstance(tree, Delete):
        return f"DELETE FROM {_source(tree.source)}{_where(tree.where)}{_returning(tree.returning)}"
    if isinstance(tree, Definition):
        action, what = ("CREATE", tree.name[6:]) if tree.name.startswith("Create") else ("DROP", tree.name[4:])
        return f"{action} {what.upper()} {_name(tree.target)}"
    return _select(tree) if isinstance(tree, Select) else _expression(tree)


def _insert(tree: Insert) -> str:
    value = f"({_expression(tree.value)})" if tree.many else f"VALUE {_expression(tree.value)}"
    clause = {"": "", "AT": " AT 1", "ON CONFLICT": " ON CONFLICT WHERE 1 DO NOTHING"}[tree.clause]
    return f"INSERT INTO {_expression(tree.target)} {value}{clause}{_returning(tree.returning)}"


def _update(tree: Update) -> str:
    operations = " ".join(_operation(operation) for operation in tree.operations)
    if tree.source is None:
        return operations
    return f"FROM {_source(tree.source)}{_where(tree.where)} {operations}{_returning(tree.returning)}"


def _operation(operation: Assignment | Removal | Insert) -> str:
    if isinstance(operation, Assignment):
        return f"SET {_expression(operation.target)} = {_expression(operation.value)}"
    return f"REMOVE {_expression(operation.target)}" if isinstance(operation, Removal) else _insert(operation)


def _returning(elements: tuple[Returning, ...]) -> str:
    if not elements:
        return ""
    shown = (f"{e.what} {'*' if e.column is None else _expression(e.column)}" for e in elements)
    return f" RETURNING {', '.join(shown)}"


def _where(where: Expression | None) -> str:
    return "" if where is None else f" WHERE {_expression(where)}"


def _select(tree: Select) -> str:
    items = "*" if tree.items is None else ", ".join(map(_item, tree.items))
    text = f"SELECT {'DISTINCT ' if tree.distinct else ''}{'VALUE ' if tree.kind else ''}{items} FROM {_source(tree.source)}"
    if tree.where is not None:
        text += f" WHERE {_clause(tree.where)}"
    if tree.order:
        keys = (f"{_expression(o.expression)} {'DESC' if o.descending else 'ASC'}" for o in tree.order)
        text += f" ORDER BY {', '.join(keys)}"
    if tree.group:
        text += f" GROUP BY {', '.join(map(_clause, tree.group))}"
    for word, clause in (("HAVING", tree.having), ("LIMIT", tree.limit), ("OFFSET", tree.offset)):
        if clause is not None:
            text += f" {word} {_term(clause)}"
    return text


def _clause(tree: Expression) -> str:
    """What is within a clause of a SELECT, which UNION and its like end."""
    return _term(tree) if isinstance(tree, Infix) and tree.operator in SETS else _expression(tree)


def _item(item: Item) -> str:
    shown = _term(item.expression) + (".*" if item.all else "")
    return shown if item.alias is None else f"{shown} AS {_name(item.alias)}"


def _source(source: Source) -> str:
    shown = _term(source.expression)
    if source.kind == "unpivot":
        shown = f"UNPIVOT {shown}"
    if source.alias is not None:
        shown += f" AS {_name(source.alias)}"
    return shown + (" CROSS JOIN a" if source.kind == "join" else "")


def _name(text: str) -> str:
    return text if is_plain(text) else '"' + text.replace('"', '""') + '"'


def _expression(tree: Expression) -> str:
    if isinstance(tree, Prefix):
        space = " " if tree.operator == "not" else ""
        return f"{tree.operator.upper()}{space}{_term(tree.operand)}"
    if isinstance(tree, Infix):
        right = _expression(tree.right) if tree.operator == "in" else _term(tree.right)
        return f"{_term(tree.left)} {tree.operator.replace('_', ' ').upper()} {right}"
    if isinstance(tree, Between):
        return f"{_term(tree.operand)} BETWEEN {_term(tree.low)} AND {_term(tree.high)}"
    if isinstance(tree, Like):
        escape = "" if tree.escape is None else f" ESCAPE {_term(tree.escape)}"
        return f"{_term(tree.operand)} LIKE {_term(tree.pattern)}{escape}"
    if isinstance(tree, IsType):
        return f"{_term(tree.operand)} IS {tree.type.replace('_', ' ').upper() if 'integer' not in tree.type else tree.type}"
    return f"({_select(tree)})" if isinstance(tree, Select) else _simple(tree)


def _term(tree: Expression) -> str:
    return f"({_expression(tree)})" if isinstance(tree, _LOOSE) else _expression(tree)


def _simple(tree: Expression) -> str:
    if isinstance(tree, Name):
        return _name(tree.text)
    if isinstance(tree, Literal):
        return _literal(tree)
    if isinstance(tree, Missing):
        return "MISSING"
    if isinstance(tree, Parameter):
        return "?"
    if isinstance(tree, Path):
        return _term(tree.root) + "".join(map(_step, tree.steps))
    if isinstance(tree, Call):
        return f"{_name_of(tree.name)}({_arguments(tree.arguments)})"
    if isinstance(tree, Aggregate):
        argument = "*" if tree.argument is None else _expression(tree.argument)
        return f"{tree.name.upper()}({'DISTINCT ' if tree.distinct else ''}{argument})"
    if isinstance(tree, Sequence):
        opening, closing = ("[", "]") if tree.kind == "list" else ("<<", ">>")
        return f"{opening}{', '.join(map(_expression, tree.values))}{closing}"
    assert isinstance(tree, Struct)
    return "{" + ", ".join(f"{_expression(name)}: {_expression(value)}" for name, value in tree.fields) + "}"


def _arguments(arguments: tuple[Expression, ...]) -> str:
    if len(arguments) == 1 and isinstance(arguments[0], Select):
        return _select(arguments[0])
    return ", ".join(map(_expression, arguments))


def _name_of(function: str) -> str:
    return function if function in ("exists", "size") else _name(function)


def _literal(tree: Literal) -> str:
    if tree.kind == "STRING":
        return "'" + tree.text.replace("'", "''") + "'"
    if tree.kind == "ION":
        return f"`{tree.text}`"
    return "NULL" if tree.kind == "NULL" else tree.text.upper() if tree.kind == "BOOL" else tree.text


def _step(step: Expression | Wild) -> str:
    if isinstance(step, Wild):
        return step.sign
    if isinstance(step, Literal) and step.kind == "STRING":
        return f".{_name(step.text)}"
    return f"[{_expression(step)}]"
