"""Which cloud serves whom.

Each thread has a stack of the clouds that it entered; the top one serves it. A thread which has entered none is served
by the cloud that was entered last in any other thread and is still open.

Tasks of asyncio that run at once take turns in one thread: what one of them has entered serves it, the tasks and threads
that it starts (``asyncio.to_thread``), and nobody else as long as it runs.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..cloud import Cloud

observers: list[Callable[[Cloud], object]] = []
"""Told of each cloud that is entered."""

undoing: list[Callable[[Cloud, int], object]] = []
"""Told of each cloud whose state is about to be undone (restore, scratch, reset), and how many of its calls will be left."""

_own = threading.local()
"""``_own.stack``: the clouds that a thread has entered, each with the task in which it did, if it was in one."""

_inherited: ContextVar[tuple[Cloud, ...]] = ContextVar("mock_serverless", default=())
"""The clouds that were entered in this context, or in one that it is a copy of."""

_all: list[Cloud] = []
_lock = threading.Lock()


def enter(cloud: Cloud) -> int:
    """``cloud`` serves this thread from now on. Gives the number of open clouds."""
    stack = getattr(_own, "stack", None)
    if stack is None:
        stack = _own.stack = []
    stack.append((cloud, _task()))
    _inherited.set((*(c for c in _inherited.get() if not c.closed), cloud))
    for observe in observers:
        observe(cloud)
    with _lock:
        _all.append(cloud)
        return len(_all)


def leave(cloud: Cloud) -> int:
    """The end of it, in whichever thread. Gives the number of clouds that are still open."""
    stack: list[tuple[Cloud, Any]] = getattr(_own, "stack", [])
    _inherited.set(tuple(c for c in _inherited.get() if c is not cloud))
    stack[:] = [entered for entered in stack if entered[0] is not cloud]
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
        if len(_all) > 1:  # in a thread that a task has started, its own
            return next((cloud for cloud in reversed(_inherited.get()) if not cloud.closed), _all[-1])
        return _all[-1]
    except IndexError:  # another thread has just left the last one
        return None


def entered_here() -> Cloud | None:
    """The cloud that the calling thread itself has entered last; that of another task which runs at once doesn't count."""
    stack: list[tuple[Cloud, Any]] | None = getattr(_own, "stack", None)
    while stack:
        cloud, task = stack[-1]
        if not cloud.closed:
            return cloud if task is None or len(stack) == 1 else _of_this_task(stack)
        stack.pop()
    return None


def _of_this_task(stack: list[tuple[Cloud, Any]]) -> Cloud:
    mine = _inherited.get()
    visible = (c for c, task in reversed(stack) if not c.closed and (task is None or c in mine or task.done()))
    return next(visible, stack[-1][0])


def _task() -> Any:
    """The task of asyncio that runs in this thread, if one does."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def open_clouds() -> list[Cloud]:
    """All that are open, in the order in which they were entered."""
    return list(_all)
