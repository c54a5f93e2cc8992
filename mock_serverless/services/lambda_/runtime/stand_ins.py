"""Functions of Python's own which others stand in for while any function runs (machine.py, storage.py).

What stands in looks at the place of the guest that asks (core/guest.py). Which the real functions are is found out when they are
replaced: what a test has put in their place (a patch, a fake file system) stays there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType
from typing import Any

Table = tuple[tuple[Any, str, Callable[..., Any]], ...]
"""Module (or class), name, what stands in. Names that a Python or a system has not are passed over."""

_lock = threading.Lock()
_inside = 0
_real: dict[tuple[str, str], Any] = {}
_replaced: list[tuple[Any, str, Any]] = []


def real(owner: Any, name: str) -> Any:
    """The function itself."""
    found = _real.get((owner.__name__, name))
    return getattr(owner, name) if found is None else found


def by_id(table: Table) -> dict[int, Callable[..., Any]]:
    """What stands in for functions, for names that were bound to them before (``from platform import machine``)."""
    return {id(f): new for owner, name, new in table if _is_pythons(owner, f := _found(owner, name))}


def put_in_place(table: Table) -> None:
    """One more function runs."""
    global _inside
    with _lock:
        _inside += 1
        if _inside > 1:
            return
        for owner, name, new in table:
            current = getattr(owner, name, None)
            if _is_pythons(owner, current):
                _real[owner.__name__, name] = current
                _replaced.append((owner, name, new))
                setattr(owner, name, staticmethod(new) if isinstance(owner, type) else new)


def take_away() -> None:
    """One has ended."""
    global _inside
    with _lock:
        _inside -= 1
        while _inside == 0 and _replaced:
            owner, name, new = _replaced.pop()
            if getattr(owner, name) is new:
                setattr(owner, name, _real[owner.__name__, name])


def _found(owner: Any, name: str) -> Any:
    return _real.get((owner.__name__, name)) or getattr(owner, name, None)


def _is_pythons(owner: Any, function: Any) -> bool:
    """Is it no patch of somebody's?"""
    if isinstance(function, FunctionType):
        return function.__globals__ is vars(owner)
    return isinstance(function, BuiltinFunctionType)
