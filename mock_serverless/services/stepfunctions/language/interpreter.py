"""The loop: enter a state, let it do its work, go where it says. It knows no state by name.

An execution is a coroutine which awaits nothing but its :class:`~.environment.Environment`. What it costs per transition
does not depend on how many there were: no history is copied, and texts are made when somebody reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .document import Document
from .environment import Environment
from .errors import Fault, StateError, Timeout
from .positions import Position, position_of
from .states import STATES
from .visits import ENTERED, Branch, Run, Visit


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended: SUCCEEDED with an output, FAILED or TIMED_OUT with an error and a cause."""

    status: str
    output: Document | None = None
    error: str | None = None
    cause: str | None = None
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Resumption:
    """A redrive: where to go on, after how many events, and which redrive it is."""

    position: Position | None
    events: int
    count: int


async def run(
    definition: dict[str, Any],
    input: Document,
    env: Environment,
    *,
    context: dict[str, Any],
    started: dict[str, Any] | None = None,
    limit: float | None = None,
    resume: Resumption | None = None,
    cut_off: Callable[[Position | None], None] | None = None,
) -> Outcome:
    """Run a (validated) definition to its end.

    ``context`` is the execution's part of the context object, ``started`` further details of the first history event;
    ``limit`` seconds where the kind of machine has a limit of its own. ``cut_off`` is told where it stands when it is stopped
    from outside; ``resume`` goes on from there.
    """
    events = resume.events if resume is not None else 0
    branch = Branch(Run(env, context, definition.get("QueryLanguage", "JSONPath")), definition["States"], events, {})
    limits = [t for t in (definition.get("TimeoutSeconds"), limit) if t is not None]
    if resume is None:
        env.emit("ExecutionStarted", {"input": input, **(started or {})}, 0)
    else:
        branch.emit("ExecutionRedriven", {"redriveCount": resume.count})
    work = walk(branch, definition["StartAt"], input, resume.position if resume is not None else None)
    try:
        output = await (env.timeout(work, min(limits)) if limits else work)
    except StateError as e:
        details = {k: v for k, v in (("error", e.error), ("cause", e.cause)) if v is not None}
        env.emit("ExecutionFailed", details, e.event)
        return Outcome("FAILED", error=e.error, cause=e.cause, position=position_of(branch))
    except Timeout:
        env.emit("ExecutionTimedOut", {}, branch.last)
        return Outcome("TIMED_OUT", position=position_of(branch))
    except BaseException:
        if cut_off is not None:
            cut_off(position_of(branch))
        raise
    env.emit("ExecutionSucceeded", {"output": output}, branch.last)
    return Outcome("SUCCEEDED", output)


async def walk(branch: Branch, start: str, data: Document, resume: Position | None = None) -> Document:
    """Go through a line of states to its end; gives the last output. A StateError knows the last event before it.

    With ``resume`` its first state is the one where it stood, which is not entered again.
    """
    env = branch.run.env
    states = branch.states
    name: str | None = start
    if resume is not None:
        name, data = resume.state, resume.input
        branch.variables = dict(resume.variables)
    while name is not None:
        state = states[name]
        kind = state["Type"]
        if resume is None:
            previous = branch.last
            entered = branch.last = env.emit(ENTERED[kind], {"name": name, "input": data}, previous)
            visit = branch.visit = Visit(branch, name, state, data, entered, env.now(), previous)
        else:
            visit = Visit(branch, name, state, data, resume.entered, resume.time, resume.previous, resumed=resume)
            branch.visit, resume = visit, None
        try:
            name, data = await STATES[kind](visit)
        except Fault as fault:
            raise visit.error(fault) from None
        except StateError as error:
            error.event = branch.last
            raise
    return data
