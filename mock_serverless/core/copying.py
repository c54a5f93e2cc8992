"""Copies at the border: what callers hand in and get back is theirs, what is stored is ours."""

from __future__ import annotations

from typing import Any


def copy_tree(value: Any) -> Any:
    """A copy of nested dicts and lists; everything else is shared (and never changed in place)."""
    kind = type(value)
    if kind is dict:
        copy = value.copy()
        for k, v in value.items():
            if type(v) not in _ATOMS:
                copy[k] = copy_tree(v)
        return copy
    if kind is list:
        return [v if type(v) in _ATOMS else copy_tree(v) for v in value]
    if kind is tuple:
        return [copy_tree(v) for v in value]
    if kind is bytearray:
        return bytes(value)
    if isinstance(value, dict):
        return {k: copy_tree(v) for k, v in value.items()}
    if isinstance(value, (list, set, frozenset)):
        return [copy_tree(v) for v in value]
    return value


_ATOMS = frozenset({str, int, float, bool, bytes, type(None)})
