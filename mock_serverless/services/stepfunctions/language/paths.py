"""JSONPath: ``$.a.b[0]``, ``$$.Execution.Id``, ``$variable.member``.

The grammar is in path_syntax.py, what a path finds in searches.py. A reference path
(https://states-language.net/#ref-paths) names one place and is walked here. A path that may name several places gives an
array, empty where nothing is there (recorded); a path that names one place fails where nothing is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import path_syntax
from .path_syntax import Items, Names, PathSyntaxError, Root, Token
from .searches import GONE, Inapplicable, NotFound, search

__all__ = ["Beyond", "Inapplicable", "NotFound", "Path", "PathSyntaxError", "compile"]
_HEAD = re.compile(r"\$\$|\$(?:(?!\d)\w+)?")
Step = str | int


class Beyond(NotFound):
    """The path ends at an index that its array does not have: where a template asks, that is null."""


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path. ``source`` is ``$`` (the data), ``$$`` (the context object), or a variable's name.

    ``steps`` are those of a path that names one place by names and indices, else None.
    """

    text: str
    source: str
    tokens: tuple[Token, ...]
    steps: tuple[Step, ...] | None

    @property
    def is_reference(self) -> bool:
        """Does it name exactly one place?"""
        return self.steps is not None

    def find(self, value: Any) -> Any:
        """What is there; raises NotFound, Inapplicable."""
        if self.steps is None:
            return self.search(value)
        found = value
        for step in self.steps:
            kind = type(found)
            there = type(step) is str and step in found if kind is dict else kind is list and _has(found, step)
            if not there:
                return self.search(value)
            found = found[step]
        return found

    def search(self, value: Any) -> Any:
        """The same by all rules of the grammar."""
        found = search(list(self.tokens), value)
        if found is GONE:
            raise Beyond(f"No results for path: {''.join(map(str, self.tokens))}")
        return found


def _has(items: list[Any], step: Step) -> bool:
    return type(step) is int and 0 <= step < len(items)


@lru_cache(maxsize=8192)
def compile(text: str) -> Path:
    """The path of a text; raises PathSyntaxError."""
    head = _HEAD.match(text)
    if head is None:
        raise PathSyntaxError(text)
    source = head.group()
    tokens = tuple(path_syntax.tokens("$" + text[head.end() :]))
    return Path(text, source if source in ("$", "$$") else source[1:], tokens, _steps(tokens))


def _steps(tokens: tuple[Token, ...]) -> tuple[Step, ...] | None:
    steps: list[Step] = []
    for token in tokens[1:]:
        if isinstance(token, Names) and len(token.names) == 1:
            steps.append(token.names[0])
        elif isinstance(token, Items) and token.kind == "index":
            steps.append(token.numbers[0])
        elif not isinstance(token, Root):
            return None
    return tuple(steps)
