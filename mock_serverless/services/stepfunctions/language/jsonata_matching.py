"""Functions that take regular expressions, and regular expressions as functions.

https://docs.jsonata.org/2.0.6/regex: a regular expression is a function that gives its first match in a text. Any other function
which does so may stand in its place. Behaviour and errors are those of the npm package ``jsonata`` 2.0.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jsonata import Functions, JException, Jsonata, Utils

from .engine import NULL, text_of
from .jsonata_registry import function


class Hit(NamedTuple):
    """One match in a text."""

    text: Any
    start: Any
    end: Any
    groups: list[str]


def _hit(found: re.Match[str]) -> Hit:
    return Hit(found.group(), found.start(), found.end(), ["" if g is None else g for g in found.groups()])


class _Two:
    """What the library asks of the signature of a callback: a text and where to begin."""

    def get_min_number_of_args(self) -> int:
        """Arguments that it takes."""
        return 2

    get_number_of_args = get_min_number_of_args


class Matcher(Jsonata.JFunction):  # type: ignore[misc]
    """A regular expression where a function is called."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self.function_name = None
        self.signature = _Two()

    def validate(self, args: Any, context: Any) -> Any:
        """Any arguments will do."""
        return args

    def call(self, input: Any, args: Any) -> Any:
        """The first match in a text, from a place on; nothing where there is none."""
        value, start = args[0], args[1] if len(args) > 1 and isinstance(args[1], int) else 0
        text = "[object Object]" if isinstance(value, dict) else "undefined" if value is None else text_of(value) or ""
        found = self.pattern.search(text, start)
        if found is None:
            return None
        if not found.group():
            raise JException("D1004", -1, found.group())
        return {"match": found.group(), "start": found.start(), "end": found.end(), "groups": _hit(found).groups}


def callback(value: Any) -> Any:
    """A function that is called by another; a regular expression is one."""
    return Matcher(value) if isinstance(value, re.Pattern) else value


@function("type", "<x:s>")
def type_(value: Any) -> Any:
    return "function" if isinstance(value, re.Pattern) else Functions.type(value)


@function("string", "<x-b?:s>")
def string(value: Any, prettily: Any) -> Any:
    return "" if isinstance(value, re.Pattern) else text_of(value, bool(prettily))


def _hits(pattern: Any, text: str, name: str) -> Iterator[Hit]:
    if not isinstance(pattern, re.Pattern):
        yield from _custom(pattern, text, name)
        return
    for found in pattern.finditer(text):
        if not found.group():
            raise JException("D1004", -1, found.group())
        yield _hit(found)


def _custom(matcher: Any, text: str, name: str) -> Iterator[Hit]:
    found = Functions.func_apply(matcher, [text])
    while found not in (None, NULL, False, 0, ""):
        parts = found if isinstance(found, dict) else {}
        following = parts.get("next")
        if not (
            isinstance(parts.get("start"), (int, float))
            or isinstance(parts.get("groups"), list)
            or Utils.is_function(following)
            or Functions.is_lambda(following)
        ):
            raise JException("T1010", -1, name)
        yield Hit(parts.get("match"), parts.get("start"), parts.get("end"), parts.get("groups") or [])
        found = None if following is None else Functions.func_apply(following, [])


@function("match", "<s-f<s:o>n?:a<o>>")
def match(text: Any, pattern: Any, limit: Any) -> Any:
    if text is None:
        return None
    if limit is not None and limit < 0:
        raise JException("D3040", -1, limit)
    found = Utils.create_sequence()
    for hit in _hits(pattern, text, "match"):
        if limit is not None and len(found) >= limit:
            break
        found.append({"match": hit.text, "index": hit.start, "groups": hit.groups})
    return found


@function("split", "<s-(sf)n?:a<s>>")
def split(text: Any, separator: Any, limit: Any) -> Any:
    if text is None:
        return None
    if limit is not None and limit < 0:
        raise JException("D3020", -1, limit)
    if isinstance(separator, str):
        parts = text.split(separator) if separator else list(text)
    else:
        parts, at = [], 0
        for hit in _hits(separator, text, "split"):
            parts.append(text[at : hit.start])
            at = hit.end
        parts.append(text[at:])
    return parts if limit is None else parts[: int(limit)]


@function("replace", "<s-(sf)(sf)n?:s>")
def replace(text: Any, pattern: Any, replacement: Any, limit: Any) -> Any:
    if text is None:
        return None
    if pattern == "":
        raise JException("D3010", -1, pattern)
    if limit is not None and limit < 0:
        raise JException("D3011", -1, limit)
    if isinstance(pattern, str):
        if not isinstance(replacement, str):
            return _replaced_texts(text, pattern, replacement, limit)
        return text.replace(pattern, replacement, -1 if limit is None else int(limit))
    parts, at = [], 0
    for count, hit in enumerate(_hits(pattern, text, "replace")):
        if limit is not None and count >= limit:
            break
        parts += [text[at : hit.start], _replaced(hit, replacement)]
        at = hit.end
    return "".join(parts) + text[at:]


def _replaced_texts(text: str, pattern: str, replacement: Any, limit: Any) -> str:
    parts = text.split(pattern, -1 if limit is None else int(limit))
    whole = parts[0]
    for part in parts[1:]:
        new = Functions.func_apply(replacement, [pattern])
        if not isinstance(new, str):
            raise JException("D3012", -1, new)
        whole += new + part
    return whole


def _replaced(hit: Hit, replacement: Any) -> str:
    if not isinstance(replacement, str):
        new = Functions.func_apply(
            replacement, [{"match": hit.text, "start": hit.start, "end": hit.end, "groups": hit.groups}]
        )
        if not isinstance(new, str):
            raise JException("D3012", -1, new)
        return new
    parts, at = [], 0
    groups = hit.groups
    digits = len(str(len(groups)))
    while (found := replacement.find("$", at)) >= 0:
        parts.append(replacement[at:found])
        at = found + 1
        if replacement.startswith("$", at):
            parts.append("$")
            at += 1
            continue
        width = next((w for w in range(digits, 0, -1) if replacement[at : at + w].isdigit() and len(replacement[at : at + w]) == w
                      and int(replacement[at : at + w]) <= len(groups)), 0)  # fmt: skip
        if width:
            number = int(replacement[at : at + width])
            parts.append(hit.text if number == 0 else groups[number - 1])
            at += width
        elif replacement[at : at + 1].isdigit():
            at += 1  # a group that isn't there is nothing
        else:
            parts.append("$")
    return "".join(parts) + replacement[at:]


@function("contains", "<s-(sf):b>")
def contains(text: Any, token: Any) -> Any:
    if text is None:
        return None
    if isinstance(token, str):
        return token in text
    return next(_hits(token, text, "contains"), None) is not None
