"""A statement's text to tokens, each with its place: line, column and length, which refusals point to.

Comments are whitespace, a quote in quotes is doubled, keywords of several words are one token. What isn't a token at all makes
the whole statement unreadable, and AWS says nothing about why (recorded).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .keywords import KEYWORDS, MOST_TOGETHER, OPERATORS, TOGETHER, TYPE_NAMES

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\v\f]+ | --[^\r\n]* | /\*(?:[^*]|\*(?!/))*\*/)
    | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<ion>`[^`]*`)
    | (?P<sign><<|>>|<=|<>|>=|!=|\|\||[-()\[\]{}:,*;?.<>=+%@]|/(?!\*))
    """,
    re.VERBOSE | re.ASCII,
)
_EXPONENT = re.compile(r"(?:[0-9]*)(?:\.([0-9]*))?[eE]([+-]?[0-9]+)", re.ASCII)
_LEAST, _GREATEST = -(2**31), 2**31 - 1


@dataclass(frozen=True, slots=True)
class At:
    """Where something stands, as refusals show it: ``1:27:2``. All places are equal."""

    line: int = field(compare=False)
    column: int = field(compare=False)
    length: int = field(compare=False)

    def __str__(self) -> str:
        return f"{self.line}:{self.column}:{self.length}"


NOWHERE = At(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: ``name``, ``string``, ``number``, ``ion``, ``parameter``, ``keyword``, ``operator``, ``end``, or a sign itself.

    ``text`` is a name or string without its quotes, a keyword or operator in lower case.
    """

    kind: str
    text: str
    at: At

    @property
    def word(self) -> str:
        """The keyword or operator; "" for what is none."""
        return self.text if self.kind in ("keyword", "operator") else ""


class StatementSyntaxError(Exception):
    """The text is no statement; the message is what AWS says behind ``Statement wasn't well formed, can't be processed: ``."""


def tokens_of(text: str) -> list[Token]:
    """The tokens of a statement, an ``end`` last."""
    tokens: list[Token] = []
    position, line, start = 0, 1, 0  # start: where the line starts
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise StatementSyntaxError("")
        kind, source = match.lastgroup or "", match.group()
        if kind == "number" and text[match.end() : match.end() + 1] in ("e", "E") and "e" not in source.lower():
            raise StatementSyntaxError("")  # an exponent without digits
        if kind != "space":
            _add(tokens, _token(kind, source, At(line, position - start + 1, len(source))))
        breaks = source.count("\n") if kind in ("space", "string", "quoted") else 0
        if breaks:
            line += breaks
            start = position + source.rindex("\n") + 1
        position = match.end()
    tokens.append(Token("end", "", At(line, position - start + 1, 0)))
    return tokens


def _token(kind: str, source: str, at: At) -> Token:
    if kind == "word":
        lower = source.lower()
        if lower not in KEYWORDS:
            return Token("name", source, at)
        return Token("operator" if lower in OPERATORS else "keyword", TYPE_NAMES.get(lower, lower), at)
    if kind == "quoted":
        return Token("name", source[1:-1].replace('""', '"'), at)
    if kind == "string":
        return Token("string", source[1:-1].replace("''", "'"), at)
    if kind == "number":
        return Token(kind, _number(source), at)
    if kind == "ion":
        return Token(kind, source[1:-1], at)
    if source == "?":
        return Token("parameter", source, at)
    operator = "<>" if source == "!=" else source
    return Token("operator" if operator in OPERATORS else operator, operator, at)


def _number(source: str) -> str:
    """A number whose scale fits 32 bits, as Java's BigDecimal has it (recorded)."""
    match = _EXPONENT.fullmatch(source)
    if match is not None:
        exponent = int(match[2])
        scale = len(match[1] or "") - exponent
        if not (_LEAST <= exponent <= _GREATEST and _LEAST <= scale <= _GREATEST):
            raise StatementSyntaxError("")
    return source


def _add(tokens: list[Token], token: Token) -> None:
    """Add a token, or make it one with those before it."""
    for count in range(MOST_TOGETHER, 1, -1):
        before = tokens[1 - count :]
        if len(before) != count - 1 or not token.word:
            continue
        name = TOGETHER.get((*(t.word for t in before), token.word))
        if name is not None:
            del tokens[1 - count :]
            tokens.append(Token("operator" if name in OPERATORS else "keyword", name, before[0].at))
            return
    tokens.append(token)
