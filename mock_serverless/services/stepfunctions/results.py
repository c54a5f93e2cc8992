"""What ``cloud.stepfunctions.run`` gives: an execution, looked at from all sides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ...core.clock import from_timestamp
from .events import Event
from .language import Problem, parse
from .pictures import mermaid, svg
from .store import Execution
from .story import brief, span, told
from .trace import Visit, by_name, visits


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """An execution as it was when it was looked at; nothing in it changes any more.

    ``status`` is RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED; ``input`` and ``output`` are JSON's values (``output`` is
    None unless it has succeeded); ``error`` and ``cause`` are texts, or None; ``started`` and ``stopped`` are aware datetimes in
    virtual time. In a notebook it shows itself as a picture.
    """

    arn: str
    name: str
    machine: str
    type: str
    status: str
    input: Any
    output: Any
    error: str | None
    cause: str | None
    started: datetime
    stopped: datetime | None
    definition: dict[str, Any]
    _history: tuple[Event, ...] = field(repr=False, default=())

    @property
    def succeeded(self) -> bool:
        """Did it end well? ``assert result.succeeded, result.explain()``"""
        return self.status == "SUCCEEDED"

    @property
    def visits(self) -> Sequence[Visit]:
        """Each visit of a state, in the order of entering: name, type, when, attempts, status (IN_PROGRESS, SUCCEEDED, FAILED,
        CANCELLED, CAUGHT_ERROR), the visit of the state around it."""
        return visits(self._history, self.status)

    @property
    def states(self) -> list[str]:
        """The names of the visited states, in the order of entering, as often as they were entered."""
        return [visit.name for visit in self.visits]

    @property
    def statuses(self) -> dict[str, str]:
        """The status of each visited state by its name; of one that was visited several times as AWS' console shows it."""
        return by_name(self.visits)

    @property
    def duration(self) -> timedelta | None:
        """Virtual time from start to end; None while it runs."""
        return None if self.stopped is None else self.stopped - self.started

    @property
    def timeline(self) -> list[str]:
        """The history, a line per event: when, what, and the state's name."""
        return timeline(self._history)

    def explain(self) -> str:
        """The execution as a story: what each state did and when, errors, retries, what was caught, and how it ended."""
        lines = [f"Execution {self.name} of {self.machine} ({self.type}) {self._ending()}"]
        lines.append(f"It was started on {self.started:%Y-%m-%d %H:%M:%S} with {_json(self.input)}")
        lines += told(self.visits, self.started.timestamp())
        if self.succeeded:
            lines.append(f"Its output is {_json(self.output)}")
        elif self.status != "RUNNING":
            lines.append(f"Its error is {self.error or 'none'}: {self.cause or 'no cause was given'}")
        return "\n".join(lines)

    def _ending(self) -> str:
        if self.duration is None:
            return "is still RUNNING."
        return f"took {span(self.duration.total_seconds())} and {self.status}."

    def mermaid(self) -> str:
        """The state machine with this execution's colours, as the text of a Mermaid flowchart."""
        return mermaid(self.definition, self.statuses)

    def svg(self) -> str:
        """The state machine with this execution's colours, as one self-contained SVG."""
        return svg(self.definition, self.statuses, f"{self.machine}: {self.name} {self.status}")

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        way = " > ".join(self.states[:8]) + (" ..." if len(self.states) > 8 else "")
        end = _json(self.output) if self.succeeded else self.error or ""
        return f"<Execution {self.machine}:{self.name} {self.status} {end}: {way}>"


def result_of(execution: Execution) -> ExecutionResult:
    """An execution as it is now."""
    definition = parse(execution.revision.definition)
    assert not isinstance(definition, Problem)
    return ExecutionResult(
        arn=execution.arn,
        name=execution.name,
        machine=execution.machine_name,
        type=execution.type,
        status=execution.status,
        input=execution.input.value,
        output=None if execution.output is None else execution.output.value,
        error=execution.error,
        cause=execution.cause,
        started=from_timestamp(execution.started),
        stopped=None if execution.stopped is None else from_timestamp(execution.stopped),
        definition=definition,
        _history=tuple(execution.history),
    )


def timeline(history: Sequence[Event]) -> list[str]:
    """Events, a line each."""
    return [
        f"{from_timestamp(e.time):%Y-%m-%d %H:%M:%S} {e.type} {e.details.get('name', '')}".rstrip() for e in history
    ]


def _json(value: Any) -> str:
    return brief(json.dumps(value, ensure_ascii=False), 90)
