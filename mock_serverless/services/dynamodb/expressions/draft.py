"""A new item in the making, which shares with the old one whatever doesn't change.

Containers are copied on the way to what is written, each at most once. Lists keep their positions until the end: elements
behind their end and those to be removed are noted, and appended and dropped when the item is finished.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from ..values import Item, Value, add, difference, refuse, union
from .paths import Parts

NO_SUCH_PATH = "The document path provided in the update expression is invalid for update"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"


class Draft:
    """An item to be; ``finished`` gives it."""

    __slots__ = ("appended", "item", "owned", "removed")

    def __init__(self, item: Item) -> None:
        self.item = item.copy()
        self.owned: dict[int, Any] = {}  # the containers which are copies already, by id
        self.appended: dict[int, dict[int, Value]] = {}  # id of a list: index behind its end: value
        self.removed: dict[int, set[int]] = {}  # id of a list: indexes

    def container(self, path: Parts) -> Any:
        """The map (a dict) or list which holds the last part of a path, ours to change."""
        within: Any = self.item
        for here, further in pairwise(path):
            value = _at(within, here)
            kind = "L" if type(further) is int else "M"
            content = None if value is None else value.get(kind)
            if content is None:
                raise refuse(NO_SUCH_PATH)
            if id(content) not in self.owned:
                content = content.copy()
                self.owned[id(content)] = content
                within[here] = {kind: content}
            within = content
        return within

    def get(self, path: Parts) -> Value | None:
        value: Value | None = _at(self.container(path), path[-1])
        return value

    def put(self, path: Parts, value: Value) -> None:
        container, part = self.container(path), path[-1]
        if type(part) is int and part >= len(container):
            self.appended.setdefault(id(container), {})[part] = value
        else:
            container[part] = value

    def remove(self, path: Parts) -> None:
        container, part = self.container(path), path[-1]
        if type(part) is int:
            self.removed.setdefault(id(container), set()).add(part)
        else:
            container.pop(part, None)

    def finished(self) -> Item:
        for key in (*self.removed, *self.appended):
            elements = self.owned[key]
            gone = self.removed.pop(key, ())
            if gone:
                elements[:] = [element for index, element in enumerate(elements) if index not in gone]
            elements.extend(value for _, value in sorted(self.appended.pop(key, {}).items()))
        return self.item


def _at(within: Any, part: str | int) -> Any:
    if type(part) is int:
        return within[part] if part < len(within) else None
    return within.get(part)


def _add(draft: Draft, path: Parts, value: Value) -> None:
    kind, more = next(iter(value.items()))
    old = draft.get(path)
    if old is None:
        draft.put(path, value)
    elif kind not in old:
        raise refuse(WRONG_TYPE)
    else:
        draft.put(path, {kind: add(old[kind], more) if kind == "N" else union(kind, old[kind], more)})


def _delete(draft: Draft, path: Parts, value: Value) -> None:
    kind, less = next(iter(value.items()))
    old = draft.get(path)
    if old is None:
        return
    if kind not in old:
        raise refuse(WRONG_TYPE)
    left = difference(old[kind], less)
    if left:
        draft.put(path, {kind: left})
    else:
        draft.remove(path)


ACTIONS: dict[str, Callable[[Draft, Parts, Value], None]] = {"ADD": _add, "DELETE": _delete}
