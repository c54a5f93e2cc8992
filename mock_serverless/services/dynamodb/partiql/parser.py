"""Expressions of a statement: a Pratt parser over PartiQL's operators (statements and clauses are in grammar.py).

What it says of a text that is no statement is what DynamoDB says, since DynamoDB parses in the way of PartiQL's reference
implementation (partiql-lang-kotlin, ``SqlParser.kt``); recorded refusals of the service agree word for word.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from . import tree
from .keywords import AGGREGATES, BINDING, FUNCTIONS, PREFIXES, TYPES
from .lexer import StatementSyntaxError, Token, tokens_of

T = TypeVar("T")

# No statement that makes sense nests deeper, or has more operators in a row (what is said then is a guess).
_DEEPEST = 60
_LONGEST = 400

Nud = Callable[["Parser"], tree.Expression]
"""What begins with a keyword, the keyword being the next token."""

TERMS: dict[str, Nud] = {}
"""By keyword; grammar.py fills in SELECT."""


class Parser:
    """A position in a list of tokens."""

    __slots__ = ("depth", "index", "parameters", "token", "tokens")

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.index = 0
        self.token: Token = self.tokens[0]
        self.depth = 0
        self.parameters = 0

    # Moving

    def advance(self) -> Token:
        """Take the next token."""
        token = self.token
        if token.kind != "end":
            self.index += 1
            self.token = self.tokens[self.index]
        return token

    def behind(self) -> Token:
        """The token behind the next one."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)]

    def takes(self, word: str) -> bool:
        """Take a keyword, if it is the next token."""
        if self.token.word != word:
            return False
        self.advance()
        return True

    def expect(self, kind: str, said: str) -> Token:
        """Take a token of a kind; its name as the refusal says it."""
        if self.token.kind != kind:
            raise StatementSyntaxError(f"Expected {said}")  # the wording of these is a guess
        return self.advance()

    def listed(self, item: Callable[[], T]) -> tuple[T, ...]:
        """Items between commas, one at least."""
        items = [item()]
        while self.token.kind == ",":
            self.advance()
            items.append(item())
        return tuple(items)

    # Operators

    def expression(self, binding: int = -1) -> tree.Expression:
        """An expression as far as its operators bind more tightly than ``binding``."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise StatementSyntaxError("")
        left = self.prefix()
        count = 0
        while binding < BINDING.get(self.infix_word(), -1):
            left = self.infix(left)
            count += 1
            if count > _LONGEST:
                raise StatementSyntaxError("")
        self.depth -= 1
        return left

    def infix_word(self) -> str:
        word = self.token.word
        return word if word not in ("not", "@") else ""

    def prefix(self) -> tree.Expression:
        token = self.token
        if token.word not in PREFIXES:
            return self.path()
        self.advance()
        if token.text == "not":
            return tree.Prefix("not", self.expression(BINDING["not"]), token.at)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise StatementSyntaxError("")
        operand = self.prefix()
        self.depth -= 1
        if isinstance(operand, tree.Literal) and operand.kind in ("INT", "DECIMAL"):
            return operand if token.text == "+" else _negated(operand)
        return tree.Prefix(token.text, operand, token.at)

    def infix(self, left: tree.Expression) -> tree.Expression:
        token = self.advance()
        word = token.text
        binding = BINDING[word]
        negated = word.startswith("not_") or word == "is_not"
        if word in ("is", "is_not"):
            node: tree.Expression = tree.IsType(left, self.type(), token.at)
        elif word in ("in", "not_in") and self.token.kind == "(" and self.behind().word not in ("select", "values"):
            opening = self.advance()
            values = self.listed(self.expression)
            self.expect(")", "RIGHT_PAREN")
            node = tree.Infix("in", left, tree.Sequence("list", values, opening.at), token.at)
        else:
            right = self.right(binding)
            if word in ("between", "not_between"):
                node = self.between(left, right, token)
            elif word in ("like", "not_like"):
                node = tree.Like(left, right, self.escape(binding), token.at)
            else:
                node = tree.Infix("in" if word == "not_in" else word, left, right, token.at)
        return tree.Prefix("not", node, token.at) if negated else node

    def right(self, binding: int) -> tree.Expression:
        if self.index >= len(self.tokens) - 1:
            raise StatementSyntaxError("Missing right-hand side expression of infix operator")
        return self.expression(binding)

    def between(self, operand: tree.Expression, low: tree.Expression, token: Token) -> tree.Expression:
        if not self.takes("and"):
            raise StatementSyntaxError("Expected AND")
        if self.ended():
            raise StatementSyntaxError("Expected expression after AND")
        return tree.Between(operand, low, self.expression(BINDING["between"]), token.at)

    def escape(self, binding: int) -> tree.Expression | None:
        if not self.takes("escape"):
            return None
        if self.ended():
            raise StatementSyntaxError("Expected expression after ESCAPE")
        return self.expression(binding)

    def ended(self) -> bool:
        """Whether nothing follows but a semicolon."""
        return self.token.kind == "end" or (self.token.kind == ";" and self.behind().kind == "end")

    def type(self) -> str:
        if self.token.word not in TYPES:
            raise StatementSyntaxError("Expected type name")
        return self.advance().text

    # Paths

    def path(self) -> tree.Expression:
        """A term and what is behind it in dots and brackets."""
        root = self.term()
        steps = self.steps(simple=False)
        return tree.Path(root, steps, root.at) if steps else root

    def simple_path(self) -> tree.Expression:
        """A path that begins with a name, as the target of an assignment."""
        token = self.token
        if token.kind != "name":
            raise StatementSyntaxError("Expected identifier for simple path")
        root = tree.Name(self.advance().text, token.at)
        steps = self.steps(simple=True)
        return tree.Path(root, steps, token.at) if steps else root

    def steps(self, simple: bool) -> tuple[tree.Step, ...]:
        steps: list[tree.Step] = []
        while self.token.kind in (".", "["):
            bracket = self.advance().kind == "["
            steps.append(self.in_brackets(simple) if bracket else self.behind_dot(simple))
        return tuple(steps)

    def behind_dot(self, simple: bool) -> tree.Step:
        token = self.token
        if token.kind == "name":
            return tree.Literal("STRING", self.advance().text, token.at)
        if token.text == "*" and token.kind == "operator":
            if simple:
                raise StatementSyntaxError("Invalid path dot component for simple path")
            self.advance()
            return tree.Wild(".*", token.at)
        raise StatementSyntaxError("Invalid path dot component")

    def in_brackets(self, simple: bool) -> tree.Step:
        token = self.token
        step: tree.Step
        if token.word == "*":
            self.advance()
            step = tree.Wild("[*]", token.at)
        else:
            step = self.expression()
        self.expect("]", "RIGHT_BRACKET")
        if simple and not isinstance(step, (tree.Literal, tree.Name, tree.Missing)):
            raise StatementSyntaxError("Invalid path component for simple path")
        return step

    # Terms

    def term(self) -> tree.Expression:
        token = self.token
        made = _TERMS.get(token.kind)
        if made is None:
            raise StatementSyntaxError("Unexpected term")
        return made(self, token)

    def operator_term(self, token: Token) -> tree.Expression:
        if token.text == "*":  # no operator where a term begins, and none that could begin one
            raise StatementSyntaxError("Unexpected term")
        if token.text != "@":
            raise StatementSyntaxError("Unexpected operator")
        if self.behind().kind != "name":
            raise StatementSyntaxError("Identifier must follow @-operator")
        self.advance()
        return tree.Prefix("@", tree.Name(self.advance().text, self.tokens[self.index - 1].at), token.at)

    def keyword_term(self, token: Token) -> tree.Expression:
        word = token.text
        if word in ("true", "false"):
            self.advance()
            return tree.Literal("BOOL", word, token.at)
        if word == "null":
            self.advance()
            return tree.Literal("NULL", "", token.at)
        if word == "missing":
            self.advance()
            return tree.Missing(token.at)
        if word in TERMS:
            return TERMS[word](self)
        if word in FUNCTIONS and self.behind().kind == "(":
            return self.call(token)
        if word in ("as", "at", "by", "asc", "desc", "for"):
            raise StatementSyntaxError("Unexpected term")
        raise StatementSyntaxError("Unexpected keyword")  # CASE, CAST and their like too (a guess)

    def name_term(self, token: Token) -> tree.Expression:
        if self.behind().kind == "(":
            return self.call(token)
        return tree.Name(self.advance().text, token.at)

    def literal_term(self, token: Token) -> tree.Expression:
        self.advance()
        if token.kind == "string":
            return tree.Literal("STRING", token.text, token.at)
        if token.kind == "ion":
            return tree.Literal("ION", token.text, token.at)
        return tree.Literal("INT" if token.text.isdigit() else "DECIMAL", token.text, token.at)

    def parameter_term(self, token: Token) -> tree.Expression:
        self.advance()
        self.parameters += 1
        return tree.Parameter(self.parameters, token.at)

    def group_term(self, token: Token) -> tree.Expression:
        self.advance()
        values = self.listed(self.expression)
        self.expect(")", "RIGHT_PAREN")
        return values[0] if len(values) == 1 else tree.Sequence("list", values, token.at)

    def sequence_term(self, token: Token) -> tree.Expression:
        self.advance()
        kind, closing, said = ("list", "]", "RIGHT_BRACKET") if token.kind == "[" else ("bag", ">>", _CLOSING_BAG)
        values = () if self.token.kind == closing else self.listed(self.expression)
        self.expect(closing, said)
        return tree.Sequence(kind, values, token.at)

    def struct_term(self, token: Token) -> tree.Expression:
        self.advance()
        fields = () if self.token.kind == "}" else self.listed(self.member)
        self.expect("}", "RIGHT_CURLY")
        return tree.Struct(fields, token.at)

    def member(self) -> tuple[tree.Expression, tree.Expression]:
        name = self.expression()
        self.expect(":", "COLON")
        return name, self.expression()

    # Functions

    def call(self, token: Token) -> tree.Expression:
        """A function's call, its name being the next token."""
        self.advance()
        self.advance()
        name = token.text.lower()
        if token.kind == "keyword" and name in AGGREGATES:
            return self.aggregate(name, token)
        if self.token.word == "*":
            raise StatementSyntaxError(f"{token.text}(*) is not allowed")
        arguments = () if self.token.kind == ")" else self.listed(self.expression)
        self.expect(")", "RIGHT_PAREN")
        if name in ("list", "bag"):
            return tree.Sequence(name, arguments, token.at)
        return tree.Call(name, arguments, token.at)

    def aggregate(self, name: str, token: Token) -> tree.Expression:
        distinct = self.takes("distinct")
        if not distinct:
            self.takes("all")
        if self.token.word == "*":
            if name != "count" or distinct:
                raise StatementSyntaxError(f"{name.upper()}({'DISTINCT ' if distinct else ''}*) is not supported")
            self.advance()
            self.expect(")", "RIGHT_PAREN")
            return tree.Aggregate(name, None, False, token.at)
        arguments = () if self.token.kind == ")" else self.listed(self.expression)
        self.expect(")", "RIGHT_PAREN")
        if len(arguments) != 1:
            raise StatementSyntaxError("Aggregate functions are always unary")
        return tree.Aggregate(name, arguments[0], distinct, token.at)


def _negated(number: tree.Literal) -> tree.Literal:
    text = number.text[1:] if number.text[0] == "-" else "-" + number.text
    return tree.Literal(number.kind, text, number.at)


_CLOSING_BAG = "RIGHT_DOUBLE_ANGLE_BRACKET"
_TERMS: dict[str, Callable[[Parser, Token], tree.Expression]] = {
    "operator": Parser.operator_term,
    "keyword": Parser.keyword_term,
    "name": Parser.name_term,
    "string": Parser.literal_term,
    "number": Parser.literal_term,
    "ion": Parser.literal_term,
    "parameter": Parser.parameter_term,
    "(": Parser.group_term,
    "[": Parser.sequence_term,
    "<<": Parser.sequence_term,
    "{": Parser.struct_term,
}
