"""Does a value (mostly an answer) fit its shape in botocore's model? (types, required members, no unknown members)"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

NUMBERS = (int, float)
SCALARS: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str),
    "character": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "long": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "float": lambda v: isinstance(v, NUMBERS) and not isinstance(v, bool),
    "double": lambda v: isinstance(v, NUMBERS) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "timestamp": lambda v: isinstance(v, datetime),
    "blob": lambda v: isinstance(v, (bytes, bytearray)) or hasattr(v, "read"),
}


def problems(value: Any, shape: Any, path: str = "") -> list[str]:
    """What is wrong with ``value`` as an instance of botocore's ``shape``; nothing when it fits."""
    if shape is None:
        empty = not value or (isinstance(value, dict) and value.keys() == {"ResponseMetadata"})
        return [] if empty else [f"{path or 'the answer'}: the operation has no output, got {value!r}"]
    kind = shape.type_name
    if kind == "structure":
        return _structure(value, shape, path)
    if kind == "list":
        if not isinstance(value, (list, tuple)):
            return [f"{path}: expected a list, got {value!r}"]
        return [p for i, item in enumerate(value) for p in problems(item, shape.member, f"{path}[{i}]")]
    if kind == "map":
        if not isinstance(value, dict):
            return [f"{path}: expected a map, got {value!r}"]
        keys = [p for k in value for p in problems(k, shape.key, f"a key of {path}")]
        # nulls fit: AWS's answers hold them (recorded: API Gateway's templates), and botocore hands them on as None
        present = [(k, v) for k, v in value.items() if v is not None]
        return keys + [p for k, v in present for p in problems(v, shape.value, f"{path}[{k!r}]")]
    fits = SCALARS.get(kind)
    if fits is not None and not fits(value):
        return [f"{path}: expected a {kind}, got {value!r}"]
    return []


def _structure(value: Any, shape: Any, path: str) -> list[str]:
    if shape.serialization.get("eventstream"):
        return _events(value, shape, path)
    if getattr(shape, "is_document_type", False):
        return []
    return _members(value, shape, path)


def _events(value: Any, shape: Any, path: str) -> list[str]:
    if isinstance(value, dict) or not hasattr(value, "__iter__"):
        return [f"{path}: expected an iterable of events, got {value!r}"]
    if not isinstance(value, (list, tuple)):
        return []  # it can be read only once
    return [p for i, event in enumerate(value) for p in _members(event, shape, f"{path}[{i}]")]


def _members(value: Any, shape: Any, path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path or 'the answer'}: expected a structure, got {value!r}"]
    members = shape.members
    prefix = f"{path}." if path else ""
    found = [f"{prefix}{name}: missing, but required" for name in shape.required_members if name not in value]
    for name, item in value.items():
        if name in members:
            found += problems(item, members[name], prefix + name)
        elif name != "ResponseMetadata" or path:
            found.append(f"{prefix}{name}: no such member; there are {', '.join(members) or 'none'}")
    return found


def known(value: Any, shape: Any) -> Any:
    """An answer without the members which the installed botocore's model doesn't know (they came with later versions)."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {name: known(item, shape.members[name]) for name, item in value.items() if name in shape.members}
    if shape.type_name == "list" and isinstance(value, list):
        return [known(item, shape.member) for item in value]
    return value
