"""Statements and their clauses: SELECT, INSERT, UPDATE, DELETE, FROM ... SET, EXISTS(...), and what DynamoDB parses but hasn't.

"PartiQL statements for DynamoDB" of the developer guide; what isn't there follows PartiQL's reference implementation, as
parser.py says.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from . import tree
from .keywords import MANIPULATIONS, NOT_SELECTED, SELECT_BINDING
from .lexer import StatementSyntaxError
from .parser import TERMS, Parser

_TOP_LEVEL = "Keyword {} only expected at the top level in the query"
_RETURNED = frozenset(("modified_old", "modified_new", "all_old", "all_new"))
_JOINS = frozenset(("join", "cross_join", "inner_join", "left_join", "right_join", "outer_join"))


@lru_cache(maxsize=2048)
def parse(text: str) -> tuple[tree.Statement, int]:
    """The tree of a statement, and how many parameters it has. Raises StatementSyntaxError."""
    parser = Parser(text)
    statement = _statement(parser)
    if parser.token.kind == ";":
        parser.advance()
        if parser.token.kind != "end":
            raise StatementSyntaxError("Unexpected token after semicolon. (Only one query is allowed.)")
    if parser.token.kind != "end":
        raise StatementSyntaxError("Unexpected token after expression")
    return statement, parser.parameters


def _statement(parser: Parser) -> tree.Statement:
    made = _STATEMENTS.get(parser.token.word)
    return parser.expression() if made is None else made(parser)


# Writing


def _update(parser: Parser) -> tree.Update:
    at = parser.advance().at
    source = _target(parser)
    operations = _manipulations(parser)
    where = _where(parser)
    return tree.Update(source, operations, where, _returning(parser), at)


def _delete(parser: Parser) -> tree.Delete:
    at = parser.advance().at
    if not parser.takes("from"):
        raise StatementSyntaxError("Expected FROM after DELETE")
    source = _target(parser)
    where = _where(parser)
    return tree.Delete(source, where, _returning(parser), at)


def _from(parser: Parser) -> tree.Manipulation:
    at = parser.advance().at
    source = _source(parser, -1)
    where = _where(parser)
    operations = _manipulations(parser)
    return tree.Update(source, operations, where, _returning(parser), at)


def _target(parser: Parser) -> tree.Source:
    path = parser.simple_path()
    return tree.Source(path, _alias(parser))


def _manipulations(parser: Parser) -> tuple[tree.Operation, ...]:
    made: list[tree.Operation] = []
    while parser.token.word in MANIPULATIONS:
        if parser.token.text == "insert_into":
            made.append(_insert(parser))
        elif parser.advance().text == "set":
            made.extend(parser.listed(lambda: _assignment(parser)))
        else:
            made.append(tree.Removal(parser.simple_path()))
    if not made:
        raise StatementSyntaxError("Expected data manipulation")
    return tuple(made)


def _bare(parser: Parser) -> tree.Manipulation:
    """INSERT; SET and REMOVE without a source."""
    first, *_ = _manipulations(parser)
    return first if isinstance(first, tree.Insert) else tree.Update(None, (first,))


def _assignment(parser: Parser) -> tree.Assignment:
    target = parser.simple_path()
    if not parser.takes("="):
        raise StatementSyntaxError("Expected '='")
    return tree.Assignment(target, parser.expression())


def _insert(parser: Parser) -> tree.Insert:
    at = parser.advance().at
    target = parser.simple_path()
    if not parser.takes("value"):
        return tree.Insert(target, parser.expression(), many=True, at=at)
    value = parser.expression()
    clause = ""
    if parser.takes("at"):
        parser.expression()
        clause = "AT"
    if parser.takes("on_conflict"):
        if not parser.takes("where"):
            raise StatementSyntaxError("invalid ON CONFLICT syntax")
        parser.expression()
        if not parser.takes("do_nothing"):
            raise StatementSyntaxError("invalid ON CONFLICT syntax")
        clause = clause or "ON CONFLICT"
    return tree.Insert(target, value, _returning(parser), clause=clause, at=at)


def _where(parser: Parser) -> tree.Expression | None:
    return parser.expression() if parser.takes("where") else None


def _returning(parser: Parser) -> tuple[tree.Returning, ...]:
    return parser.listed(lambda: _returned(parser)) if parser.takes("returning") else ()


def _returned(parser: Parser) -> tree.Returning:
    if parser.token.word not in _RETURNED:
        raise StatementSyntaxError("Expected ( MODIFIED | ALL ) ( NEW | OLD ) in each returning element.")
    what = parser.advance().text.replace("_", " ").upper()
    return tree.Returning(what, None if parser.takes("*") else parser.expression())


def _definition(parser: Parser) -> tree.Definition:
    """CREATE and DROP, as far as is needed to refuse them by their names."""
    action, what = parser.advance().text, parser.token.word
    if what not in ("table", "index"):
        raise StatementSyntaxError(f"Unexpected token following {action.upper()}")
    parser.advance()
    if what == "index" and action == "create":
        parser.takes("on")
    if parser.token.kind != "name":
        raise StatementSyntaxError("Expected identifier!")
    name = parser.advance().text
    while parser.token.kind not in ("end", ";"):
        if what == "table":
            raise StatementSyntaxError(f"Unexpected tokens after {action.upper()} statement!")
        parser.advance()
    return tree.Definition(action.capitalize() + what.capitalize(), name)


# Reading


def _select(parser: Parser) -> tree.Select:
    at = parser.advance().at
    distinct = parser.takes("distinct")
    if not distinct:
        parser.takes("all")
    kind = "value" if parser.takes("value") else ""
    items = (tree.Item(parser.expression()),) if kind else _items(parser)
    if not parser.takes("from"):
        raise StatementSyntaxError("Expected FROM after SELECT list")
    source = _source(parser, SELECT_BINDING)
    where = parser.expression(SELECT_BINDING) if parser.takes("where") else None
    order = _order(parser)
    group = _group(parser)
    having, limit, offset = (
        parser.expression(SELECT_BINDING) if parser.takes(word) else None for word in ("having", "limit", "offset")
    )
    return tree.Select(items, source, where, order, group, having, limit, offset, distinct, kind, at)


def _items(parser: Parser) -> tuple[tree.Item, ...] | None:
    """The select list: None for ``*``."""
    items = parser.listed(lambda: _item(parser))
    if None in items:
        if len(items) > 1:
            raise StatementSyntaxError(
                "Other expressions may not be present in the select list when '*' is used without dot notation."
            )
        return None
    return tuple(item for item in items if item is not None)


def _item(parser: Parser) -> tree.Item | None:
    if parser.takes("*"):
        return None
    word = parser.token.word
    if word in NOT_SELECTED:
        raise StatementSyntaxError(
            f"Expected identifier or an expression but found unexpected keyword '{word}' in a select list."
        )
    expression = parser.expression()
    every = False
    if isinstance(expression, tree.Path):
        expression, every = _without_star(expression)
    return tree.Item(expression, _alias(parser), every)


def _without_star(path: tree.Path) -> tuple[tree.Expression, bool]:
    """``a.b.*`` as ``a.b`` and that it is all of it; a star anywhere else is refused."""
    *before, last = path.steps
    if any(isinstance(step, tree.Wild) for step in before) or (isinstance(last, tree.Wild) and last.sign == "[*]"):
        raise StatementSyntaxError("Invalid use of * in select list")
    if not isinstance(last, tree.Wild):
        return path, False
    return (tree.Path(path.root, tuple(before), path.at) if before else path.root), True


def _source(parser: Parser, binding: int) -> tree.Source:
    kind = "unpivot" if parser.takes("unpivot") else ""
    expression = parser.expression(binding)
    alias = _alias(parser)
    while parser.token.kind == "," or parser.token.word in _JOINS:
        joined = parser.advance().text
        parser.expression(binding)
        _alias(parser)
        if joined not in (",", "cross_join"):
            if not parser.takes("on"):
                raise StatementSyntaxError("Expected 'ON'")
            parser.expression(binding)
        kind = "join"
    return tree.Source(expression, alias, kind)


def _alias(parser: Parser) -> str | None:
    """``AS a``, ``AT a``, ``BY a`` or just ``a``: the first name of them."""
    found: str | None = None
    for word in ("as", "at", "by"):
        if parser.takes(word):
            if parser.token.kind != "name":
                raise StatementSyntaxError(f"Expected identifier for {word.upper()}-alias")
        elif word != "as" or parser.token.kind != "name":
            continue
        name = parser.advance().text
        found = found or name
    return found


def _order(parser: Parser) -> tuple[tree.Order, ...]:
    if not parser.takes("order"):
        return ()
    if not parser.takes("by"):
        raise StatementSyntaxError("Expected BY")
    return parser.listed(lambda: _ordered(parser))


def _ordered(parser: Parser) -> tree.Order:
    expression = parser.expression()
    descending = parser.takes("desc")
    if not descending:
        parser.takes("asc")
    return tree.Order(expression, descending)


def _group(parser: Parser) -> tuple[tree.Expression, ...]:
    if not parser.takes("group"):
        return ()
    parser.takes("partial")
    if not parser.takes("by"):
        raise StatementSyntaxError("Expected BY")
    keys = parser.listed(lambda: _key(parser))
    if parser.takes("group"):
        if not parser.takes("as") or parser.token.kind != "name":
            raise StatementSyntaxError("Expected identifier for GROUP name")
        parser.advance()
    return keys


def _key(parser: Parser) -> tree.Expression:
    expression = parser.expression(SELECT_BINDING)
    _alias(parser)
    return expression


def _misplaced(parser: Parser) -> tree.Expression:
    """A manipulation within an expression: FROM may lack one, which is said first."""
    word = parser.token.text
    _statement(parser)
    raise StatementSyntaxError(_TOP_LEVEL.format(word))


_STATEMENTS: dict[str, Callable[[Parser], tree.Statement]] = {
    **dict.fromkeys(MANIPULATIONS, _bare),
    "update": _update,
    "delete": _delete,
    "from": _from,
    "create": _definition,
    "drop": _definition,
}
TERMS["select"] = _select
TERMS.update(dict.fromkeys(_STATEMENTS, _misplaced))
