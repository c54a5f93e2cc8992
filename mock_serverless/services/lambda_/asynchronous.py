"""Events: invocations that nobody waits for, their retries, destinations and dead letters.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: a function that fails is run two more times,
a minute and then two minutes later. Throttled events come back after 1 s, 2 s, 4 s ... up to 5 minutes, for six hours.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from ...core.agenda import job
from ...core.errors import AwsError, MockServerlessError
from ...core.scope import Scope
from .destinations import dead_letter, deliver
from .execution import Chain, Run, error_of, run
from .names import Target
from .runtime.environment import Invocation
from .runtime.logs import stamp
from .store import LATEST, State

RETRIES = 2
AGE = 21_600
RETRY_SECONDS = {1: 60.0, 2: 120.0}
THROTTLE_CEILING = 300.0


@dataclass(frozen=True, slots=True)
class Event:
    """An event in a function's queue."""

    name: str
    qualifier: str | None
    payload: bytes
    request_id: str
    since: float
    chain: Chain
    runs: int = 0
    throttles: int = 0


def queue(target: Target, payload: bytes, led_by: Chain) -> None:
    """Put an event into a function's queue; it is run as the next due work."""
    scope = target.state.scope
    event = Event(target.name, target.qualifier, payload, scope.ids.uuid(), scope.timestamp(), led_by)
    scope.later(0, "lambda:event", event=event)


@job("lambda:event")
def _handle(scope: Scope, event: Event) -> None:
    state: State = scope.state()
    function = state.functions.get(event.name)
    if function is None:
        return
    config = function.invoke_configs.get(event.qualifier or LATEST, {})
    target = Target(state, function, event.name, event.qualifier)
    invocation = Invocation(event.request_id, target.arn, event.payload)
    try:
        finished = run(target, invocation, event.chain)
    except AwsError as e:
        _refused(target, event, config, e)
    except MockServerlessError as e:
        scope.report_failure(f"lambda:{event.request_id}", f"the function {event.name} could not be run", str(e))
    else:
        _finished(target, replace(event, runs=event.runs + 1), config, finished)


def _refused(target: Target, event: Event, config: dict[str, Any], error: AwsError) -> None:
    """It could not be run now. Throttles and AWS's own errors are tried again:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    scope = target.state.scope
    if error.code != "TooManyRequestsException" and error.status < 500:
        _give_up(target, event, config, "RecursiveInvocation" if "Recursive" in error.code else error.code, None)
        return
    if target.there().reserved == 0:
        _give_up(target, event, config, "ZeroReservedConcurrency", None)
        return
    wait = min(2.0**event.throttles, THROTTLE_CEILING)
    if _too_old(scope, event, config, wait):
        _give_up(target, event, config, "EventAgeExceeded", None)
        return
    scope.later(wait, "lambda:event", event=replace(event, throttles=event.throttles + 1))


def _finished(target: Target, event: Event, config: dict[str, Any], finished: Run) -> None:
    scope, key = target.state.scope, f"lambda:{event.request_id}"
    if finished.outcome.kind is None:
        scope.looked_at(key)
        destination = _destination(config, "OnSuccess")
        if destination:
            deliver(scope, destination, _record(target, event, "Success", finished), target.arn)
        return
    failure = f"the function {event.name}, invoked asynchronously, failed (run {event.runs})"
    scope.report_failure(key, failure, finished.outcome.trace)
    retries = config.get("MaximumRetryAttempts", RETRIES)
    if event.runs > retries:
        _give_up(target, event, config, "RetriesExhausted", finished)
        return
    wait = RETRY_SECONDS[event.runs]
    if _too_old(scope, event, config, wait):
        _give_up(target, event, config, "EventAgeExceeded", finished)
        return
    scope.later(wait, "lambda:event", event=event)


def _too_old(scope: Scope, event: Event, config: dict[str, Any], wait: float) -> bool:
    limit: int = config.get("MaximumEventAgeInSeconds", AGE)
    return scope.timestamp() + wait - event.since > limit


def _destination(config: dict[str, Any], when: str) -> str | None:
    found: str | None = config.get("DestinationConfig", {}).get(when, {}).get("Destination")
    return found


def _give_up(target: Target, event: Event, config: dict[str, Any], condition: str, last: Run | None) -> None:
    scope = target.state.scope
    destination = _destination(config, "OnFailure")
    letters = target.version().settings.get("DeadLetterConfig", {}).get("TargetArn")
    if destination:
        deliver(scope, destination, _record(target, event, condition, last), target.arn)
    if letters:
        message = condition if last is None else error_of(last.outcome).get("errorMessage", "")
        dead_letter(scope, letters, event.payload, event.request_id, 429 if last is None else 200, message)
    if destination or letters:
        scope.looked_at(f"lambda:{event.request_id}")
    elif last is None:
        title = f"an event for the function {event.name} was discarded: {condition}"
        scope.report_failure(f"lambda:{event.request_id}", title)


def _record(target: Target, event: Event, condition: str, last: Run | None) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (example invocation record)"""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": stamp(target.state.scope.timestamp()),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": target.state.arn(target.name, target.qualifier or LATEST),
            "condition": condition,
            "approximateInvokeCount": event.runs,
        },
        "requestPayload": json.loads(event.payload),
    }
    if last is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": last.version.number}
        if last.outcome.kind is not None:
            context["functionError"] = "Unhandled"
        record["responseContext"] = context
        record["responsePayload"] = _response(last.outcome.payload)
    return record


def _response(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode("utf-8", "replace")
