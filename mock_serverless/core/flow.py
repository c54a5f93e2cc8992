"""What a flow is made of: its coroutine, the tasks it has split into, and the record of what came from outside.

How flows are written, and why they can be copied: kernel.py, which knows all flows of a cloud and what they wait for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .kernel import Kernel

FlowFunction = Callable[..., Coroutine[Any, Any, Any]]
FLOWS: dict[str, FlowFunction] = {}


def flow(kind: str) -> Callable[[FlowFunction], FlowFunction]:
    """Register the coroutine function of a kind of flow: ``async def function(flow, scope, **args)``."""

    def register(function: FlowFunction) -> FlowFunction:
        FLOWS[kind] = function
        return function

    return register


class FlowTimeout(Exception):
    """What :meth:`Flow.timeout` guards took longer than it may."""


class FlowCancelled(BaseException):
    """Thrown into a coroutine that is no longer wanted."""


class _Request:
    """What a coroutine yields to the scheduler: the name of one of Flow's ``_on_`` methods and its arguments."""

    __slots__ = ("args", "name")

    def __init__(self, name: str, *args: Any) -> None:
        self.name = name
        self.args = args

    def __await__(self) -> Generator[_Request, Any, Any]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One recorded thing that came from outside: for which task, when, and what."""

    time: float
    task: int
    value: Any
    error: BaseException | None


class _Task:
    __slots__ = ("children", "coroutine", "done", "id", "on_done", "waiting")

    def __init__(self, id: int, coroutine: Coroutine[Any, Any, Any], on_done: Callable[[Any, Any], None]) -> None:
        self.id = id
        self.coroutine = coroutine
        self.on_done = on_done
        self.waiting: tuple[str, Any] | None = None
        self.children: list[_Task] = []
        self.done = False


class Flow:
    """One flow: its coroutine, the tasks it has split into, and the record of what came from outside."""

    def __init__(self, kernel: Kernel, id: int, kind: str, scope: Any, args: dict[str, Any]) -> None:
        self.kernel = kernel
        self.id = id
        self.kind = kind
        self.scope = scope
        self.args = args
        self.record: list[_Outcome] = []
        self.replaying = False
        self._awake = False
        self._tasks: dict[int, _Task] = {}
        self._next_task = 0
        self._now = 0.0
        self._ready: deque[tuple[_Task, Any, BaseException | None]] = deque()
        self._stepping = False
        self._past: deque[_Outcome] = deque()

    # ------------------------------------------------------------------ what a coroutine may wait for

    def now(self) -> float:
        """The virtual time of the current step."""
        return self._now

    def sleep_until(self, timestamp: float) -> _Request:
        """Await: until that virtual time."""
        return _Request("sleep", timestamp)

    def perform(self, function: Callable[[], Any]) -> _Request:
        """Await: call ``function`` now, outside the flow; gives its value or raises its error, in a replay the recorded one."""
        return _Request("perform", function)

    def event(self, key: str) -> _Request:
        """Await: until :meth:`Kernel.deliver` or :meth:`Kernel.fail` is called for the key."""
        return _Request("event", key)

    async def gather(self, coroutines: Sequence[Coroutine[Any, Any, Any]], limit: int | None = None) -> list[Any]:
        """Await all, at most ``limit`` at a time; the first error cancels the others and is raised."""
        if not coroutines:
            return []
        result: list[Any] = await _Request("gather", list(coroutines), limit or len(coroutines))
        return result

    async def timeout(self, coroutine: Coroutine[Any, Any, Any], seconds: float) -> Any:
        """Await ``coroutine``; after ``seconds`` of virtual time cancel it and raise FlowTimeout."""
        return await _Request("timeout", coroutine, seconds)

    # ------------------------------------------------------------------ running

    def begin(self, now: float) -> None:
        """Start the coroutine."""
        self._awake = True
        self._now = now
        self.record.append(_Outcome(now, -1, None, None))
        self._spawn(None, FLOWS[self.kind](self, self.scope, **self.args), self._finished)
        self._run()

    def outcome(self, task_id: int, now: float, value: Any, error: BaseException | None = None) -> None:
        """Something from outside for a task which waits for it."""
        self._wake()
        task = self._tasks.get(task_id)
        if task is None:
            return
        self.record.append(_Outcome(now, task_id, value, error))
        self._now = now
        task.waiting = None
        self._ready.append((task, value, error))
        self._run()

    def cancel(self) -> None:
        """Stop it where it is: its coroutines are closed, what they waited for is forgotten."""
        for task in list(self._tasks.values()):
            self._cancel(task)
        self.kernel.forget(self)

    def _wake(self) -> None:
        """Rebuild the coroutine of a copied flow from its record."""
        if self._awake or not self.record:
            return
        self._awake = self.replaying = True
        first, *rest = self.record
        self._past = deque(rest)
        self._now = first.time
        self._spawn(None, FLOWS[self.kind](self, self.scope, **self.args), self._finished)
        self._run()
        while self._past:
            self._replay(self._past.popleft())
        self.replaying = False

    def _replay(self, past: _Outcome) -> None:
        task = self._tasks[past.task]
        self._now = past.time
        task.waiting = None
        self._ready.append((task, past.value, past.error))
        self._run()

    def _finished(self, value: Any, error: BaseException | None) -> None:
        self.kernel.forget(self)
        if error is not None:
            raise error

    def _spawn(self, parent: _Task | None, coroutine: Any, on_done: Callable[[Any, Any], None]) -> _Task:
        self._next_task += 1
        task = _Task(self._next_task, coroutine, on_done)
        self._tasks[task.id] = task
        if parent is not None:
            parent.children.append(task)
        self._ready.append((task, None, None))
        return task

    def _run(self) -> None:
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._ready:
                task, value, error = self._ready.popleft()
                if not task.done:
                    self._step(task, value, error)
        finally:
            self._stepping = False

    def _step(self, task: _Task, value: Any, error: BaseException | None) -> None:
        try:
            request = task.coroutine.throw(error) if error is not None else task.coroutine.send(value)
        except StopIteration as stop:
            self._end(task)
            task.on_done(stop.value, None)
        except Exception as e:
            self._end(task)
            task.on_done(None, e)
        else:
            getattr(self, "_on_" + request.name)(task, *request.args)

    def _end(self, task: _Task) -> None:
        task.done = True
        self._tasks.pop(task.id, None)

    def _cancel(self, task: _Task) -> None:
        if task.done:
            return
        self._end(task)
        for child in task.children:
            self._cancel(child)
        if task.waiting is not None:
            self.kernel.stop_waiting(*task.waiting)
        try:
            task.coroutine.throw(FlowCancelled())
        except (FlowCancelled, StopIteration):
            pass
        task.coroutine.close()

    # ------------------------------------------------------------------ requests

    def _on_sleep(self, task: _Task, timestamp: float) -> None:
        task.waiting = ("timer", (self.id, task.id))
        if not self.replaying:
            self.kernel.wake_at(timestamp, self, task.id)

    def _on_event(self, task: _Task, key: str) -> None:
        task.waiting = ("event", key)
        if not self.replaying:
            self.kernel.wait_for(key, self, task.id)

    def _on_perform(self, task: _Task, function: Callable[[], Any]) -> None:
        if self.replaying:
            self._perform_again(task)
            return
        value, error = None, None
        self._stepping = False  # the function may come back into this flow, for another of its tasks
        try:
            value = function()
        except Exception as e:
            error = e
        now = self.kernel.clock()
        self._stepping = True
        if task.done:
            return
        self.record.append(_Outcome(now, task.id, value, error))
        self._now = now
        self._ready.appendleft((task, value, error))

    def _perform_again(self, task: _Task) -> None:
        """The call's recorded outcome at once, as it came; before it what reached other tasks while it was made."""
        self._stepping = False
        while self._past and not task.done:
            past = self._past.popleft()
            if past.task == task.id:
                self._now = past.time
                self._ready.appendleft((task, past.value, past.error))
                break
            self._replay(past)
        self._stepping = True

    def _on_gather(self, task: _Task, coroutines: list[Any], limit: int) -> None:
        results: list[Any] = [None] * len(coroutines)
        pending = deque(enumerate(coroutines))
        left = len(coroutines)
        task.children = []

        def start() -> None:
            index, coroutine = pending.popleft()
            self._spawn(task, coroutine, lambda value, error: finished(index, value, error))

        def finished(index: int, value: Any, error: BaseException | None) -> None:
            nonlocal left
            if task.done or left < 0:
                return
            if error is not None:
                left = -1
                for child in task.children:
                    self._cancel(child)
                for _, coroutine in pending:
                    coroutine.close()
                self._ready.append((task, None, error))
                return
            results[index] = value
            left -= 1
            if pending:
                start()
            elif left == 0:
                task.children = []
                self._ready.append((task, results, None))

        for _ in range(min(limit, len(coroutines))):
            start()

    def _on_timeout(self, task: _Task, coroutine: Any, seconds: float) -> None:
        async def alarm() -> None:
            await self.sleep_until(self._now + seconds)

        over = False

        def finish(value: Any, error: BaseException | None) -> None:
            nonlocal over
            if over or task.done:
                return
            over = True
            for child in task.children:
                self._cancel(child)
            task.children = []
            self._ready.append((task, value, error))

        task.children = []
        self._spawn(task, alarm(), lambda value, error: finish(None, error or FlowTimeout(seconds)))
        self._spawn(task, coroutine, finish)

    # ------------------------------------------------------------------ copies

    def copy_for(self, kernel: Kernel) -> Flow:
        """A dormant copy, rebuilt from the record when something comes for it."""
        twin = Flow(kernel, self.id, self.kind, self.scope, self.args)
        twin.record = list(self.record)
        return twin
