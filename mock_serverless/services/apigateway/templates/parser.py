"""A template's text -> nodes.

Velocity has no tokens of its own outside of directives: everything is text up to the next ``$`` or ``#``. So the parser
reads characters; expressions are parsed by precedence (Pratt). Nodes are tuples whose first item is their kind::

    ("text", "...")                       ("set", target, expression)
    ("reference", source, quiet, name, steps, alternative)   ("if", [(condition, block) ...], otherwise)
    ("escaped", "$x", reference)          ("foreach", name, expression, block)
    ("macro", name, parameters, block)    ("call", name, arguments, source)    ("break",) ("stop",)

    ("literal", value) ("string", block) ("list", items) ("map", pairs) ("range", low, high)
    ("not", x) ("minus", x) ("binary", operator, left, right)

A step of a reference is ("get", name), ("method", name, arguments) or ("index", expression).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ....core.errors import NotSupported

Node = tuple[Any, ...]
Block = tuple[Node, ...]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
SPACE = re.compile(r"\s*")
REST_OF_LINE = re.compile(r"[ \t]*\r?\n")
SPECIAL = re.compile(r"\\+[$#]|[$#]")
ESCAPE = re.compile(r"(\\+)([$#])")
DOLLAR = re.compile(r"\$(!?)(\{?)")
NOT = re.compile(r"not\b")
DIRECTIVE = re.compile(r"#(?:\{(\w+)\}|(\w+))")
WORDS = {"or": "||", "and": "&&", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}
OPERATOR = re.compile(r"\|\||&&|==|!=|<=|>=|<|>|\+|-|\*|/|%|(?:or|and|eq|ne|lt|gt|le|ge)\b")
BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
UNARY = 7
NOT_KNOWN = frozenset(
    {"define", "evaluate", "include", "parse"}
)  # directives of Velocity's which would print themselves
REST_IS_ARGUMENTS = re.compile(r"\s*\(")
CONSTANTS = {"true": True, "false": False, "null": None}


class TemplateError(Exception):
    """The template isn't Velocity, or can't be evaluated."""


@lru_cache(maxsize=512)
def parse(text: str) -> Block:
    """The nodes of a template; TemplateError with the line when it is none."""
    parser = _Parser(text)
    block, end = parser.block(())
    assert end is None
    return block


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    # ------------------------------------------------------------------ text and directives

    def block(self, ends: tuple[str, ...]) -> tuple[Block, str | None]:
        """Nodes up to one of the directives ``ends``, which is taken and given back."""
        nodes: list[Node] = []
        while self.at < len(self.text):
            start = self._next_special()
            if start > self.at:
                nodes.append(("text", self.text[self.at : start]))
                self.at = start
            if self.at >= len(self.text):
                break
            end = self._one(nodes, ends)
            if end is not None:
                return tuple(nodes), end
        if ends:
            raise self._error(f"#{ends[-1]} is missing")
        return tuple(nodes), None

    def _next_special(self) -> int:
        found = SPECIAL.search(self.text, self.at)
        return found.start() if found else len(self.text)

    def _one(self, nodes: list[Node], ends: tuple[str, ...]) -> str | None:
        text, at = self.text, self.at
        if text[at] == "\\":
            self._escape(nodes)
        elif text[at] == "$":
            self._dollar(nodes)
        elif text.startswith("##", at):
            end = text.find("\n", at)
            self.at = len(text) if end < 0 else end + 1
        elif text.startswith("#*", at):
            end = text.find("*#", at + 2)
            self.at = len(text) if end < 0 else end + 2
        elif text.startswith("#[[", at):
            end = text.find("]]#", at)
            if end < 0:
                raise self._error("]]# is missing")
            nodes.append(("text", text[at + 3 : end]))
            self.at = end + 3
        else:
            return self._directive(nodes, ends)
        return None

    def _escape(self, nodes: list[Node]) -> None:
        match = ESCAPE.match(self.text, self.at)
        assert match is not None
        slashes, self.at = len(match.group(1)), match.end(1)
        nodes.append(("text", "\\" * (slashes // 2)))
        if slashes % 2 == 0:
            return
        if match.group(2) == "#":
            nodes.append(("text", "#"))
            self.at += 1
            return
        found: list[Node] = []
        self._dollar(found)
        node = found[0]
        nodes.append(("escaped", node[1], node) if node[0] == "reference" else ("text", "\\" + node[1]))

    def _dollar(self, nodes: list[Node]) -> None:
        start = self.at
        reference = self._reference()
        if reference is None:
            self.at = start + 1
            nodes.append(("text", "$"))
        else:
            nodes.append(reference)

    def _directive(self, nodes: list[Node], ends: tuple[str, ...]) -> str | None:
        match = DIRECTIVE.match(self.text, self.at)
        word = (match.group(1) or match.group(2)) if match else ""
        if match is None:
            nodes.append(("text", "#"))
            self.at += 1
            return None
        start, self.at = self.at, match.end()
        if word in NOT_KNOWN and REST_IS_ARGUMENTS.match(self.text, self.at):
            raise NotSupported(f"#{word} in a mapping template is not implemented by mock_serverless; write it out")
        if word in ends:
            if word != "elseif":
                self._line_end()
            return word
        if word in ("set", "if", "foreach", "macro"):
            nodes.append(getattr(self, f"_{word}")())
        elif word in ("break", "stop", "return"):
            nodes.append(("break",) if word == "break" else ("stop",))
        elif self.text.startswith("(", self.at):
            arguments = self._arguments(commas=False)
            nodes.append(("call", word, arguments, self.text[start : self.at]))
        else:
            nodes.append(("text", self.text[start : self.at]))
        return None

    def _set(self) -> Node:
        self._expect("(")
        self._space()
        target = self._reference()
        if target is None:
            raise self._error("a reference is missing in #set")
        self._expect("=")
        value = self._expression()
        self._expect(")")
        self._line_end()
        return ("set", target, value)

    def _if(self) -> Node:
        branches = []
        otherwise: Block = ()
        end: str | None = "elseif"
        while end == "elseif":
            condition = self._parenthesized()
            self._line_end()
            block, end = self.block(("elseif", "else", "end"))
            branches.append((condition, block))
        if end == "else":
            otherwise, end = self.block(("end",))
        return ("if", tuple(branches), otherwise)

    def _foreach(self) -> Node:
        self._expect("(")
        self._expect("$")
        braces = self.text.startswith("{", self.at)
        self.at += braces
        name = self._name()
        if braces:
            self._expect("}")
        self._space()
        if self._name() != "in":
            raise self._error("'in' is missing in #foreach")
        value = self._expression()
        self._expect(")")
        self._line_end()
        block, _ = self.block(("end",))
        return ("foreach", name, value, block)

    def _macro(self) -> Node:
        self._expect("(")
        self._space()
        name = self._name()
        parameters = []
        while not self._take(")"):
            self._take(",")
            self._expect("$")
            parameters.append(self._name())
        self._line_end()
        block, _ = self.block(("end",))
        return ("macro", name, tuple(parameters), block)

    def _line_end(self) -> None:
        match = REST_OF_LINE.match(self.text, self.at)
        if match:
            self.at = match.end()

    # ------------------------------------------------------------------ references

    def _reference(self) -> Node | None:
        """The reference at a ``$``; None when it is just a dollar."""
        start = self.at
        match = DOLLAR.match(self.text, self.at)
        if match is None:
            return None
        quiet, brace = bool(match.group(1)), bool(match.group(2))
        self.at = match.end()
        name = NAME.match(self.text, self.at)
        if name is None:
            self.at = start
            return None
        self.at = name.end()
        steps = self._steps()
        alternative = None
        if brace:
            if self._take("|"):
                alternative = self._expression()
            if not self._take("}"):
                self.at = start
                return None
        return ("reference", self.text[start : self.at], quiet, name.group(), steps, alternative)

    def _steps(self) -> tuple[Node, ...]:
        steps: list[Node] = []
        while True:
            if self.text.startswith("[", self.at):
                self.at += 1
                steps.append(("index", self._expression()))
                self._expect("]")
                continue
            name = NAME.match(self.text, self.at + 1) if self.text.startswith(".", self.at) else None
            if name is None:
                return tuple(steps)
            self.at = name.end()
            if self.text.startswith("(", self.at):
                steps.append(("method", name.group(), self._arguments(commas=True)))
            else:
                steps.append(("get", name.group()))

    def _arguments(self, commas: bool) -> tuple[Node, ...]:
        """Arguments in parentheses: of a method with commas, of a macro also without."""
        self._expect("(")
        arguments: list[Node] = []
        while not self._take(")"):
            if arguments and not self._take(",") and commas:
                raise self._error("',' or ')' is missing")
            arguments.append(self._expression())
        return tuple(arguments)

    # ------------------------------------------------------------------ expressions

    def _parenthesized(self) -> Node:
        self._expect("(")
        value = self._expression()
        self._expect(")")
        return value

    def _expression(self, least: int = 0) -> Node:
        left = self._operand()
        while True:
            self._space()
            match = OPERATOR.match(self.text, self.at)
            operator = WORDS.get(match.group(), match.group()) if match else ""
            if match is None or BINDING[operator] <= least:
                return left
            self.at = match.end()
            left = ("binary", operator, left, self._expression(BINDING[operator]))

    def _operand(self) -> Node:
        self._space()
        text, at = self.text, self.at
        char = text[at : at + 1]
        if char == "$":
            reference = self._reference()
            if reference is None:
                raise self._error("a reference is expected")
            return reference
        if char in ("'", '"'):
            return self._string(char)
        if char == "(":
            return self._parenthesized()
        if char == "[":
            return self._list()
        if char == "{":
            return self._map()
        if char == "!" or NOT.match(text, at):
            self.at += 1 if char == "!" else 3
            return ("not", self._expression(UNARY))
        if char == "-":
            self.at += 1
            return ("minus", self._expression(UNARY))
        return self._constant()

    def _constant(self) -> Node:
        number = NUMBER.match(self.text, self.at)
        if number:
            literal = number.group()
            self.at = number.end()
            return ("literal", int(literal) if literal.isdigit() else float(literal))
        name = NAME.match(self.text, self.at)
        if name and name.group() in CONSTANTS:
            self.at = name.end()
            return ("literal", CONSTANTS[name.group()])
        raise self._error("a value is expected")

    def _string(self, quote: str) -> Node:
        """Single-quoted as it is; double-quoted is itself a template. A doubled quote stands for one."""
        at = self.at + 1
        while True:
            end = self.text.find(quote, at)
            if end < 0:
                raise self._error("the end of a string is missing")
            if not self.text.startswith(quote * 2, end):
                break
            at = end + 2
        content = self.text[self.at + 1 : end].replace(quote * 2, quote)
        self.at = end + 1
        if quote == "'" or ("$" not in content and "#" not in content):
            return ("literal", content)
        return ("string", parse(content))

    def _list(self) -> Node:
        self._expect("[")
        items: list[Node] = []
        while not self._take("]"):
            if items and not self._take(","):
                if len(items) == 1 and self._take(".."):
                    high = self._expression()
                    self._expect("]")
                    return ("range", items[0], high)
                raise self._error("',' or ']' is missing")
            items.append(self._expression())
        return ("list", tuple(items))

    def _map(self) -> Node:
        self._expect("{")
        pairs: list[tuple[Node, Node]] = []
        while not self._take("}"):
            if pairs and not self._take(","):
                raise self._error("',' or '}' is missing")
            key = self._expression()
            self._expect(":")
            pairs.append((key, self._expression()))
        return ("map", tuple(pairs))

    # ------------------------------------------------------------------ characters

    def _space(self) -> None:
        match = SPACE.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def _take(self, what: str) -> bool:
        self._space()
        if self.text.startswith(what, self.at):
            self.at += len(what)
            return True
        return False

    def _expect(self, what: str) -> None:
        if not self._take(what):
            raise self._error(f"{what!r} is missing")

    def _name(self) -> str:
        match = NAME.match(self.text, self.at)
        if match is None:
            raise self._error("a name is missing")
        self.at = match.end()
        return match.group()

    def _error(self, problem: str) -> TemplateError:
        before = self.text[: self.at]
        line, column = before.count("\n") + 1, self.at - before.rfind("\n")
        return TemplateError(f"{problem} at line {line}, column {column}: {self.text[self.at : self.at + 30]!r}")
