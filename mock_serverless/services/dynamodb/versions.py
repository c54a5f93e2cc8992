"""Snapshots of a store in constant time, and the way back at the cost of what has changed since (Baker's rerooting).

One store exists; versions of it form a tree. The version that the store is in just now has it, every other knows its
neighbour on the way there and what to undo to come from there (Henry G. Baker, "Shallow Binding Makes Functional Arrays
Fast", 1991). Copying a :class:`Versioned` costs nothing: the copy names the same version. The next write makes a new version
for the writer; until the old one is dropped, what it would need to come back is noted. Reading a version the store isn't in
brings the store there first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ReferenceType, ref

from .images import Image, Record
from .schema import Key
from .store import Index, Store
from .vector_indexes import VectorIndex

Undo = tuple[Callable[[Store, Any, Any], Any], Any, Any]
"""A function of the store, and the arguments with which it takes one change back."""


class Version:
    """One state of a store. Either the store is in it (``store``), or ``next`` and ``undo`` lead to it."""

    __slots__ = ("__weakref__", "next", "origin", "shared", "store", "undo")

    def __init__(self, store: Store | None) -> None:
        self.store = store
        self.next: Version | None = None
        self.undo: list[Undo] = []
        self.origin: ReferenceType[Version] | None = None  # the version before, as long as anybody may go back there
        self.shared = False

    def reached(self) -> Store:
        """The store, brought into this version."""
        way: list[Version] = []
        version = self
        while version.store is None:
            way.append(version)
            assert version.next is not None
            version = version.next
        for earlier in reversed(way):
            version.hand_over(earlier)
            version = earlier
        assert self.store is not None
        return self.store

    def hand_over(self, to: Version) -> None:
        """Bring the store from this version to a neighbour."""
        store = self.store
        assert store is not None
        redo = [(change, key, change(store, key, value)) for change, key, value in reversed(to.undo)]
        self.store, self.next, self.undo = None, to, redo
        to.store, to.next, to.undo = store, None, []


class Versioned:
    """A store that can be copied in no time. All changes go through :meth:`replace`, :meth:`set_index`, :meth:`set_vectors`."""

    __slots__ = ("_version",)

    def __init__(self, store: Store) -> None:
        self._version = Version(store)

    @property
    def store(self) -> Store:
        """The store, for reading."""
        version = self._version
        return version.store or version.reached()

    def replace(self, key: Key, image: Image | None, record: Record | None = None) -> Image | None:
        """Put an item or take it away; gives what was there. See :meth:`Store.replace`."""
        version = self._version
        store = version.store or version.reached()
        if version.shared or version.origin is not None:
            old: Image | None = self._noted(Store.replace, key, image, record)
            return old
        return store.replace(key, image, record)

    def set_index(self, name: str, index: Index | None) -> None:
        """Put an index or take it away."""
        self._version.reached()
        self._noted(Store.set_index, name, index)

    def set_vectors(self, name: str, index: VectorIndex | None) -> None:
        """Put a vector index or take it away."""
        self._version.reached()
        self._noted(Store.set_vectors, name, index)

    def _noted(self, change: Callable[..., Any], key: Any, value: Any, *more: Any) -> Any:
        version = self._version
        if version.shared:
            version = self._version = _fork(version)
        assert version.store is not None
        old = change(version.store, key, value, *more)
        origin = version.origin() if version.origin is not None else None
        if origin is None:
            version.origin = None
        else:
            origin.undo.append((change, key, old))
        return old

    def __deepcopy__(self, memo: dict[int, Any]) -> Versioned:
        self._version.shared = True
        copy: Versioned = object.__new__(Versioned)
        copy._version = self._version
        return copy


def _fork(version: Version) -> Version:
    new = Version(version.store)
    version.store, version.next, version.undo = None, new, []
    new.origin = ref(version)
    return new
