"""The states, one function each, registered by type: ``async def state(visit) -> (next state or None, output)``.

https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html; Parallel and Map are in lines.py.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from . import choice, jsonpath, times
from .document import Document
from .environment import TaskRequest
from .errors import Fault, StateError
from .retries import Next, guarded
from .values import fill, shown
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
    if "Result" in visit.state:
        result = Document(visit.state["Result"])
        visit.inspect("result", result)
    else:
        result = jsonpath.before(visit)
    output, assigned = jsonpath.after(visit, result)
    return visit.state.get("Next"), visit.leave(output, assigned)


@state("Succeed")
async def succeed(visit: Visit) -> Next:
    """The end, well."""
    output, assigned = jsonpath.after(visit, jsonpath.before(visit))
    return None, visit.leave(output, assigned)


@state("Fail")
async def fail(visit: Visit) -> Next:
    """The end, badly."""
    error, _ = jsonpath.given(visit, "Error", visit.input)
    cause, _ = jsonpath.given(visit, "Cause", visit.input)
    for name, value in (("Error", error), ("Cause", cause)):
        if value is not None and not isinstance(value, str):
            raise Fault(f"The {name}Path field must refer to a string: {visit.state.get(name + 'Path')}")
    raise StateError(error, cause)


@state("Choice")
async def choose(visit: Visit) -> Next:
    """Where to go on: the first rule that holds, or Default."""
    data = jsonpath.before(visit)
    sources = visit.sources(data)
    for rule in visit.state["Choices"]:
        if choice.holds(rule, sources):
            following, place = rule["Next"], rule
            break
    else:
        following, place = visit.state.get("Default"), visit.state
    if following is None:
        # the cause as users report it; the error's name from the developer guide
        message = "Failed to transition out of the state. The state does not point to a next state."
        raise Fault(message, "States.NoChoiceMatched")
    output = jsonpath.output_path(visit, data)
    return following, visit.leave(output, jsonpath.assigned(visit, place, data))


@state("Wait")
async def wait(visit: Visit) -> Next:
    """Let time pass."""
    data = jsonpath.before(visit)
    await visit.branch.run.env.sleep_until(_until(visit, data))
    output = jsonpath.output_path(visit, data)
    return visit.state.get("Next"), visit.leave(output, jsonpath.assigned(visit, visit.state, data))


def _until(visit: Visit, data: Document) -> float:
    seconds, path = jsonpath.given(visit, "Seconds", data)
    if seconds is not None:
        return visit.branch.run.env.now() + _seconds(seconds, path)
    timestamp, path = jsonpath.given(visit, "Timestamp", data)
    when = times.parse(timestamp) if isinstance(timestamp, str) else None
    if when is None:
        raise Fault(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
            f"{path} == {shown(timestamp)}"
        )
    return when


MOST_SECONDS = 99_999_999


def _seconds(seconds: Any, path: str | None) -> int:
    """How long to wait; the causes are recorded, the one for too many seconds is a guess."""
    whole = _integer(seconds)
    if whole is None:
        raise Fault(f"The SecondsPath parameter cannot be parsed as a long value: {path} == {shown(seconds)}")
    if whole < 0:
        raise Fault(f"The SecondsPath parameter references a negative value: {path} == {shown(seconds)}")
    if whole > MOST_SECONDS:
        raise Fault(f"The SecondsPath parameter references a value greater than {MOST_SECONDS}: {path} == {whole}")
    return whole


def _integer(value: Any) -> int | None:
    """A whole number, also written as text (recorded for MaxConcurrencyPath); None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return value if isinstance(value, int) else None


# ---------------------------------------------------------------------- Task


@state("Task")
async def task(visit: Visit) -> Next:
    """Work done by something else."""
    return await guarded(visit, attempt, lambda _: None)


async def attempt(visit: Visit) -> Next:
    """One attempt of a Task state."""
    env = visit.branch.run.env
    if ".waitForTaskToken" in visit.state["Resource"]:
        visit.token = env.token()
        visit.forget_context()
    data = jsonpath.before(visit)
    request = TaskRequest(
        state=visit.name,
        resource=visit.state["Resource"],
        parameters=data,
        timeout=_limit(visit, "TimeoutSeconds"),
        heartbeat=_limit(visit, "HeartbeatSeconds"),
        credentials=fill(visit.state.get("Credentials"), visit.sources(visit.input)),
        token=visit.token,
        context=visit.context,
        emit=visit.branch.emit,
    )
    result = await env.task(request)
    visit.inspect("result", result)
    output, assigned = jsonpath.after(visit, result)
    return visit.state.get("Next"), visit.leave(output, assigned)


def _limit(visit: Visit, name: str) -> int | None:
    seconds, path = jsonpath.given(visit, name, visit.input)
    if seconds is None:
        return None
    whole = _integer(seconds)
    if whole is None or not 0 < whole <= MOST_SECONDS:
        # a guess, after the recorded cause for MaxConcurrencyPath
        raise Fault(f'The {name}Path field refers to value "{shown(seconds)}" which is not a valid integer: {path}')
    return whole


def integer_field(visit: Visit, name: str, data: Document) -> int | None:
    """A field with a whole number; None when it isn't there. The cause is recorded."""
    value, path = jsonpath.given(visit, name, data)
    if value is None and path is None:
        return None
    whole = _integer(value)
    if whole is None or whole < 0:
        raise Fault(f'The {name}Path field refers to value "{shown(value)}" which is not a valid integer: {path}')
    return whole
