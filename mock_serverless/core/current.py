"""Which cloud serves whom.

Each thread has a stack of the clouds that it entered; the top one serves it. A thread which has entered none is served
by the cloud that was entered last in any other thread and is still open.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..cloud import Cloud

observers: list[Callable[[Cloud], object]] = []
"""Told of each cloud that is entered."""

undoing: list[Callable[[Cloud, int], object]] = []
"""Told of each cloud whose state is about to be undone (restore, scratch, reset), and how many of its calls will be left."""

_own = threading.local()
_all: list[Cloud] = []
_lock = threading.Lock()


def enter(cloud: Cloud) -> int:
    """``cloud`` serves this thread from now on. Gives the number of open clouds."""
    stack = getattr(_own, "stack", None)
    if stack is None:
        stack = _own.stack = []
    stack.append(cloud)
    for observe in observers:
        observe(cloud)
    with _lock:
        _all.append(cloud)
        return len(_all)


def leave(cloud: Cloud) -> int:
    """The end of it, in whichever thread. Gives the number of clouds that are still open."""
    stack: list[Any] = getattr(_own, "stack", [])
    if cloud in stack:
        stack.remove(cloud)
    with _lock:
        if cloud in _all:
            _all.remove(cloud)
        return len(_all)


def cloud_of_this_thread() -> Cloud | None:
    """The cloud that serves the calling thread; None when no mock is active."""
    own = entered_here()
    if own is not None or not _all:
        return own
    try:
        return _all[-1]
    except IndexError:  # another thread has just left the last one
        return None


def entered_here() -> Cloud | None:
    """The cloud that the calling thread itself has entered last."""
    stack = getattr(_own, "stack", None)
    while stack:
        if not stack[-1].closed:
            return stack[-1]  # type: ignore[no-any-return]
        stack.pop()
    return None


def open_clouds() -> list[Cloud]:
    """All that are open, in the order in which they were entered."""
    return list(_all)
