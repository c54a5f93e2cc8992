"""How large an UpdateItem is by its statement, which may not be larger than an item.

In most regions AWS holds two sizes of an UpdateItem against 400 KB: the finished item's, and that of what the statement writes,
with a fixed cost for every action. So the key and whatever is left alone don't count for the second; an action that leaves a
small item may be refused for what it carries. AWS doesn't document it; the costs are those which the parity suite has measured
(limits/itemSizeBySurface, August to October 2026, to the byte).
"""

from __future__ import annotations

from ..sizes import size_of_value
from ..values import SET_MEMBERS, Item, Value, type_of
from .paths import Parts, read, resolve
from .placeholders import Placeholders
from .tree import Action, Arithmetic, Call, Operand, Path, Ref
from .updates import BoundUpdate

BASE = 3
WRITE, TAKE_AWAY = 19, 1
CALLS = {"+": 34, "-": 37, "if_not_exists": 39, "list_append": 37}
TARGET_ELEMENT = 4
OPERAND, OPERAND_ELEMENT = 1, 14

SMALL = 100_000
"""What all that isn't values can cost at most: an expression has 4 KB, and names of attributes that long are counted."""


def may_exceed(update: BoundUpdate, limit: int) -> bool:
    """Whether the charge could be more than so many bytes, at a glance: most updates are small."""
    most = SMALL
    names, values = update.placeholders.names, update.placeholders.values
    for name in update.plan.values:
        for kind, content in values[name].items():
            most += 4 * len(content) if kind == "S" else 40 if kind == "N" else size_of_value({kind: content})
    for name in update.plan.names:
        most += 4 * len(names[name])
    return most > limit


def charge(update: BoundUpdate, item: Item) -> int:
    """The size of an update's statement, held against the old item (empty where there is none)."""
    assert update.plan.tree is not None
    actions = [(clause.keyword, action) for clause in update.plan.tree.clauses for action in clause.actions]
    return BASE + sum(
        _action(keyword, action, path, update.placeholders, item)
        for (keyword, action), path in zip(actions, update.paths, strict=True)
    )


def _action(keyword: str, action: Action, path: Parts, placeholders: Placeholders, item: Item) -> int:
    target = _length(path[0]) + sum(TARGET_ELEMENT + _length(part) for part in path[1:])
    if keyword in ("REMOVE", "DELETE"):
        return TAKE_AWAY + target
    assert action.value is not None
    if keyword == "ADD":
        assert isinstance(action.value, Ref)
        return WRITE + target + _added(placeholders.values[action.value.name], read(item, path))
    return WRITE + target + _operand(action.value, placeholders)


def _added(value: Value, old: Value | None) -> int:
    """Of a set, only the members that are new count."""
    kind = type_of(value)
    if kind not in SET_MEMBERS or old is None or kind not in old:
        return size_of_value(value)
    there = set(old[kind])
    return size_of_value({kind: [member for member in value[kind] if member not in there]})


def _operand(node: Operand | Arithmetic, placeholders: Placeholders) -> int:
    if isinstance(node, Ref):
        return size_of_value(placeholders.values[node.name])
    if isinstance(node, Path):
        return OPERAND + sum(OPERAND_ELEMENT + _length(part) for part in resolve(node, placeholders.names))
    if isinstance(node, Arithmetic):
        return CALLS[node.operator] + _operand(node.left, placeholders) + _operand(node.right, placeholders)
    assert isinstance(node, Call)
    return CALLS[node.name] + sum(_operand(argument, placeholders) for argument in node.arguments)


def _length(part: str | int) -> int:
    """A name's bytes, an index's digits."""
    return len(str(part).encode("utf-8", "surrogatepass"))
