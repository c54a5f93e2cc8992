"""Events that are JSON objects: ``{ $.user.id = 1 && ($.items[*].name = "a*" || $.error IS NULL) }``.

A comparison is about texts and numbers: objects, arrays, null, true and false never compare (null and the truth values have IS),
and a member that isn't there compares with nothing, not even with ``!=``. With a wildcard one of the values is enough.
"""

from __future__ import annotations

import json
from typing import Any

from .conditions import COMPARISONS, Condition, Conditions, comparison
from .lexer import INVALID, STEP, Matcher, PatternError, Token, check_regexes, tokens

Path = tuple[str | int, ...]
WILD = "*"
MOST_WILDCARDS = 3
"""Paths with a wildcard in one pattern, each with one (the quotas on the page of the syntax)."""
_IS = {"NULL": None, "TRUE": True, "FALSE": False}


def compile(text: str) -> Matcher:
    """The matcher of a pattern in braces. JSON patterns extract nothing (seen by others against AWS)."""
    if not text.endswith("}"):  # reported: https://github.com/jorgebastida/awslogs/issues/210
        raise PatternError("If a filter pattern starts with '{' it must end with '}'")
    found = tokens(text[1:-1])
    check_regexes(found)
    if sum(WILD in path_of(token) for token in found if token.kind == "path") > MOST_WILDCARDS:
        raise PatternError(INVALID)
    parser = Conditions(found, _single)
    condition = parser.read()
    parser.take("end")

    def matches(message: str) -> dict[str, str] | None:
        document = _document(message)
        return {} if document is not None and condition(document) else None

    return matches


def _document(message: str) -> dict[str, Any] | None:
    if message.lstrip()[:1] != "{":
        return None
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _single(parser: Conditions[Any]) -> Condition[Any]:
    path = path_of(parser.take("path"))
    sign = parser.take()
    if sign == ("word", "IS"):
        word = parser.take("word").text
        if word not in _IS:
            raise PatternError(INVALID)
        wanted = _IS[word]
        return lambda document: any(node is wanted for node in nodes(document, path))
    if sign == ("word", "NOT"):
        if parser.take("word").text != "EXISTS":
            raise PatternError(INVALID)
        return lambda document: not nodes(document, path)
    if sign.kind not in COMPARISONS:
        raise PatternError(INVALID)
    compare = comparison(sign.kind, parser.take())
    return lambda document: any(compare(node) for node in nodes(document, path) if _compares(node))


def _compares(node: Any) -> bool:
    return isinstance(node, (str, int, float)) and not isinstance(node, bool)


def path_of(token: Token) -> Path:
    """The steps of a selector: names, indexes, at most one ``*``."""
    steps: list[str | int] = []
    for step in STEP.finditer(token.text):
        index = step["index"]
        steps.append(int(index) if index and index != WILD else step["quoted"] or step["name"] or WILD)
    if steps.count(WILD) > 1:
        raise PatternError(INVALID)
    return tuple(steps)


def nodes(document: Any, path: Path) -> list[Any]:
    """What is there at a path."""
    there = [document]
    for step in path:
        there = [child for node in there for child in _children(node, step)]
    return there


def _children(node: Any, step: str | int) -> list[Any]:
    if isinstance(node, list):
        if step == WILD:
            return node
        return [node[step]] if isinstance(step, int) and step < len(node) else []
    if not isinstance(node, dict):
        return []
    if step == WILD:
        return list(node.values())
    return [node[step]] if step in node else []
