"""The grammar of JsonPath 2.0.0: a path's text becomes a list of tokens.

AWS's messages are those of the Java library JsonPath 2.0.0 of 2015 (https://github.com/json-path/JsonPath): where a newer one
has functions, AWS says "Property ['length()'] not found in path $['list']"
(https://github.com/awsdocs/aws-step-functions-developer-guide/pull/5), and an index beyond an array's end gives null
(https://github.com/floci-io/floci/issues/2870). tests/reference/test_jsonpath.py compares with that version itself. It scans
texts rather loosely; what looks odd here is what it does: names stand in single quotes only and have no escapes, a name after
a dot may hold anything but ``.``, ``[`` and spaces (``sum()`` is a name), brackets count even inside quotes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .filters import Filter, parse_filter


class PathSyntaxError(Exception):
    """The text is no JSONPath."""


class Root(NamedTuple):
    """``$``"""

    def __str__(self) -> str:
        return "$"


class Scan(NamedTuple):
    """``..``"""

    def __str__(self) -> str:
        return ".."


class Wildcard(NamedTuple):
    """``*``"""

    def __str__(self) -> str:
        return "[*]"


class Names(NamedTuple):
    """``.a``, ``['a']``, ``['a','b']``"""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return "[" + ", ".join(f"'{n}'" for n in self.names) + "]"


class Items(NamedTuple):
    """``[0]``, ``[0,1]``, ``[(@.length-1)]``, ``[1:]``, ``[:1]``, ``[1:2]``: which of them, and the numbers."""

    kind: str
    numbers: tuple[int, ...]

    def __str__(self) -> str:
        return f"[{_SHOWN[self.kind].format(*self.numbers, all=','.join(map(str, self.numbers)))}]"


class Select(NamedTuple):
    """``[?(...)]``"""

    filter: Filter

    def __str__(self) -> str:
        return "[?]"


Token = Root | Scan | Wildcard | Names | Items | Select
_SHOWN = {
    "index": "{all}",
    "indices": "{all}",
    "size": "@.size(){0}",
    "from": "{0}:",
    "to": ":{0}",
    "between": "{0}:{1}",
}
_PLACEHOLDER = re.compile(r"\[\s*\?\s*[,\s*?]*?\s*\]")


def tokens(text: str) -> list[Token]:
    """The tokens of a path that begins with ``$`` or ``@``; raises PathSyntaxError."""
    text = text.strip()
    if text.endswith("..") or not text.startswith(("$", "@")) or (len(text) > 1 and text[1] not in ".["):
        raise PathSyntaxError(text)
    try:
        return [_token(fragment) for fragment in _fragments("$" + text[1:])]
    except (ValueError, IndexError):
        raise PathSyntaxError(text) from None


def is_definite(found: list[Token]) -> bool:
    """Does the path name one place?"""
    return all(_definite(t) for t in found)


def _definite(token: Token) -> bool:
    if isinstance(token, Items):
        return token.kind in ("index", "size")
    return isinstance(token, (Root, Names))


def _fragments(text: str) -> list[str]:
    """What a path is cut into; raises IndexError where a text ends too early, ValueError at a space."""
    found = []
    at = 0
    while at < len(text):
        c = text[at]
        if c == " ":
            raise ValueError("Space not allowed in path")
        if c == "$":
            fragment, at = "$", at + 1
        elif c == "[":
            end = _closed(text, at)
            fragment, at = text[at:end], end
        elif c == ".":
            at += 1
            if text[at] == ".":
                fragment, at = "..", at + 1
            else:
                end = _name_end(text, at)
                if end == at:
                    continue
                name = text[at:end]
                fragment, at = "[*]" if name == "*" else f"['{name}']", end
        elif c == "*":
            fragment, at = "[*]", at + 1
        else:
            end = _name_end(text, at)
            fragment, at = f"['{text[at:end]}']", end
        found.append(fragment)
    return found


def _name_end(text: str, at: int) -> int:
    while at < len(text) and text[at] not in ".[ ":
        at += 1
    return at


def _closed(text: str, at: int) -> int:
    """Behind the bracket that closes the one at ``at``; quotes don't count."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"[": 1, "]": -1}.get(text[i], 0)
        if depth == 0:
            return i + 1
    return len(text)


def _token(fragment: str) -> Token:
    simple: dict[str, Token] = {"$": Root(), "..": Scan(), "[*]": Wildcard()}
    if fragment in simple:
        return simple[fragment]
    if _PLACEHOLDER.fullmatch(fragment):
        raise ValueError("the library's placeholder for a filter that is given apart")
    for at, c in enumerate(fragment):
        if c == "?":
            return Select(parse_filter(fragment[slice(*_filter_bounds(fragment, at))]))
        if c == "'":
            return _names(fragment, at)
        if c.isdigit() or c in ":-":
            return _items(fragment, at)
        if c == "@":
            return _size(fragment, at)
    raise ValueError(fragment)


def _filter_bounds(fragment: str, at: int) -> tuple[int, int]:
    start = at
    while fragment[start] != "[":
        start -= 1
    quoted, before, round, square = False, " ", 0, 0
    for i in range(start, len(fragment)):
        c = fragment[i]
        if c == "'":
            quoted = quoted if before == "\\" else not quoted
        elif not quoted:
            round += {"(": 1, ")": -1}.get(c, 0)
            square += {"[": 1, "]": -1}.get(c, 0)
            if c == "]" and round == 0:
                if square:
                    break
                return start, i + 1
        before = c
    raise ValueError("Filter brackets are not balanced")


def _names(fragment: str, at: int) -> Names:
    names: list[str] = []
    name: list[str] | None = None
    while fragment[at] != "]":
        if fragment[at] != "'":
            if name is not None:
                name.append(fragment[at])
        elif name is None:
            name = []
        else:
            names.append("".join(name))
            name = None
        at += 1
    return Names(tuple(names))


def _number(text: str) -> int:
    """As Java's Integer.parseInt: 32 bits."""
    if re.fullmatch(r"[+-]?\d+", text) is None or not -(2**31) <= int(text) < 2**31:
        raise ValueError(text)
    return int(text)


def _digits(fragment: str, at: int) -> tuple[str, int]:
    """A number's text after a colon, without its spaces."""
    start = at
    while fragment[at].isdigit() or fragment[at] in " -":
        at += 1
    return fragment[start:at].replace(" ", ""), at


def _items(fragment: str, at: int) -> Items:
    numbers: list[int] = []
    kind = "index"
    text = ""
    while fragment[at].isdigit() or fragment[at] in ",: -":
        c = fragment[at]
        if c == ":" and not text:
            kind = "to"
            digits, at = _digits(fragment, at + 1)
            numbers.append(_number(digits))
        elif c == ":":
            numbers.append(_number(text))
            text, at = _digits(fragment, at + 1)
            kind = "between" if text else "from"
            if text:
                numbers.append(_number(text))
                text = ""
        elif c == ",":
            numbers.append(_number(text))
            text, kind = "", "indices" if kind == "index" else kind
        elif c != " ":
            text += c
        if fragment[at] == "]":
            break
        at += 1
    if text:
        numbers.append(_number(text))
    if kind == "indices" and len(numbers) == 1:
        kind = "index"
    if kind == "index" and len(numbers) != 1:
        raise ValueError(fragment)
    return Items(kind, tuple(numbers))


def _size(fragment: str, at: int) -> Items:
    """``[(@.length-1)]`` and ``[(@.size()-1)]``"""
    name, rest = fragment[at + 2 :].split("-", 1)
    if re.sub("[ ()]", "", name) not in ("size", "length"):
        raise ValueError(fragment)
    return Items("size", (_number("-" + rest[: rest.index(")")].replace(" ", "")),))
