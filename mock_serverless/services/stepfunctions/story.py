"""An execution told for people: what each state did, when, and why it went where it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from ...core.clock import from_timestamp
from .language import Document
from .trace import CANCELLED, CAUGHT_ERROR, IN_PROGRESS, Attempt, Visit

WIDTH = 110
FEW = 3
"""So many items of a Map state are told of; more only when they went another way."""


def told(found: Sequence[Visit], started: float) -> Iterator[str]:
    """The visits of an execution, a line or a few each; what happened inside a state stands below it, indented."""
    inside: dict[Visit | None, list[Visit]] = {}
    for visit in found:
        inside.setdefault(visit.within, []).append(visit)
    yield from _line(inside, None, started, "")


def _line(inside: dict[Visit | None, list[Visit]], around: Visit | None, started: float, indent: str) -> Iterator[str]:
    members = inside.get(around, [])
    if around is not None and around.type == "Map":
        yield from _items(inside, members, started, indent)
        return
    for visit in members:
        yield from _visit(inside, visit, started, indent)


def _items(inside: dict[Visit | None, list[Visit]], members: list[Visit], started: float, indent: str) -> Iterator[str]:
    items: dict[int | None, list[Visit]] = {}
    for visit in members:
        items.setdefault(visit.iteration, []).append(visit)
    alike: dict[tuple[Any, ...], int] = {}
    left_out = 0
    for number, visits in items.items():
        way = tuple((visit.name, visit.status, visit.error) for visit in visits)
        alike[way] = alike.get(way, 0) + 1
        if alike[way] > FEW:
            left_out += 1
            continue
        yield f"{indent}{'':>6}item {number}:"
        for visit in visits:
            yield from _visit(inside, visit, started, indent + "  ")
    if left_out:
        yield f"{indent}{'':>6}... and {left_out} more items that went the same ways"


def _visit(inside: dict[Visit | None, list[Visit]], visit: Visit, started: float, indent: str) -> Iterator[str]:
    when = f"+{span(visit.entered - started)}"
    first, *more = list(_sentences(visit))
    yield cut(f"{indent}{when:>10}  {visit.name} {first}")
    for sentence in more:
        yield cut(f"{indent}{'':>10}    {sentence}")
    if visit in inside:
        yield from _line(inside, visit, started, indent + "    ")


def _sentences(visit: Visit) -> Iterator[str]:
    if visit.type == "Task" and visit.attempts:
        yield from _attempts(visit)
    else:
        yield SAID[visit.type](visit)
    if visit.status == CAUGHT_ERROR:
        error = f"the error {_error(visit.error, visit.cause)}" if visit.error and visit.type != "Task" else "the error"
        yield f"{error} was caught, and it went on with {visit.next or 'the end of its line'}"
    elif visit.status == CANCELLED:
        yield "it was cancelled"
    elif visit.status == "FAILED" and visit.type not in ("Fail", "Task"):
        yield f"failed with {_error(visit.error, visit.cause)}"


def _attempts(visit: Visit) -> Iterator[str]:
    tasks = visit.attempts
    for number, attempt in enumerate(tasks):
        again = (
            f"tried again {span(attempt.time - (tasks[number - 1].ended or attempt.time))} later, and"
            if number
            else "called"
        )
        yield (
            f"{again} {attempt.resource}" + (f" with {brief(attempt.input)}" if not number else "") + _outcome(attempt)
        )
    if visit.status == IN_PROGRESS:
        yield "is still waiting for the answer"


def _outcome(attempt: Attempt) -> str:
    if attempt.ended is None:
        return ""
    after = attempt.ended - attempt.time
    late = f" after {span(after)}" if after >= 0.001 else ""
    if attempt.error is not None:
        return f": failed{late} with {_error(attempt.error, attempt.cause)}"
    return f": got {brief(attempt.output)}{late}"


def _error(error: str | None, cause: str | None) -> str:
    return (error or "an error without a name") + (f" ({brief(cause, 70)})" if cause else "")


def _waited(visit: Visit) -> str:
    if visit.exited is None:
        return "is waiting" if visit.status == IN_PROGRESS else "did not end its wait"
    return f"waited {span(visit.exited - visit.entered)}, until {from_timestamp(visit.exited):%Y-%m-%d %H:%M:%S}"


def _made(visit: Visit) -> str:
    return "passed its input on" if _same(visit.input, visit.output) else f"made {brief(visit.output)}"


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, Document) and isinstance(other, Document) and one.value == other.value


def _counted(visit: Visit, what: str) -> str:
    return f"went through {visit.lines} {what}{'' if visit.lines == 1 else 's' if what != 'branch' else 'es'}"


SAID: dict[str, Any] = {
    "Pass": _made,
    "Task": lambda visit: "did not come to its call",
    "Choice": lambda visit: f"chose {visit.next}" if visit.next else "found no way to go on",
    "Wait": _waited,
    "Parallel": lambda visit: _counted(visit, "branch"),
    "Map": lambda visit: _counted(visit, "item"),
    "Succeed": lambda visit: "ended it well",
    "Fail": lambda visit: f"failed with {_error(visit.error, visit.cause)}" if visit.error else "failed",
}


def span(seconds: float) -> str:
    """A duration: ``0.25 s``, ``90 s``, ``2:00:00``, ``7 days, 0:00:03``."""
    if seconds < 120:
        return f"{round(seconds, 3) + 0.0:g} s"  # no minus before nothing
    return str(timedelta(seconds=round(seconds))).replace(", 0:00:00", "")


def brief(value: Any, width: int = 60) -> str:
    """A document in at most so many characters."""
    text = value.text if isinstance(value, Document) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def cut(line: str, width: int = WIDTH * 2) -> str:
    """A line that doesn't run away."""
    return line if len(line) <= width else line[: width - 1] + "…"
