"""Comparisons of a value with a word, a number, a wildcard or a regular expression; && before || between conditions.

A value is a text or a number. Numbers equal texts that say the same number, and are compared with quoted strings by their
text (seen by others against AWS). What order means for values that are no numbers: nothing matches.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from .lexer import INVALID, PatternError, Token, regex, unquoted

Value = str | int | float
Compare = Callable[[Value], bool]
T = TypeVar("T")
Condition = Callable[[T], bool]

COMPARISONS = ("=", "!=", ">", "<", ">=", "<=")
_ORDER = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def comparison(sign: str, right: Token) -> Compare:
    """Does a value compare so? ``!=`` as the opposite of ``=``; PatternError where the two don't go together."""
    if sign in _ORDER:
        if right.kind != "word" or not _NUMBER.fullmatch(right.text):
            raise PatternError(INVALID)
        limit, order = float(right.text), _ORDER[sign]
        return lambda value: (number := number_of(value)) is not None and bool(order(number, limit))
    equal = _equal(right)
    return equal if sign == "=" else lambda value: not equal(value)


def number_of(value: Value) -> float | None:
    """The number that a value is or says."""
    if not isinstance(value, str):
        return float(value)
    return float(value) if _NUMBER.fullmatch(value) else None


def _equal(right: Token) -> Compare:
    if right.kind == "regex":
        expression = regex(right.text)
        return lambda value: expression.search(str(value)) is not None
    if right.kind == "word" and _NUMBER.fullmatch(right.text):
        number = float(right.text)
        return lambda value: number_of(value) == number
    if right.kind not in ("word", "string"):
        raise PatternError(INVALID)
    text = unquoted(right.text) if right.kind == "string" else right.text
    if "*" in text:
        wild = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
        return lambda value: wild.fullmatch(str(value)) is not None
    return lambda value: str(value) == text


class Conditions(Generic[T]):
    """A Pratt parser of conditions: ``single`` reads one, from the parser's ``take`` and ``peek``."""

    def __init__(self, tokens: Iterable[Token], single: Callable[[Conditions[T]], Condition[T]]) -> None:
        self._tokens = list(tokens)
        self._next = 0
        self._single = single

    def peek(self) -> Token:
        """The next token."""
        return self._tokens[self._next]

    def take(self, *kinds: str) -> Token:
        """The next token, taken; PatternError when it is of another kind."""
        token = self._tokens[self._next]
        if kinds and token.kind not in kinds:
            raise PatternError(INVALID)
        self._next += 1
        return token

    def read(self, above: int = 0) -> Condition[T]:
        """Conditions whose operators bind tighter than ``above``: || is 1, && is 2."""
        if self.peek().kind == "(":
            self.take()
            left = self.read()
            self.take(")")
        else:
            left = self._single(self)
        while (power := _POWERS.get(self.peek().kind, 0)) > above:
            sign = self.take().kind
            left = _joined(sign, left, self.read(power))
        return left


_POWERS = {"||": 1, "&&": 2}


def _joined(sign: str, left: Condition[T], right: Condition[T]) -> Condition[T]:
    if sign == "&&":
        return lambda thing: left(thing) and right(thing)
    return lambda thing: left(thing) or right(thing)
