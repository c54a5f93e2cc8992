"""The loop over a cloud's agenda: what is due is run in the caller's thread, in order, and time passes until the next is due.

It runs at the two ends of the outermost call or request, when the clock is moved, and when the test asks for it
(``settle``). The lock is held while an entry is taken and run; work that runs user code puts it down by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from .agenda import JOBS, Entry
from .errors import InternalError
from .guest import nobody_visiting

if TYPE_CHECKING:
    from ..cloud import Cloud

T = TypeVar("T")
ENDLESS = 1_000_000


class Work:
    """The work for later of one cloud. ``depth.value`` counts the calls and jobs that this thread is in the middle of."""

    __slots__ = ("cloud", "depth")

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.depth = threading.local()

    def run_due(self) -> None:
        """Run what is due, in order, in this thread."""
        cloud = self.cloud
        agenda = cloud.agenda
        if not len(agenda):
            return
        for _ in range(ENDLESS):
            with cloud.lock:
                entry = agenda.pop_due(cloud.clock.timestamp())
                if entry is None:
                    return
                self._run(entry)
        raise InternalError(f"the work that is due never ends; pending are {agenda.entries()[:3]}")

    def _run(self, entry: Entry) -> None:
        cloud = self.cloud
        depth = getattr(self.depth, "value", 0)
        self.depth.value = depth + 1
        before, cloud.serving = cloud.serving, None
        try:
            with nobody_visiting():
                JOBS[entry.kind](entry.scope, **entry.data)
        finally:
            self.depth.value = depth
            cloud.serving = before

    @contextmanager
    def outermost(self) -> Iterator[None]:
        """The body is one request from outside, however many calls it makes: what is due runs when it is over."""
        depth = getattr(self.depth, "value", 0)
        if depth == 0:
            self.run_due()
        self.depth.value = depth + 1
        try:
            yield
        finally:
            self.depth.value = depth
            if depth == 0:
                self.run_due()

    # ------------------------------------------------------------------ time passes

    def next_due(self) -> float | None:
        """When the next entry is due; None when there is none."""
        with self.cloud.lock:
            return self.cloud.agenda.next_due()

    def jump_to_next(self) -> None:
        """Let time pass until the next entry is due, and run it."""
        due = self.next_due()
        if due is not None:  # another thread may have taken it
            self.cloud.clock.jump(due)
        self.run_due()

    def run_until(self, target: float) -> None:
        """Let time pass until ``target``; each entry that is due on the way runs at its own time."""
        while True:
            self.run_due()
            due = self.next_due()
            if due is None or due > target:
                break
            self.cloud.clock.jump(due)
        self.cloud.clock.jump(target)

    def hold(self, look: Callable[[], T | None], seconds: float) -> T | None:
        """See ``Scope.hold``."""
        found = look()
        if getattr(self.depth, "value", 0) > 1:
            return found
        clock = self.cloud.clock
        until = clock.timestamp() + seconds
        while found is None:
            due = self.next_due()
            if due is None or due > until:
                clock.jump(until)
                return None
            clock.jump(due)
            self.run_due()
            found = look()
        return found
