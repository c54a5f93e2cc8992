"""A small deterministic scheduler in virtual time, for what waits: state machines above all.

A *flow* is an ``async def`` which waits only for what its :class:`Flow` object offers, registered by kind::

    @flow("stepfunctions:execution")
    async def execution(flow, scope, arn):
        await flow.sleep_until(flow.now() + 7 * 86400)
        answer = await flow.perform(lambda: scope.call("lambda", "Invoke", {...}))
        token = await flow.event(f"token:{...}")

    scope.kernel.start("stepfunctions:execution", scope, {"arn": ...})

    await flow.sleep_until(timestamp)     let virtual time pass
    await flow.perform(function)          a call out of the flow, made at once; its outcome is recorded
    await flow.event(key)                 until somebody says kernel.deliver(key, value) or kernel.fail(key, error)
    await flow.gather([coroutines], n)    all of these, at most n at a time; the first error cancels the others
    await flow.timeout(coroutine, secs)   raises FlowTimeout after so many virtual seconds, cancelling it
    flow.now()                            the virtual time of the current step

A flow can be copied although coroutines can't, the way workflow engines do it (event sourcing): every outcome that
came from outside is recorded with its time, and a copy is rebuilt, when it is next needed, by running the coroutine
again over the record. So a flow must be deterministic: whatever isn't comes through these calls, and an effect on
anything that is copied by itself is made only ``if not flow.replaying``. Tasks are stepped depth first in the order in
which they were started; nothing here reads a clock or starts a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .agenda import job
from .flow import Flow


class Kernel:
    """All flows of a cloud, and what they wait for."""

    def __init__(self, clock: Callable[[], float], agenda: Any) -> None:
        self.clock = clock
        self.agenda = agenda
        self._flows: dict[int, Flow] = {}
        self._next_flow = 0
        self._events: dict[str, tuple[int, int]] = {}
        self._timers: dict[tuple[int, int], int] = {}

    def start(self, kind: str, scope: Any, args: dict[str, Any]) -> int:
        """Start a flow as the next due work; gives its id."""
        self._next_flow += 1
        new = Flow(self, self._next_flow, kind, scope, args)
        self._flows[new.id] = new
        self.agenda.put(self.clock(), "kernel:begin", scope, {"flow": new.id})
        return new.id

    def deliver(self, key: str, value: Any) -> bool:
        """Give the task that waits for an event its value; False when none does."""
        return self._resolve(key, value, None)

    def fail(self, key: str, error: Exception) -> bool:
        """Raise an error in the task that waits for an event; False when none does."""
        return self._resolve(key, None, error)

    def cancel(self, flow_id: int) -> bool:
        """Stop a flow; False when it has ended already."""
        running = self._flows.get(flow_id)
        if running is None:
            return False
        running._wake()
        running.cancel()
        return True

    def waits_for(self, key: str) -> bool:
        """Does a task wait for this event?"""
        return key in self._events

    def running(self) -> list[Flow]:
        """The flows that have not ended."""
        return list(self._flows.values())

    # ------------------------------------------------------------------ for Flow

    def wake_at(self, timestamp: float, waiting: Flow, task: int) -> None:
        """Have the agenda wake a task."""
        data = {"flow": waiting.id, "task": task}
        self._timers[waiting.id, task] = self.agenda.put(timestamp, "kernel:wake", waiting.scope, data)

    def wait_for(self, key: str, waiting: Flow, task: int) -> None:
        """Remember who waits for an event."""
        self._events[key] = (waiting.id, task)

    def stop_waiting(self, what: str, which: Any) -> None:
        """A cancelled task waits no longer."""
        if what == "event":
            self._events.pop(which, None)
        elif which in self._timers:
            self.agenda.cancel(self._timers.pop(which))

    def forget(self, ended: Flow) -> None:
        """A flow has ended."""
        self._flows.pop(ended.id, None)

    def begin(self, flow_id: int) -> None:
        """Run a flow's first step."""
        new = self._flows.get(flow_id)
        if new is not None:
            new.begin(self.clock())

    def wake(self, flow_id: int, task: int) -> None:
        """A timer has run out."""
        self._timers.pop((flow_id, task), None)
        sleeper = self._flows.get(flow_id)
        if sleeper is not None:
            sleeper.outcome(task, self.clock(), None)

    def _resolve(self, key: str, value: Any, error: Exception | None) -> bool:
        waiter = self._events.pop(key, None)
        if waiter is None or waiter[0] not in self._flows:
            return False
        self._flows[waiter[0]].outcome(waiter[1], self.clock(), value, error)
        return True

    # ------------------------------------------------------------------ snapshots

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps: dormant copies of all flows and what they wait for."""
        return {
            "flows": {i: f.copy_for(self) for i, f in self._flows.items()},
            "next": self._next_flow,
            "events": dict(self._events),
            "timers": dict(self._timers),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Back to a state given by :meth:`state`, which stays usable."""
        self._flows = {i: f.copy_for(self) for i, f in state["flows"].items()}
        self._next_flow = state["next"]
        self._events = dict(state["events"])
        self._timers = dict(state["timers"])


@job("kernel:begin")
def _begin(scope: Any, flow: int) -> None:
    scope.kernel.begin(flow)


@job("kernel:wake")
def _wake(scope: Any, flow: int, task: int) -> None:
    scope.kernel.wake(flow, task)
