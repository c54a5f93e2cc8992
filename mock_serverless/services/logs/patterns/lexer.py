"""The tokens of filter patterns, and what is wrong with them in AWS's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Matcher = Callable[[str], "dict[str, str] | None"]


class PatternError(ValueError):
    """The pattern is none. The message is AWS's."""


INVALID = "Invalid filter pattern"  # reported: https://github.com/aws/aws-toolkit-jetbrains/issues/3219


def invalid_characters(characters: str) -> PatternError:
    """Reported: https://github.com/dougmoscrop/serverless-plugin-log-subscription/issues/47"""
    return PatternError(f"Invalid character(s) in term '{characters}'")


class Token(NamedTuple):
    """``kind``: string, regex, path, word, or the operator itself; ``end`` for the end."""

    kind: str
    text: str


# one part of a path: .name  .*  ['any name']  [0]  [*]
STEP = re.compile(r"\.?\['(?P<quoted>[^']*)'\]|\[(?P<index>\d{1,9}|\*)\]|\.(?P<name>\*|[A-Za-z0-9_-]+)")
_TOKEN = re.compile(
    rf"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<regex>%(?:[^%\\]|\\.)+%)
    | (?P<path>\$(?:{re.sub(r"[?]P<[a-z]+>", "?:", STEP.pattern)})+)
    | (?P<operator>&&|\|\||!=|>=|<=|\.\.\.|[=<>(),])
    | (?P<word>[^\s"%$(),=!<>&|\[\]{{}}]+)
    )""",
    re.VERBOSE | re.DOTALL,
)


def tokens(text: str) -> list[Token]:
    """The tokens of what is inside the braces or brackets, ``end`` last."""
    found: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise invalid_characters(text[position:].split()[0])
        kind = match.lastgroup or ""
        content = match[kind]
        found.append(Token(content if kind == "operator" else kind, content))
        position = match.end()
    return [*found, Token("end", "")]


def unquoted(text: str) -> str:
    """The content of a string token."""
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


# ---------------------------------------------------------------------- regular expressions

MOST_REGEXES = 2
# the page above: alphanumerics, these symbols, these operators; \x.. for all others
_REGEX_PART = re.compile(
    r"[A-Za-z0-9 :_#=@/;,.^$?\[\]{}|*+-]|\\[dDsSwW]|\\x[0-9A-Fa-f]{2}|\\[:_#=@/;,.^$?\[\]{}|*+\\-]"
)


def regex(text: str) -> re.Pattern[str]:
    """The expression between the percent signs."""
    content, position = text[1:-1], 0
    while position < len(content):
        part = _REGEX_PART.match(content, position)
        if part is None:
            raise invalid_characters(content[position : position + 1 + (content[position] == "\\")])
        position = part.end()
    try:
        return re.compile(content, re.ASCII)
    except re.error:
        raise PatternError(INVALID) from None


def check_regexes(found: list[Token]) -> None:
    """At most two in a pattern (the page above); the words are a guess."""
    if sum(token.kind == "regex" for token in found) > MOST_REGEXES:
        raise PatternError(f"A filter pattern can have at most {MOST_REGEXES} regular expressions.")
