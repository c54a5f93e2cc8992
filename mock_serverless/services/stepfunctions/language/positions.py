"""Where an execution stood when it was cut off, so that it can be redriven: data only.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html: a redriven execution goes on with the state that did
not succeed, with the same input and variables; of Parallel and inline Map states only those lines run again that had not ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .document import Document

if TYPE_CHECKING:
    from .visits import Branch


@dataclass(frozen=True, slots=True)
class Position:
    """One line of states: the state it stood in; of the lines inside that state those which were begun."""

    state: str
    input: Document
    variables: dict[str, Any]
    entered: int
    time: float
    previous: int
    lines: tuple[Line, ...] = ()
    map_run: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A branch or an iteration: its output when it had ended, its position when it was under way, else nothing."""

    output: Document | None = None
    position: Position | None = None


def position_of(branch: Branch) -> Position | None:
    """Where a line stands; None before its first state and after its last."""
    visit = branch.visit
    if visit is None:
        return None
    lines = visit.inside() if visit.inside is not None else ()
    return Position(
        visit.name, visit.input, dict(branch.variables), visit.entered, visit.time, visit.previous, lines, visit.map_run
    )
