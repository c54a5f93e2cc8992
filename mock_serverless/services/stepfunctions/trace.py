"""What an execution did, read from its history: the visits of its states, in the order in which they were entered.

A history event names the one before it on its line (``previousEventId``), and that is all that tells to which visit it belongs:
the branches of a Parallel state and the iterations of a Map state are written in between each other.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .events import Event
from .language import Document

IN_PROGRESS, SUCCEEDED, FAILED = "IN_PROGRESS", "SUCCEEDED", "FAILED"
CANCELLED, CAUGHT_ERROR = "CANCELLED", "CAUGHT_ERROR"
WEIGHT = (SUCCEEDED, CANCELLED, CAUGHT_ERROR, FAILED, IN_PROGRESS)
"""What is shown of a state that several iterations have visited: the heaviest of theirs."""
WENT_WRONG = ("Failed", "TimedOut", "Aborted")
OPENS_LINE = frozenset(("ParallelStateStarted", "MapIterationStarted", "MapStateStarted"))


@dataclass(slots=True)
class Attempt:
    """One call of a task: when, which resource with what, and what came of it."""

    time: float
    resource: str
    input: Any = None
    ended: float | None = None
    output: Any = None
    error: str | None = None
    cause: str | None = None


@dataclass(slots=True, eq=False)
class Visit:
    """One visit of a state. ``within`` is the visit of the Parallel or Map state around it, ``iteration`` the Map's index."""

    name: str
    type: str
    entered: float
    input: Any
    within: Visit | None = None
    iteration: int | None = None
    exited: float | None = None
    output: Any = None
    attempts: list[Attempt] = field(default_factory=list)
    lines: int = 0
    failed: bool = False
    error: str | None = None
    cause: str | None = None
    next: str | None = None
    status: str = IN_PROGRESS

    def around(self) -> Iterator[Visit]:
        """The visits of the states around this one, from inside out."""
        outer = self.within
        while outer is not None:
            yield outer
            outer = outer.within


def visits(history: Sequence[Event], status: str) -> list[Visit]:
    """The visits of an execution of that status."""
    reader = _Reader(history)
    for event in history:
        reader.read(event)
    for visit in reader.found:
        if visit.exited is None:
            over = status != "RUNNING" or any(outer.exited is not None for outer in visit.around())
            if over:
                visit.status = FAILED if visit.failed or visit.type == "Fail" else CANCELLED
    return reader.found


def by_name(found: Sequence[Visit]) -> dict[str, str]:
    """The status of each visited state: of its last visit in each iteration, the heaviest."""
    last: dict[tuple[Any, ...], Visit] = {}
    for visit in found:
        line = (visit.iteration, *(outer.iteration for outer in visit.around()))
        last[visit.name, line] = visit
    shown: dict[str, str] = {}
    for visit in last.values():
        shown[visit.name] = max(visit.status, shown.get(visit.name, SUCCEEDED), key=WEIGHT.index)
    return shown


class _Reader:
    """Goes through a history once; ``at`` is the visit that each event belongs to, by its id."""

    def __init__(self, history: Sequence[Event]) -> None:
        self.history = history
        self.at: list[Visit | None] = [None]
        self.index: dict[int, int] = {}  # the iteration that an event opens
        self.found: list[Visit] = []

    def read(self, event: Event) -> None:
        kind = event.type
        where = self.at[event.previous]
        if kind.endswith("StateEntered"):
            where = self._enter(event, where)
        elif kind.endswith("StateExited"):
            where = _named(where, event.details["name"])
            where.exited, where.output = event.time, event.details.get("output")
            where.status = CAUGHT_ERROR if where.failed else SUCCEEDED
            if where.failed and where.error is None:
                where.error, where.cause = _caught(where.output)
        elif kind.startswith("MapIteration"):
            where = _named(where, event.details["name"])
            if kind == "MapIterationStarted":
                self.index[len(self.at)] = event.details["index"]
        elif kind.startswith(("ParallelState", "MapState", "MapRun")):
            where = self._container(where, event)
            _note(where, event)
            if kind == "MapStateStarted":
                where.lines = event.details.get("length", 0)
        elif kind == "EvaluationFailed":
            self._failing(event)
        elif kind.startswith("Execution"):
            _end(where, event)
        elif where is not None:
            _attempt(where, event)
            _note(where, event)
        self.at.append(where)

    def _enter(self, event: Event, where: Visit | None) -> Visit:
        name = event.details["name"]
        visit = Visit(name, event.type[: -len("StateEntered")], event.time, event.details.get("input"))
        if event.previous and self.history[event.previous - 1].type in OPENS_LINE:
            visit.within, visit.iteration = where, self.index.get(event.previous)
            if where is not None and where.type == "Parallel":
                where.lines += 1
        elif where is not None:
            visit.within, visit.iteration = where.within, where.iteration
            where.next = name
        self.found.append(visit)
        return visit

    def _failing(self, event: Event) -> None:
        """An expression of a state failed; the event may stand before that state was entered."""
        name = event.details.get("state")
        visit = next((v for v in reversed(self.found) if v.name == name and v.exited is None), None)
        if visit is not None:
            _note(visit, event)

    def _container(self, where: Visit | None, event: Event) -> Visit:
        """The Parallel or Map state of an event that doesn't name it."""
        kind = "Parallel" if event.type.startswith("Parallel") else "Map"
        before = self.history[event.previous - 1].type
        assert where is not None
        over = before.startswith(f"{kind}State") and before.endswith(WENT_WRONG)  # then it is the one around that fails
        if where.type == kind and where.exited is None and (not over or event.type.endswith("StateAborted")):
            return where
        return next(outer for outer in where.around() if outer.type == kind)


def _named(where: Visit | None, name: str) -> Visit:
    """The visit of that name on the way out; names are unique in a state machine."""
    assert where is not None
    return where if where.name == name else next(outer for outer in where.around() if outer.name == name)


def _note(where: Visit, event: Event) -> None:
    """What went wrong, or well after all."""
    if event.type.endswith(("Failed", "TimedOut")):
        where.failed = True
        where.error, where.cause = event.details.get("error"), event.details.get("cause")
    elif event.type.endswith(("Scheduled", "Started", "Succeeded")):
        where.failed = False


def _caught(output: Any) -> tuple[str | None, str | None]:
    """The error that a Parallel or Map state was left with, which no event tells: it is in the output, or in a member of it."""
    value = output.value if isinstance(output, Document) else None
    for found in (value, *(value.values() if isinstance(value, dict) else ())):
        if isinstance(found, dict) and found.keys() == {"Error", "Cause"}:
            return found["Error"], found["Cause"]
    return None, None


def _attempt(where: Visit, event: Event) -> None:
    details = event.details
    if event.type.endswith("Scheduled"):
        resource = details.get("resource", event.type[: -len("Scheduled")])
        if "resourceType" in details:
            resource = f"{details['resourceType']}:{resource}"
        where.attempts.append(Attempt(event.time, resource, details.get("parameters", details.get("input"))))
    elif where.attempts and event.type.endswith(("Succeeded", *WENT_WRONG)) and "Submit" not in event.type:
        attempt = where.attempts[-1]
        attempt.ended, attempt.output = event.time, details.get("output")
        attempt.error, attempt.cause = details.get("error"), details.get("cause")
        if event.type.endswith("TimedOut") and attempt.error is None:
            attempt.error = "States.Timeout"


def _end(where: Visit | None, event: Event) -> None:
    """The end of the execution: a failure is one of the state it came from and of all around it."""
    if where is not None and event.type in ("ExecutionFailed", "ExecutionTimedOut"):
        for visit in (where, *where.around()):
            if visit.exited is None:
                visit.failed = True
        if where.error is None:
            where.error, where.cause = event.details.get("error"), event.details.get("cause")
