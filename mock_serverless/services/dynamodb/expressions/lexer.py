"""Expression text to tokens, and how AWS points at a token it can't use.

Tokens as AWS has them: a name starts with a letter, a placeholder is ``#`` or ``:`` and letters, digits, ``_``; a number begins
with 0 only if it is 0 (as AWS's DynamoDB Local has it); any other character is a token of its own, which no rule of the grammar
takes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
    (?P<word>[A-Za-z][A-Za-z0-9_]*)
    | (?P<name>\#[A-Za-z0-9_]+)
    | (?P<value>:[A-Za-z0-9_]+)
    | (?P<number>0|[1-9][0-9]*)
    | (?P<sign><>|<=|>=|[=<>()\[\],.+\-])
    | (?P<other>[^ \t\r\n])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """``kind`` is ``word``, ``name``, ``value``, ``number``, ``other``, ``end``, or the text of a sign or keyword."""

    kind: str
    text: str
    start: int
    end: int


class ExpressionSyntaxError(Exception):
    """The text isn't of the language; the message is AWS's, without the name of the expression."""


def tokens_of(text: str, keywords: frozenset[str]) -> list[Token]:
    """The tokens of a text and an ``end``; words which are keywords (in any case) have their upper case as kind."""
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        word = match[kind]
        if kind == "sign":
            kind = word
        elif kind == "word" and word.upper() in keywords:
            kind = word.upper()
        tokens.append(Token(kind, word, match.start(match.lastgroup or 0), match.end()))
    tokens.append(Token("end", "<EOF>", len(text), len(text)))
    return tokens


def unexpected(text: str, tokens: list[Token], index: int) -> ExpressionSyntaxError:
    """``Syntax error; token: "b", near: "a b c"``: the token between its neighbours, or up to the end of the text."""
    token = tokens[index]
    before = tokens[max(index - 1, 0)]
    after = tokens[min(index + 1, len(tokens) - 1)]
    if token.kind == "end":
        near = text[before.start :] if index else ""
    else:
        near = text[before.start : after.end]
    return ExpressionSyntaxError(f'Syntax error; token: "{token.text}", near: "{near}"')
