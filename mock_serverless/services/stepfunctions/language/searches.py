"""What a path of JsonPath 2.0.0 finds in a value, with its messages.

The reference and its version: path_syntax.py. It is that version with Jackson's trees, whose arrays give null for an index that
is not there: so does AWS. A value that comes out of an array is a node still, which messages show as JSON (``"x"``); one that
comes out of an object is bare (``x``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .filters import Broken, Operand, accepts, json_shown, shown
from .path_syntax import Items, Names, Root, Scan, Select, Token, Wildcard, is_definite


class NotFound(LookupError):
    """A path leads nowhere in this value."""


class Inapplicable(Exception):
    """A path can't be asked of this value at all; no filter and no wildcard passes over that."""


class Gone:
    """What stands for the element of an array at an index that is not there."""


GONE = Gone()
Take = Callable[[Any], None]


def search(tokens: list[Token], value: Any) -> Any:
    """The value at the place, or a list of all; GONE for an index that isn't there. Raises NotFound, Inapplicable."""
    run = _Search(tokens, value)
    return run.result(value)


class _Search:
    """One path over one document."""

    def __init__(self, tokens: list[Token], root: Any) -> None:
        self.tokens = tokens
        self.root = root
        self.found: list[Any] = []
        definite = [is_definite(tokens[i:]) for i in range(len(tokens))]
        # of a token: is it definite, and all from the one before it on (the library's own idea of what lies upstream)
        self.upstream = [is_definite([t]) and (i == 0 or definite[i - 1]) for i, t in enumerate(tokens)]
        self.definite = definite[0]

    def result(self, value: Any, node: bool = True) -> Any:
        self.at(0, "", value, node)
        if not self.definite:
            return [None if v is GONE else v for v in self.found]
        if not self.found:
            raise NotFound("No results for path: $" + "".join(map(str, self.tokens[1:])))
        return self.found[0]

    def go_on(self, index: int, path: str, value: Any, node: bool) -> None:
        """A token has found a value: what comes after it?"""
        if index + 1 == len(self.tokens):
            self.found.append(value)
        else:
            self.at(index + 1, path, value, node)

    def at(self, index: int, path: str, value: Any, node: bool) -> None:
        """Apply a token to a value."""
        token = self.tokens[index]
        kind = type(token)
        if kind is Names:
            self.names(index, path, value)
        elif kind is Items:
            self.items(index, path, value, node)
        elif kind is Wildcard:
            self.wildcard(index, path, value)
        elif kind is Select:
            self.select(index, path, value, node)
        elif kind is Scan:
            self.scan(index, path, value)
        else:
            assert kind is Root
            self.go_on(index, "$", value, node)

    def names(self, index: int, path: str, value: Any) -> None:
        names = self.tokens[index].names  # type: ignore[union-attr]
        if not isinstance(value, dict):
            raise NotFound(f"Property {self.tokens[index]} not found in path {path}")
        if len(names) == 1:
            self.member(index, path, value, names[0])
        elif index + 1 < len(self.tokens):
            raise Inapplicable(f"Multi properties can only be used as path leafs: {path}{self.tokens[index]}")
        else:
            self.found.append({n: value[n] for n in names if n in value})

    def member(self, index: int, path: str, value: dict[str, Any], name: str) -> None:
        place = f"{path}['{name}']"
        if name in value:
            self.go_on(index, place, value[name], False)
        elif index + 1 == len(self.tokens):
            raise NotFound(f"No results for path: {place}")
        elif self.upstream[index]:
            raise NotFound(f"Missing property in path {place}")

    def element(self, index: int, path: str, value: list[Any], number: int) -> None:
        there = 0 <= number < len(value)
        self.go_on(index, f"{path}[{number}]", value[number] if there else GONE, True)

    def items(self, index: int, path: str, value: Any, node: bool) -> None:
        token = self.tokens[index]
        assert isinstance(token, Items)
        if value is GONE or (value is None and not node):
            raise NotFound(f"The path {path} is null")
        if not isinstance(value, list):
            raise Inapplicable(f"Filter: {self.rest(index)} can only be applied to arrays. {_context(value, node)}")
        for number in _numbers(token, len(value)):
            self.element(index, path, value, number)

    def wildcard(self, index: int, path: str, value: Any) -> None:
        if isinstance(value, dict):
            for name in value:
                self.member(index, path, value, name)
        elif isinstance(value, list):
            for number in range(len(value)):
                try:
                    self.element(index, path, value, number)
                except NotFound:
                    pass

    def rest(self, index: int) -> str:
        """The path from a token on, as messages show it."""
        return "".join(map(str, self.tokens[index:]))

    def accepts(self, index: int, item: Any) -> bool:
        token = self.tokens[index]
        assert isinstance(token, Select)
        try:
            return accepts(token.filter, item, self.look)
        except Broken as e:
            raise Inapplicable(str(e)) from None

    def look(self, operand: Operand, item: Any) -> Any:
        """The value of a path in a filter."""
        assert operand.path is not None
        run = _Search(list(operand.path), self.root)
        found = run.result(self.root) if operand.of_root else run.result(item, False)
        return None if found is GONE else found

    def select(self, index: int, path: str, value: Any, node: bool) -> None:
        if isinstance(value, dict):
            if self.accepts(index, value):
                self.go_on(index, path, value, node)
        elif isinstance(value, list):
            for number, item in enumerate(value):
                if self.accepts(index, item):
                    self.element(index, path, value, number)
        else:
            raise Inapplicable(f"Filter: {self.rest(index)} can not be applied to primitives. {_context(value, node)}")

    def scan(self, index: int, path: str, value: Any) -> None:
        """The token after ``..``, asked of every object and array."""
        if index + 1 == len(self.tokens):
            raise Inapplicable("Current path token is a leaf")
        if isinstance(value, dict):
            if self.scans(index + 1, value):
                self.at(index + 1, path, value, False)
            for name, item in value.items():
                self.scan(index, f"{path}['{name}']", item)
        elif isinstance(value, list):
            if self.scans(index + 1, value):
                if index + 2 == len(self.tokens):
                    self.at(index + 1, path, value, False)
                else:
                    for number, item in enumerate(value):
                        self.at(index + 2, f"{path}[{number}]", item, False)
            for number, item in enumerate(value):
                self.scan(index, f"{path}[{number}]", item)

    def scans(self, index: int, value: Any) -> bool:
        """Is the token asked of this object or array?"""
        token = self.tokens[index]
        if isinstance(token, Names):
            return isinstance(value, dict) and all(n in value for n in token.names)
        if isinstance(token, Items):
            return isinstance(value, list)
        if isinstance(token, Select):
            return self.accepts(index, value)
        return isinstance(token, Wildcard)


def _context(value: Any, node: bool) -> str:
    return f"Current context is: {'null' if value is GONE else json_shown(value) if node else shown(value)}"


def _numbers(token: Items, length: int) -> list[int]:
    numbers = token.numbers
    if token.kind in ("index", "indices"):
        return list(numbers)
    if token.kind == "size":
        return [length + numbers[0]]
    if token.kind == "from":
        return list(range(max(0, numbers[0] + length if numbers[0] < 0 else numbers[0]), length))
    if token.kind == "to":
        return list(range(min(length, numbers[0] + length if numbers[0] < 0 else numbers[0])))
    return list(range(numbers[0], min(length, numbers[1]))) if length else []
