"""Texts that match a regular expression and have a wanted length, both from botocore's models.

hypothesis' ``from_regex`` knows no lengths, and AWS's patterns need them (``[\\w+=,.@-]*``, at least 20 characters). So the
parsed pattern is walked here: what it must have is written, and what is left of a drawn length is shared out to what may
repeat. Look-arounds and boundaries are not understood; a filter at the end takes what happens to fit them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from hypothesis import strategies as st

from ..core.java import python_regex

_parser: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")

MORE = 12
"""So many characters more than needed."""
WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
DIGIT, SPACE = frozenset("0123456789"), frozenset(" \t\n")
ALPHABET = [chr(c) for c in range(0x20, 0x7F)]
FOREIGN = ["é", "中", "\t", "\n"]
CATEGORIES = {"CATEGORY_WORD": WORD, "CATEGORY_DIGIT": DIGIT, "CATEGORY_SPACE": SPACE}


def matching(pattern: str, low: int, high: int | None) -> st.SearchStrategy[str] | None:
    """Texts of ``low`` to ``high`` characters that match a model's pattern; None where that can't be done."""
    try:
        regex = re.compile(python_regex(pattern), re.DOTALL if "(?s)" in pattern else 0)
        parsed = _parser.parse(regex.pattern)
    except re.error:
        return None
    least, most = parsed.getwidth()
    least = max(low, least)
    top = min(least + MORE, int(most), least + MORE if high is None else high)
    if top < least or not _understood(parsed):
        return None

    @st.composite
    def texts(draw: st.DrawFn) -> str:
        return _Writer(draw).sequence(parsed, draw(st.integers(least, top)) - parsed.getwidth()[0])

    return texts().filter(lambda text: low <= len(text) <= (high or len(text)) and regex.fullmatch(text) is not None)


class _Writer:
    """Writes one text; ``spare`` is always how many characters may be written beyond what must."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.groups: dict[int, str] = {}

    def sequence(self, nodes: Any, spare: int) -> str:
        """The nodes one after the other; the last one that can take it gets all that is left of the spare characters."""
        elastic = [i for i, node in enumerate(nodes) if _is_elastic(node)]
        out: list[str] = []
        for i, (op, argument) in enumerate(nodes):
            share = 0
            if i in elastic and spare > 0:
                share = spare if i == elastic[-1] else self.draw(st.integers(0, spare))
            text = _NODES[str(op)](self, op, argument, share)
            spare -= max(0, len(text) - _least(op, argument))
            out.append(text)
        return "".join(out)

    def repeat(self, op: Any, argument: Any, spare: int) -> str:
        """``*``, ``+``, ``{2,5}``."""
        low, high, nodes = argument
        unit = max(1, nodes.getwidth()[0])
        more = min(int(high) - low, spare // unit)
        spare -= more * nodes.getwidth()[0]
        count = low + more
        return "".join(self.sequence(nodes, spare if i == count - 1 else 0) for i in range(count))

    def branch(self, op: Any, argument: Any, spare: int) -> str:
        """``a|b``."""
        branches = argument[1]
        least = min(b.getwidth()[0] for b in branches)
        fitting = [b for b in branches if b.getwidth()[0] <= least + spare]
        chosen = self.draw(st.sampled_from(fitting))
        return self.sequence(chosen, spare - (chosen.getwidth()[0] - least))

    def group(self, op: Any, argument: Any, spare: int) -> str:
        """``( )``."""
        text = self.sequence(argument[-1], spare)
        if argument[0] is not None:
            self.groups[argument[0]] = text
        return text

    def character(self, op: Any, argument: Any, spare: int) -> str:
        """``[a-z]``, ``.``, ``[^/]``."""
        return self.draw(st.sampled_from(_characters(str(op), argument)))


def _is_elastic(node: Any) -> bool:
    op, argument = node
    name = str(op)
    if name in _REPEATS:
        return argument[0] != argument[1] or any(map(_is_elastic, argument[2]))
    if name == "SUBPATTERN":
        return any(map(_is_elastic, argument[-1]))
    return name == "BRANCH"


def _least(op: Any, argument: Any) -> int:
    name = str(op)
    if name in _REPEATS:
        return int(argument[0] * argument[2].getwidth()[0])
    if name == "SUBPATTERN":
        return int(argument[-1].getwidth()[0])
    return min(int(b.getwidth()[0]) for b in argument[1]) if name == "BRANCH" else 1


# ---------------------------------------------------------------------- characters

_made: dict[tuple[str, str], list[str]] = {}


def _characters(name: str, argument: Any) -> list[str]:
    key = (name, repr(argument))
    if key not in _made:
        _made[key] = _chosen(name, argument)
    return _made[key]


def _chosen(name: str, argument: Any) -> list[str]:
    if name == "ANY":
        return ALPHABET + FOREIGN[:2]
    if name == "NOT_LITERAL":
        return [c for c in ALPHABET + FOREIGN[:2] if ord(c) != argument]
    members = [(str(op), value) for op, value in argument]
    negated = members[0][0] == "NEGATE"
    classes = any(op == "CATEGORY" for op, _ in members)
    within = [c for c in ALPHABET + ([] if classes else FOREIGN) if any(_in(c, *m) for m in members) != negated]
    return within or [_first(*m) for m in members if m[0] in ("LITERAL", "RANGE")]


def _in(character: str, op: str, value: Any) -> bool:
    code = ord(character)
    if op == "LITERAL":
        return bool(code == value)
    if op == "RANGE":
        return bool(value[0] <= code <= value[1])
    if op == "CATEGORY":
        category = str(value)
        inside = character in CATEGORIES[category.replace("NOT_", "")]
        return inside != ("NOT_" in category)
    return False


def _first(op: str, value: Any) -> str:
    return chr(value if op == "LITERAL" else value[0])


# ---------------------------------------------------------------------- the kinds of nodes

_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


def _nothing(writer: _Writer, op: Any, argument: Any, spare: int) -> str:
    return ""


_NODES: dict[str, Callable[[_Writer, Any, Any, int], str]] = {
    "LITERAL": lambda writer, op, argument, spare: chr(argument),
    "GROUPREF": lambda writer, op, argument, spare: writer.groups.get(argument, ""),
    "IN": _Writer.character,
    "ANY": _Writer.character,
    "NOT_LITERAL": _Writer.character,
    "BRANCH": _Writer.branch,
    "SUBPATTERN": _Writer.group,
    "AT": _nothing,
    "ASSERT": _nothing,
    "ASSERT_NOT": _nothing,
    **dict.fromkeys(_REPEATS, _Writer.repeat),
}


def _understood(nodes: Any) -> bool:
    for op, argument in nodes:
        name = str(op)
        if name not in _NODES:
            return False
        inner = [argument[2]] if name in _REPEATS else argument[1] if name == "BRANCH" else []
        inner = [argument[-1]] if name == "SUBPATTERN" else inner
        if not all(map(_understood, inner)):
            return False
        if name in ("IN", "NOT_LITERAL") and not _characters(name, argument):
            return False
    return True
