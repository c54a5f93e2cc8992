"""Terms: all that are named, none that are excluded, or any of the optional ones.

``?`` counts only where every term has it: next to other terms AWS ignores what it marks. A term is found anywhere in the
message, also inside a word: the examples of https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TestMetricFilter.html
find ``Exception`` in ``InvalidQueryException``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .lexer import INVALID, Matcher, PatternError, invalid_characters, regex, unquoted

Test = Callable[[str], bool]

_TERM = re.compile(
    r'\s*(?P<mark>[?-]?)(?:(?P<string>"(?:[^"\\]|\\.)*")|(?P<regex>%(?:[^%\\]|\\.)+%)|(?P<word>[^\s"]+))'
)


def compile(text: str) -> Matcher:
    """The matcher of a pattern of terms; an empty one matches everything."""
    required: list[Test] = []
    optional: list[Test] = []
    excluded: list[Test] = []
    lists = {"": required, "?": optional, "-": excluded}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise PatternError(INVALID)
        lists[match["mark"]].append(_test(match))
        position = match.end()
    if required or excluded:
        optional = []

    def matches(message: str) -> dict[str, str] | None:
        found = all(test(message) for test in required) and not any(test(message) for test in excluded)
        return {} if found and (not optional or any(test(message) for test in optional)) else None

    return matches


def _test(match: re.Match[str]) -> Test:
    if match["regex"]:
        expression = regex(match["regex"])
        return lambda message: expression.search(message) is not None
    if match["string"]:
        phrase = unquoted(match["string"])
        if not phrase.strip():  # the page of the syntax: a quoted space matches everything
            return lambda message: True
        return lambda message: phrase in message
    word = match["word"]
    strange = re.search(r"[^\w]+", word)
    if strange is not None:
        raise invalid_characters(strange[0])
    return lambda message: word in message
