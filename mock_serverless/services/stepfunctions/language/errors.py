"""What goes wrong in an execution, by the names of the Amazon States Language.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from collections.abc import Callable


class StateError(Exception):
    """A state has failed: ``error`` is the name that Retry and Catch see, ``cause`` the text.

    ``also`` are further names by which it is caught; ``event`` the history event after which it happened.
    """

    def __init__(self, error: str | None, cause: str | None = None, also: tuple[str, ...] = ()) -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause
        self.also = also
        self.event = 0


class Fault(Exception):
    """A field can't be evaluated; the interpreter adds which state it was in."""

    def __init__(self, message: str, error: str = "States.Runtime") -> None:
        super().__init__(message)
        self.message = message
        self.error = error


class QueryFault(Fault):
    """An expression of JSONata fails, or gives what its field can't take; ``location`` is the field.

    ``after`` tells which event the history's EvaluationFailed comes after: the one before the state was entered (recorded for
    expressions), or the last one (recorded for timestamps).
    """

    def __init__(self, message: str, location: str | None, after: bool = False) -> None:
        super().__init__(message, "States.QueryEvaluationError")
        self.location = location
        self.after = after


class Timeout(Exception):
    """Raised by :meth:`Environment.timeout` when the time is up."""


def located(fault: Fault, state: str, event: int) -> StateError:
    """A fault as the error of its state, in AWS's words (recorded)."""
    where = f"An error occurred while executing the state '{state}' (entered at the event id #{event}). "
    return StateError(fault.error, where + fault.message)


def too_large(state: str) -> StateError:
    """Recorded: the state's name, or the service's where a task's result is too large."""
    cause = (
        f"The state/task '{state}' returned a result with a size exceeding the maximum number of bytes service limit."
    )
    return StateError("States.DataLimitExceeded", cause)


def too_many_variables(state: str, most: str) -> StateError:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html; error and cause are guesses."""
    cause = f"The state/task '{state}' assigned variables with a size exceeding the maximum of {most}."
    return StateError("States.DataLimitExceeded", cause)


# States.Runtime can't be caught; States.TaskFailed stands for everything but timeouts (recorded: States.ALL does catch
# States.DataLimitExceeded of a task, although the developer guide denies it)
NEVER_CAUGHT = "States.Runtime"
WILDCARDS: dict[str, Callable[[StateError], bool]] = {
    "States.ALL": lambda e: e.error != NEVER_CAUGHT,
    "States.TaskFailed": lambda e: e.error not in (NEVER_CAUGHT, "States.Timeout"),
}


def matches(error: StateError, names: list[str]) -> bool:
    """Is it one of ErrorEquals?"""
    for name in names:
        if name == error.error != NEVER_CAUGHT or name in error.also:
            return True
        wildcard = WILDCARDS.get(name)
        if wildcard is not None and wildcard(error):
            return True
    return False
