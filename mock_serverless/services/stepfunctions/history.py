"""The history of an execution, written when it is read.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
"""

from __future__ import annotations

from typing import Any

from ...core.clock import from_timestamp
from ...core.operation import operation
from .events import Event
from .language import Document
from .names import offset_of, token_of
from .store import State

# events which have a details member even when there is nothing in it (recorded for ExecutionFailed)
ALWAYS = frozenset({"ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut", "ActivityStarted"})
WITH_DETAILS = ("input", "output")
ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})


@operation(
    unfinished=lambda request, response: response["events"][-1]["type"] not in ENDS if response["events"] else False
)
def get_execution_history(db: State, request: dict[str, Any]) -> dict[str, Any]:
    execution = db.execution(request["executionArn"])
    count, now = len(execution.history), db.scope.timestamp()
    limit = request.get("maxResults") or 100
    first = offset_of(
        request.get("nextToken"), now
    )  # the id of the next event, since a history may grow between two pages
    backwards = request.get("reverseOrder")
    chosen = (range(first or count, 0, -1) if backwards else range(first or 1, count + 1))[:limit]
    following = chosen[-1] + chosen.step if chosen else 0
    token = {"nextToken": token_of(following, now)} if 0 < following <= count else {}
    data = request.get("includeExecutionData", True)
    if execution.status not in ("RUNNING", "SUCCEEDED"):
        db.scope.looked_at(execution.arn)
    return {"events": [written(execution.history[i - 1], i, data) for i in chosen], **token}


def written(event: Event, id: int, data: bool = True) -> dict[str, Any]:
    """An event as the API gives it."""
    entry: dict[str, Any] = {
        "timestamp": from_timestamp(event.time),
        "type": event.type,
        "id": id,
        "previousEventId": event.previous,
    }
    if event.details or event.type in ALWAYS:
        entry[_member(event.type)] = _details(event.details, data)
    return entry


def _member(type: str) -> str:
    if type.endswith("StateEntered"):
        return "stateEnteredEventDetails"
    if type.endswith("StateExited"):
        return "stateExitedEventDetails"
    return f"{type[0].lower()}{type[1:]}EventDetails"


def details_of(event: Event, data: bool) -> dict[str, Any]:
    """The details of an event, with its input and output or without."""
    return _details(event.details, data)


def _details(details: dict[str, Any], data: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for name, value in details.items():
        if not isinstance(value, Document):
            entry[name] = value
        elif data:
            entry[name] = value.text
            if name in WITH_DETAILS:
                entry[name + "Details"] = {"truncated": False}
    return entry
