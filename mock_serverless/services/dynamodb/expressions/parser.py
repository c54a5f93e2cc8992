"""Tokens to a tree: a Pratt parser for conditions, recursive descent for updates and projections.

The grammars: "Condition and filter expressions", "Update expressions", "Projection expressions" of the developer guide. What
the text alone decides stays an error of syntax here; everything about meaning (functions, names, types) is in ``rules``.
Parse results are kept by text, so this file needn't be fast.

Parentheses: conditions, values and their operands may stand in one pair. A second pair around the same thing is refused
where it ends, before what follows is read. The path of a condition may stand in parentheses and go on behind them, one of an
update may not (all this as AWS's DynamoDB Local shows).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

from .lexer import ExpressionSyntaxError, Token, tokens_of, unexpected
from .tree import (
    Action,
    And,
    Arithmetic,
    Between,
    Call,
    Clause,
    Comparison,
    Condition,
    In,
    Not,
    Operand,
    Or,
    Path,
    Projection,
    Ref,
    Update,
)

T = TypeVar("T")

UPDATE_KEYWORDS = frozenset(("SET", "REMOVE", "ADD", "DELETE"))
# Of all grammars, whichever is read: the service has one lexer (as AWS's DynamoDB Local shows).
KEYWORDS = UPDATE_KEYWORDS | {"AND", "OR", "NOT", "BETWEEN", "IN"}
COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))

_BINDING = {"OR": 10, "AND": 20, "BETWEEN": 40, "IN": 40, **dict.fromkeys(COMPARATORS, 40)}
_NOT_BINDING = 30
# No expression within the limit of 300 operators nests deeper; beyond it only the error is left to find.
_DEEPEST_CONDITION = 620
_DEEPEST_OPERAND = 310


REDUNDANT = "The expression has redundant parentheses;"


class TooDeep(Exception):
    """Nested deeper than any valid expression: what there is, for the rules to say what AWS would find first."""

    def __init__(self, calls: list[str], operators: int) -> None:
        super().__init__("the expression is nested too deeply")
        self.calls = calls
        self.operators = operators


def parse_condition_text(text: str) -> Condition:
    """The tree of a condition, filter or key condition."""
    parser = _Parser(text)
    tree = parser.condition(parser.expression(0))
    parser.expect("end")
    return tree


def parse_update_text(text: str) -> Update:
    """The tree of an update."""
    parser = _Parser(text, paths_go_on=False)
    clauses = [parser.clause()]
    while parser.token.kind != "end":
        clauses.append(parser.clause())
    return Update(tuple(clauses))


def parse_projection_text(text: str) -> Projection:
    """The tree of a projection."""
    parser = _Parser(text)
    paths = parser.listed(parser.path)
    parser.expect("end")
    return Projection(tuple(paths))


class _Parser:
    """A position in a list of tokens."""

    __slots__ = ("closed", "depth", "index", "nested", "paths_go_on", "text", "token", "tokens")

    def __init__(self, text: str, paths_go_on: bool = True) -> None:
        self.text = text
        self.paths_go_on = paths_go_on  # behind parentheses
        self.tokens = tokens_of(text, KEYWORDS)
        self.index = 0
        self.token: Token = self.tokens[0]
        self.depth = 0  # of conditions in conditions
        self.nested = 0  # of operands in functions
        self.closed = -1  # where the last pair of parentheses ended

    # Moving

    def advance(self) -> Token:
        token = self.token
        self.index += 1
        self.token = self.tokens[self.index] if token.kind != "end" else token
        return token

    def expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise self.unexpected()
        return self.advance()

    def unexpected(self) -> ExpressionSyntaxError:
        return unexpected(self.text, self.tokens, self.index)

    def too_deep(self) -> Exception:
        kinds = [token.kind for token in self.tokens]
        if kinds.count("(") != kinds.count(")"):
            return unexpected(self.text, self.tokens, len(self.tokens) - 1)
        calls = [t.text for t, after in pairwise(self.tokens) if t.kind == "word" and after.kind == "("]
        return TooDeep(calls, sum(kind in _BINDING or kind == "NOT" for kind in kinds))

    # Conditions

    def expression(self, binding: int) -> Condition | Operand:
        """A condition or, where none follows, an operand: which of them the caller wanted, it checks."""
        self.depth += 1
        if self.depth > _DEEPEST_CONDITION:
            raise self.too_deep()
        if self.token.kind == "NOT":
            self.advance()
            left: Condition | Operand = Not(self.condition(self.expression(_NOT_BINDING)))
        elif self.token.kind == "(":
            left = self.closing(self.opening(), self.expression(0))
        else:
            left = self.operand()
        while _BINDING.get(self.token.kind, 0) > binding:
            left = self.infix(left)
        self.depth -= 1
        return left

    def infix(self, left: Condition | Operand) -> Condition:
        kind = self.token.kind
        if kind in ("AND", "OR"):
            operands = [self.condition(left)]
            while self.token.kind == kind:
                self.advance()
                operands.append(self.condition(self.expression(_BINDING[kind])))
            return And(tuple(operands)) if kind == "AND" else Or(tuple(operands))
        if not isinstance(left, (Path, Ref, Call)):
            raise self.unexpected()
        self.advance()
        if kind == "BETWEEN":
            low = self.operand()
            self.expect("AND")
            return Between(left, low, self.operand())
        if kind == "IN":
            self.expect("(")
            options = self.listed(self.operand)
            self.expect(")")
            return In(left, tuple(options))
        return Comparison(kind, left, self.operand())

    def condition(self, node: Condition | Operand) -> Condition:
        """The node, if it can stand as a condition; else the next token is one too early."""
        if isinstance(node, (Path, Ref)):
            raise self.unexpected()
        return node

    def opening(self) -> int:
        self.advance()
        return self.index

    def closing(self, opened: int, node: Condition | Operand) -> Condition | Operand:
        """The end of a pair of parentheses."""
        self.close(opened)
        if self.paths_go_on and isinstance(node, Path) and self.token.kind in (".", "["):
            return Path(node.parts + self.more_parts())
        return node

    def close(self, opened: int) -> None:
        """Move over the end of a pair of parentheses: one directly within another is redundant."""
        directly = self.closed == self.index and self.tokens[opened].kind == "(" and self.closes(opened)
        self.expect(")")
        if directly:
            raise ExpressionSyntaxError(REDUNDANT)
        self.closed = self.index

    def closes(self, opened: int) -> bool:
        """Whether the parenthesis just before this token belongs to the one at ``opened``."""
        level = 0
        for token in self.tokens[opened : self.index]:
            level += (token.kind == "(") - (token.kind == ")")
            if level == 0 and token is not self.tokens[self.index - 1]:
                return False
        return level == 0

    # Operands

    def operand(self) -> Operand:
        self.nested += 1
        if self.nested > _DEEPEST_OPERAND:
            raise self.too_deep()
        token = self.token
        if token.kind == "(":
            node = self.closing(self.opening(), self.operand())
            if not isinstance(node, (Path, Ref, Call)):
                raise self.unexpected()
        elif token.kind == "value":
            node = Ref(self.advance().text)
        elif token.kind == "word" and self.tokens[self.index + 1].kind == "(":
            self.advance()
            self.advance()
            arguments = [self.operand()]  # written out: functions nest, and Python's stack is short
            while self.token.kind == ",":
                self.advance()
                arguments.append(self.operand())
            self.expect(")")
            node = Call(token.text, tuple(arguments))
        else:
            node = self.path()
        self.nested -= 1
        return node

    def path(self) -> Path:
        return Path((self.name(), *self.more_parts()))

    def more_parts(self) -> tuple[str | int, ...]:
        parts: list[str | int] = []
        while self.token.kind in (".", "["):
            if self.advance().kind == ".":
                parts.append(self.name())
            else:
                parts.append(int(self.expect("number").text))
                self.expect("]")
        return tuple(parts)

    def name(self) -> str:
        if self.token.kind not in ("word", "name"):
            raise self.unexpected()
        return self.advance().text

    def listed(self, one: Callable[[], T]) -> list[T]:
        items = [one()]
        while self.token.kind == ",":
            self.advance()
            items.append(one())
        return items

    # Updates

    def clause(self) -> Clause:
        if self.token.kind not in UPDATE_KEYWORDS:
            raise self.unexpected()
        keyword = self.advance().kind
        action = {"SET": self.assignment, "REMOVE": self.removal}.get(keyword, self.operation)
        return Clause(keyword, tuple(self.listed(action)))

    def assignment(self) -> Action:
        path = self.path()
        self.expect("=")
        return Action(path, self.value())

    def removal(self) -> Action:
        return Action(self.path())

    def operation(self) -> Action:
        path = self.path()
        return Action(path, Ref(self.expect("value").text))

    def value(self) -> Operand | Arithmetic:
        if self.token.kind != "(" or not self.whole_in_parentheses():
            return self.sum()
        opened = self.opening()
        value = self.value()
        self.close(opened)
        return value

    def sum(self) -> Operand | Arithmetic:
        left = self.operand()
        if self.token.kind not in ("+", "-"):
            return left
        operator = self.advance().kind
        return Arithmetic(operator, left, self.operand())

    def whole_in_parentheses(self) -> bool:
        """Whether the pair which opens here holds the whole value, and not the first operand of a sum only.

        So it is if no operator follows it, or if there is one in it already.
        """
        level = 0
        for index in range(self.index, len(self.tokens)):
            kind = self.tokens[index].kind
            level += (kind == "(") - (kind == ")")
            if kind in ("+", "-"):
                return True
            if level == 0:
                return self.tokens[index + 1].kind not in ("+", "-")
        return True
