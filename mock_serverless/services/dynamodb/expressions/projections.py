"""Projection expressions, and the projections which UPDATED_OLD and UPDATED_NEW are.

The result keeps the structure of the item, with only what the paths name: lists close up to the elements which were asked for
(in the order of their indexes), and what has nothing of what was asked for isn't there. "Projection expressions" of the
developer guide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..values import Item, Value, copy_value
from .lexer import ExpressionSyntaxError
from .parser import parse_projection_text
from .paths import Parts, collision, is_literal, resolve
from .placeholders import Placeholders
from .rules import path_fault, size_fault
from .tree import Path, Projection

# What is wanted below a part: everything (None), or these parts of it.
Wanted = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class ProjectionPlan:
    """All that a text says by itself; ``wanted`` only when it has no placeholders."""

    tree: Projection | None
    fault: str | None
    placeholders: tuple[str, ...] = ()
    parts: tuple[Parts, ...] = ()
    wanted: Wanted | None = None


class BoundProjection:
    """A projection with its names: call it with an item, get a copy of what it asks for."""

    __slots__ = ("paths", "wanted")

    def __init__(self, paths: tuple[Parts, ...], wanted: Wanted | None = None) -> None:
        self.paths = paths
        self.wanted = merged(paths) if wanted is None else wanted

    def __call__(self, item: Item) -> Item:
        return project(item, self.wanted)


@lru_cache(maxsize=1024)
def plan_projection(text: str) -> ProjectionPlan:
    """The plan of a projection (whose fault still lacks the parameter's name)."""
    fault = size_fault(text)
    if fault is not None:
        return ProjectionPlan(None, fault)
    try:
        tree = parse_projection_text(text)
    except ExpressionSyntaxError as error:
        return ProjectionPlan(None, str(error))
    placeholders = placeholders_of(tree.paths)
    fault = path_fault(tree)
    if fault is not None or placeholders:
        return ProjectionPlan(tree, fault, placeholders)
    parts = tuple(path.parts for path in tree.paths)
    fault = collision(parts)
    return ProjectionPlan(tree, fault, (), parts, merged(parts) if fault is None else None)


def bind_projection(plan: ProjectionPlan, placeholders: Placeholders) -> BoundProjection | str:
    """The projection, or the fault which its names make."""
    if plan.wanted is not None:
        return BoundProjection(plan.parts, plan.wanted)
    fault = placeholders.undefined(plan.placeholders)
    if fault is not None:
        return fault
    assert plan.tree is not None
    paths = tuple(resolve(path, placeholders.names) for path in plan.tree.paths)
    return collision(paths) or BoundProjection(paths)


def placeholders_of(paths: Iterable[Path]) -> tuple[str, ...]:
    """The name placeholders of paths, in the order of the text."""
    return tuple(
        part
        for path in paths
        if not is_literal(path)
        for part in path.parts
        if isinstance(part, str) and part[0] == "#"
    )


def merged(paths: Iterable[Parts]) -> Wanted:
    """Paths as a tree. They don't collide."""
    wanted: Wanted = {}
    for path in paths:
        below = wanted
        for part in path[:-1]:
            below = below.setdefault(part, {})
        below[path[-1]] = None
    return wanted


def project(item: Item, wanted: Wanted) -> Item:
    """A copy of what is wanted of an item (or of a map)."""
    out: Item = {}
    for name, below in wanted.items():
        value = item.get(name)
        if value is not None:
            taken = copy_value(value) if below is None else _take(value, below)
            if taken is not None:
                out[name] = taken
    return out


def _take(value: Value, wanted: Wanted) -> Value | None:
    if type(next(iter(wanted))) is str:
        content = value.get("M")
        fields = project(content, wanted) if content is not None else None
        return {"M": fields} if fields else None
    content = value.get("L")
    if content is None:
        return None
    elements = []
    for index in sorted(wanted):
        if index < len(content):
            below = wanted[index]
            taken = copy_value(content[index]) if below is None else _take(content[index], below)
            if taken is not None:
                elements.append(taken)
    return {"L": elements} if elements else None
