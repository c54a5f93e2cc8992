"""The loop: enter a state, let it do its work, go where it says. It knows no state by name.

An execution is a coroutine which awaits nothing but its :class:`~.environment.Environment`. What it costs per transition
does not depend on how many there were: no history is copied, and texts are made when somebody reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .document import Document
from .environment import Environment
from .errors import Fault, StateError, Timeout
from .states import STATES
from .visits import ENTERED, Branch, Run, Visit


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended: SUCCEEDED with an output, FAILED or TIMED_OUT with an error and a cause."""

    status: str
    output: Document | None = None
    error: str | None = None
    cause: str | None = None


async def run(
    definition: dict[str, Any],
    input: Document,
    env: Environment,
    *,
    context: dict[str, Any],
    started: dict[str, Any] | None = None,
    limit: float | None = None,
) -> Outcome:
    """Run a (validated) definition to its end.

    ``context`` is the execution's part of the context object, ``started`` further details of the first history event;
    ``limit`` seconds where the kind of machine has a limit of its own.
    """
    env.emit("ExecutionStarted", {"input": input, **(started or {})}, 0)
    branch = Branch(Run(env, context, definition.get("QueryLanguage", "JSONPath")), definition["States"], 0, {})
    limits = [t for t in (definition.get("TimeoutSeconds"), limit) if t is not None]
    work = walk(branch, definition["StartAt"], input)
    try:
        output = await (env.timeout(work, min(limits)) if limits else work)
    except StateError as e:
        details = {k: v for k, v in (("error", e.error), ("cause", e.cause)) if v is not None}
        env.emit("ExecutionFailed", details, e.event)
        return Outcome("FAILED", error=e.error, cause=e.cause)
    except Timeout:
        env.emit("ExecutionTimedOut", {}, branch.last)
        return Outcome("TIMED_OUT")
    env.emit("ExecutionSucceeded", {"output": output}, branch.last)
    return Outcome("SUCCEEDED", output)


async def walk(branch: Branch, start: str, data: Document) -> Document:
    """Go through a line of states to its end; gives the last output. A StateError knows the last event before it."""
    env = branch.run.env
    states = branch.states
    name: str | None = start
    while name is not None:
        state = states[name]
        kind = state["Type"]
        previous = branch.last
        entered = branch.last = env.emit(ENTERED[kind], {"name": name, "input": data}, previous)
        visit = branch.visit = Visit(branch, name, state, data, entered, env.now(), previous)
        try:
            name, data = await STATES[kind](visit)
        except Fault as fault:
            raise visit.error(fault) from None
        except StateError as error:
            error.event = branch.last
            raise
    return data
