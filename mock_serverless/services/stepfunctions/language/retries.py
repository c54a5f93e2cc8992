"""Retry and Catch, for the states whose work can fail: Task, Parallel, Map.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from . import queries
from .document import Document
from .errors import NEVER_CAUGHT, Fault, StateError, matches
from .visits import Visit

Next = tuple[str | None, Document]


async def guarded(visit: Visit, work: Callable[[Visit], Awaitable[Next]], failed: Callable[[Visit], None]) -> Next:
    """Do the work, again where Retry says so; where it says no more, go where Catch says.

    ``failed`` is called before the error leaves the state or is caught, and once more where a catcher can't be evaluated. An
    error that nothing catches ends the execution there (measured: https://github.com/floci-io/floci/issues/2868).
    """
    while True:
        try:
            return await work(visit)
        except Fault as fault:
            error = visit.error(fault)
        except StateError as e:
            error = e
        delay = retry(visit, error)
        if delay is None:
            break
        env = visit.branch.run.env
        await env.sleep_until(env.now() + delay)
        visit.retries += 1
        visit.forget_context()
    if error.error == NEVER_CAUGHT:
        raise error
    last = visit.branch.last
    failed(visit)
    caught = catcher(visit, error)
    if caught is None:
        raise error
    try:
        return leave_by(visit, caught, error)
    except Fault as fault:
        visit.branch.last = last
        error = visit.error(fault)
        if error.error != NEVER_CAUGHT:
            failed(visit)
        raise error from None


def retry(visit: Visit, error: StateError) -> float | None:
    """Seconds until the next attempt; None when there is none."""
    retriers: list[dict[str, Any]] = visit.state.get("Retry", [])
    if not visit.attempts:
        visit.attempts = [0] * len(retriers)
    for i, retrier in enumerate(retriers):
        if matches(error, retrier["ErrorEquals"]):
            done = visit.attempts[i]
            if done >= retrier.get("MaxAttempts", 3):
                return None
            visit.attempts[i] += 1
            visit.branch.run.env.took(visit.name, f"Retry[{i}]")
            return delay_of(visit, retrier, done)
    return None


def delay_of(visit: Visit, retrier: dict[str, Any], done: int) -> float:
    longest = retrier.get("MaxDelaySeconds", 31_622_400)
    try:
        seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** done
    except OverflowError:
        seconds = longest
    seconds = min(seconds, longest)
    if retrier.get("JitterStrategy") == "FULL":
        seconds *= visit.branch.run.env.random()
    return float(seconds)


def catcher(visit: Visit, error: StateError) -> dict[str, Any] | None:
    """The first catcher for an error."""
    catchers: list[dict[str, Any]] = visit.state.get("Catch", [])
    for i, candidate in enumerate(catchers):
        if matches(error, candidate["ErrorEquals"]):
            visit.branch.run.env.took(visit.name, f"Catch[{i}]")
            return candidate
    return None


def leave_by(visit: Visit, caught: dict[str, Any], error: StateError) -> Next:
    """Leave a state by one of its catchers: its ResultPath counts, the state's OutputPath doesn't (recorded)."""
    result = Document({"Error": error.error or "", "Cause": error.cause or ""})
    output, variables = queries.of(visit).caught(visit, caught, result)
    return caught["Next"], visit.leave(output, variables)
