"""The states, one function each, registered by type: ``async def state(visit) -> (next state or None, output)``.

https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html; Parallel and Map are in lines.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from . import queries
from .document import Document
from .environment import TaskRequest
from .errors import Fault, StateError
from .retries import Next, guarded
from .visits import Visit

StateFunction = Callable[[Visit], Awaitable[Next]]
STATES: dict[str, StateFunction] = {}


def state(type: str) -> Callable[[StateFunction], StateFunction]:
    """Register what a type of state does."""

    def register(function: StateFunction) -> StateFunction:
        STATES[type] = function
        return function

    return register


@state("Pass")
async def pass_(visit: Visit) -> Next:
    """Its input, or a constant (then InputPath and Parameters are not looked at: recorded)."""
    query = queries.of(visit)
    if "Result" in visit.state:
        result = Document(visit.state["Result"])
        visit.inspect("result", result)
    else:
        result = query.before(visit)
    output, assigned = query.after(visit, result)
    return visit.state.get("Next"), visit.leave(output, assigned)


@state("Succeed")
async def succeed(visit: Visit) -> Next:
    """The end, well."""
    query = queries.of(visit)
    output, assigned = query.after(visit, query.before(visit))
    return None, visit.leave(output, assigned)


@state("Fail")
async def fail(visit: Visit) -> Next:
    """The end, badly."""
    query = queries.of(visit)
    raise StateError(query.text(visit, "Error"), query.text(visit, "Cause"))


@state("Choice")
async def choose(visit: Visit) -> Next:
    """Where to go on: the first rule that holds, or Default."""
    query = queries.of(visit)
    data = query.before(visit)
    chosen = query.choose(visit, data)
    following = chosen["Next"] if chosen is not None else visit.state.get("Default")
    if following is None:
        # measured (https://github.com/floci-io/floci): not States.NoChoiceMatched, as the developer guide has it
        message = "Failed to transition out of the state. The state does not point to a next state."
        raise Fault(message)
    way = "Default" if chosen is None else f"Choices[{_position(visit.state['Choices'], chosen)}]"
    visit.branch.run.env.took(visit.name, way)
    output, assigned = query.chosen(visit, chosen, data)
    return following, visit.leave(output, assigned)


def _position(rules: list[dict[str, Any]], chosen: dict[str, Any]) -> int:
    return next(i for i, rule in enumerate(rules) if rule is chosen)


@state("Wait")
async def wait(visit: Visit) -> Next:
    """Let time pass."""
    query = queries.of(visit)
    data = query.before(visit)
    await visit.branch.run.env.sleep_until(query.until(visit, data))
    output, assigned = query.after(visit, data)
    return visit.state.get("Next"), visit.leave(output, assigned)


# ---------------------------------------------------------------------- Task


@state("Task")
async def task(visit: Visit) -> Next:
    """Work done by something else."""
    return await guarded(visit, attempt, lambda _: None)


async def attempt(visit: Visit) -> Next:
    """One attempt of a Task state."""
    env = visit.branch.run.env
    query = queries.of(visit)
    if ".waitForTaskToken" in visit.state["Resource"] or ".sync" in visit.state["Resource"]:
        visit.token = env.token()
        visit.forget_context()
    data = query.before(visit)
    request = TaskRequest(
        state=visit.name,
        resource=visit.state["Resource"],
        parameters=data,
        timeout=query.limit(visit, "TimeoutSeconds"),
        heartbeat=query.limit(visit, "HeartbeatSeconds"),
        credentials=query.template(visit, "Credentials"),
        token=visit.token,
        context=visit.context,
        emit=visit.branch.emit,
    )
    result = await env.task(request)
    visit.inspect("result", result)
    output, assigned = query.after(visit, result)
    return visit.state.get("Next"), visit.leave(output, assigned)
