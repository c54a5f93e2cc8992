"""Optimised integrations that do more than call the operation of their name.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ....core.arns import Arn
from ....core.errors import NotSupported
from ....core.flow import FlowCancelled, FlowTimeout
from ..activities import POLL_SECONDS
from ..language import Document, StateError
from ..language.document import dumps, loads
from . import calls
from .cancellations import cancel
from .resources import Resource
from .tasks import POLLS, SYNC, integration

if TYPE_CHECKING:
    from ..flow import World


@integration("events", "putEvents")
def put_events(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """Entries that failed fail the state: https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html

    Machine and execution are added to the resources of each entry; the answer has no HTTP part (both recorded).
    """
    result = calls.answer(resource, calls.call(world, resource, _with_resources(world, parameters), credentials))
    if result.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", dumps(result))
    return result


def _with_resources(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    entries = parameters.get("Entries")
    if not isinstance(entries, list):
        return parameters
    ours = [world.execution.machine, world.execution.arn]
    return {
        **parameters,
        "Entries": [
            {**e, "Resources": [*(e.get("Resources") or ()), *ours]} if isinstance(e, dict) else e for e in entries
        ],
    }


@integration("sqs", "sendMessage")
def send_message(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """The queue's URL is where the message is sent to: a host that is a single word is nowhere (recorded)."""
    url = urlsplit(str(parameters.get("QueueUrl")))
    if url.scheme and url.hostname and "." not in url.hostname and url.hostname != "localhost":
        message = f"Unable to execute HTTP request: {url.hostname}: Name or service not known"
        raise StateError("SQS.SdkClientException", message)
    return {
        **calls.answer(resource, calls.call(world, resource, parameters, credentials)),
        **calls.metadata(world),
    }


# ---------------------------------------------------------------------- states:startExecution


@integration("states", "startExecution")
def start_execution(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """Answers with the ARN and the date; ``.sync`` goes on from there."""
    response = calls.call(world, resource, parameters, credentials)
    return {
        "ExecutionArn": response["executionArn"],
        **calls.metadata(world),
        "StartDate": _milliseconds(response["startDate"]),
    }


def _milliseconds(date: datetime) -> int:
    return round(date.timestamp() * 1000)


DESCRIBE = Resource("optimised", "", "states", "describeExecution", "", "stepfunctions", "DescribeExecution")


async def _end_of_execution(
    world: World, resource: Resource, parameters: dict[str, Any], result: Any, credentials: Any
) -> Document:
    """Wait for the execution that was started; ``sync:2`` gives its input and output as JSON (recorded)."""
    arn = result["ExecutionArn"]

    def describe() -> dict[str, Any]:
        return calls.send(world, DESCRIBE, {"executionArn": arn}, credentials)

    described = await world.flow.perform(describe)
    if described["status"] == "RUNNING":
        home = Arn.parse(arn)
        if home is None or arn not in world.db.scope.state(account=home.account, region=home.region).executions:
            raise NotSupported(f"{resource.arn} waits for {arn}, which is not an execution of this cloud")
        try:
            await world.flow.event(f"execution:{arn}")
        except FlowCancelled:
            cancel(world, "stepfunctions", "StopExecution", {"executionArn": arn}, credentials)
            raise
        described = await world.flow.perform(describe)
    answer = _described(described, resource.pattern == "sync:2")
    if described["status"] != "SUCCEEDED":
        raise StateError("States.TaskFailed", dumps(answer))
    return Document(answer)


def _described(described: dict[str, Any], as_json: bool) -> dict[str, Any]:
    """The recorded members: no redrive, no HTTP part."""
    answer: dict[str, Any] = {}
    for name in ("cause", "error", "executionArn", "input", "inputDetails", "name", "output", "outputDetails",
                 "startDate", "stateMachineArn", "status", "stopDate", "traceHeader"):  # fmt: skip
        value = described.get(name)
        if value is None:
            continue
        if name.endswith("Details"):
            value = {"Included": value["included"]}
        elif name.endswith("Date"):
            value = _milliseconds(value)
        elif as_json and name in ("input", "output"):
            value = loads(value)
        answer[name[0].upper() + name[1:]] = value
    return answer


SYNC["states:startExecution"] = _end_of_execution


# ---------------------------------------------------------------------- calls that block


async def _activity_task(world: World, result: Any, again: Callable[[], Any], parameters: dict[str, Any]) -> Any:
    """GetActivityTask holds the line until a task is scheduled, at most for a minute."""
    arn = str(parameters.get("ActivityArn"))
    until = world.now() + POLL_SECONDS
    while not result.get("TaskToken") and world.now() < until:
        found = world.db.activities.get(arn)
        if found is None:
            break
        waiting = f"activity:{arn}:{world.execution.arn}:{world.count}"
        if not world.flow.replaying:
            found.waiting.append(waiting)

        async def event(key: str = waiting) -> Any:
            return await world.flow.event(key)

        try:
            await world.flow.timeout(event(), until - world.now())
        except FlowTimeout:
            break
        result = await world.flow.perform(again)
    return result


POLLS["stepfunctions", "GetActivityTask"] = _activity_task
