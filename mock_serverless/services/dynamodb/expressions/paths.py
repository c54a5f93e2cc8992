"""Document paths: resolving their placeholders, reading along them, showing them, and when two of them collide.

"Referring to item attributes when using expressions" of the developer guide; the collisions' wording as the service has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..values import Item, Value
from .tree import Path

Parts = tuple[str | int, ...]
Names = Mapping[str, str]


def resolve(path: Path, names: Names) -> Parts:
    """A path's parts with the placeholders' names filled in (they are defined: that was checked before)."""
    return tuple([names[part] if type(part) is str and part[0] == "#" else part for part in path.parts])


def is_literal(path: Path) -> bool:
    """Whether a path has no placeholders."""
    return not any(type(part) is str and part[0] == "#" for part in path.parts)


def shown(parts: Parts) -> str:
    """``[a, [0], b]``, as errors show a path."""
    return "[" + ", ".join(f"[{part}]" if type(part) is int else str(part) for part in parts) + "]"


def read(item: Item, parts: Parts) -> Value | None:
    """What is at a path of an item; None if nothing is."""
    value = item.get(parts[0])  # type: ignore[arg-type]
    for part in parts[1:]:
        if value is None:
            return None
        value = step(value, part)
    return value


def step(value: Value, part: str | int) -> Value | None:
    """One part further into a document."""
    content: Any
    if type(part) is int:
        content = value.get("L")
        return content[part] if content is not None and part < len(content) else None
    content = value.get("M")
    return content.get(part) if content is not None else None


def reader(path: Path) -> Callable[[Item, Names], Value | None]:
    """A function of (item, names) which reads a path, as short as the path allows."""
    head = path.parts[0]
    assert isinstance(head, str)
    if len(path.parts) == 1:
        if head[0] == "#":
            return lambda item, names: item.get(names[head])
        return lambda item, names: item.get(head)
    if is_literal(path):
        parts = path.parts
        return lambda item, names: read(item, parts)
    return lambda item, names: read(item, resolve(path, names))


def collision(paths: Iterable[Parts]) -> str | None:
    """The refusal of paths which can't stand together: one within another, or one document as map and as list.

    An overlap anywhere counts before a conflict.
    """
    conflict = None
    by_head: dict[str | int, list[Parts]] = {}
    for path in paths:
        for earlier in by_head.setdefault(path[0], []):
            kind = _collide(earlier, path)
            if kind is None:
                continue
            refusal = (
                f"Two document paths {kind} with each other; must remove or rewrite one of these paths; "
                f"path one: {shown(earlier)}, path two: {shown(path)}"
            )
            if kind == "overlap":
                return refusal
            conflict = conflict or refusal
        by_head[path[0]].append(path)
    return conflict


def _collide(one: Parts, two: Parts) -> str | None:
    for a, b in zip(one, two, strict=False):
        if type(a) is not type(b):
            return "conflict"
        if a != b:
            return None
    return "overlap"
