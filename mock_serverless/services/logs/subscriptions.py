"""Subscription filters: events of a group go on to a function, a Kinesis stream or a Firehose stream.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html. Errors are recorded where they are not
marked. A delivery is work of its own after the call that brought the events; it goes through the same calls that anybody
would make, so the destination has to be there, or stubbed.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any

from ...core.agenda import job
from ...core.arns import Arn
from ...core.errors import AwsError, NotSupported
from ...core.operation import operation
from ...core.scope import Scope
from .ingestion import ARRIVED
from .requests import group_of, page
from .searches import matcher
from .store import Event, Group, State, Stream, Subscription, invalid, not_found

MOST = 2
# member that this service can't honour -> when it asks for something
UNSUPPORTED = ("fieldSelectionCriteria", "emitSystemFields", "applyOnTransformedLogs")


@operation
def put_subscription_filter(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html"""
    for member in UNSUPPORTED:
        if request.get(member):
            raise NotSupported(f"logs.PutSubscriptionFilter: mock_serverless does not implement {member}.")
    destination = _destination(state, request)
    matcher(request["filterPattern"])
    group, name = group_of(state, request), request["filterName"]
    before = group.subscriptions.get(name)
    if before is None and len(group.subscriptions) >= MOST:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    _CHECKS[destination.service](state, group, destination)
    subscription = Subscription(
        name,
        request["filterPattern"],
        str(destination),
        request.get("roleArn"),
        request.get("distribution") or "ByLogStream",
        state.now() if before is None else before.created,
    )
    if not group.subscriptions:
        state.scope.watch(state.arn(group.name), ARRIVED)
    group.subscriptions[name] = subscription
    return {}


def _destination(state: State, request: dict[str, Any]) -> Arn:
    arn = Arn.parse(request["destinationArn"])
    if arn is None:  # a guess at the words
        raise invalid(f"destinationArn {request['destinationArn']} is not a valid ARN")
    if arn.service == "logs":
        raise NotSupported(
            "logs: mock_serverless has no destinations of other accounts; name the stream or the function"
        )
    if arn.service not in _CHECKS:  # a guess at the words
        raise invalid(f"destinationArn for vendor {arn.service} is not supported")
    if arn.service == "lambda":
        if arn.account != state.scope.account:
            raise AwsError(
                "AccessDeniedException",
                "Cross-account lambda invocation passing is not allowed. "
                "You must use DestinationPolicies to create cross account lambda triggers.",
            )
        if request.get("roleArn"):  # as for the others; a guess
            raise invalid("destinationArn for vendor lambda cannot be used with roleArn")
    elif not request.get("roleArn"):
        raise invalid(f"destinationArn for vendor {arn.service} cannot be used without roleArn")
    return arn


def _check_function(state: State, group: Group, arn: Arn) -> None:
    try:
        found = state.scope.call("lambda", "GetFunctionConfiguration", {"FunctionName": str(arn)}, caller="logs")
    except AwsError:  # reported: https://github.com/serverless/serverless/issues/6263
        raise invalid(
            "Could not execute the lambda function. "
            "Make sure you have given CloudWatch Logs permission to execute your function."
        ) from None
    if (found.get("LoggingConfig") or {}).get("LogGroup") == group.name:
        raise NotSupported(
            f"logs: the function {found['FunctionName']} writes its own log to {group.name}; subscribed to it, it would be "
            "invoked for what it logs without an end, on AWS too"
        )


def _check_stream(state: State, group: Group, arn: Arn) -> None:
    """AWS sends a message to try the destination; the words of the error as users report them."""
    kind = "Kinesis" if arn.service == "kinesis" else "Firehose"
    test = {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [
            {
                "id": "",
                "timestamp": state.now(),
                "message": f"CWL CONTROL MESSAGE: Checking health of destination {kind} stream.",
            }
        ],
    }
    try:
        _SENDERS[arn.service](state.scope, arn, _packed(test), "CloudwatchLogs")
    except AwsError:
        raise invalid(
            f"Could not deliver test message to specified {kind} stream. "
            f"Check if the given {kind.lower() if kind == 'Kinesis' else kind} stream is in ACTIVE state."
        ) from None


_CHECKS = {"lambda": _check_function, "kinesis": _check_stream, "firehose": _check_stream}


@operation
def describe_subscription_filters(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By name."""
    group, prefix = group_of(state, request), request.get("filterNamePrefix") or ""
    filters, token = page([s for name, s in sorted(group.subscriptions.items()) if name.startswith(prefix)], request)
    return {"subscriptionFilters": [_shown(group, s) for s in filters], **token}


def _shown(group: Group, subscription: Subscription) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "filterName": subscription.name,
        "logGroupName": group.name,
        "filterPattern": subscription.pattern,
        "destinationArn": subscription.destination,
        "distribution": subscription.distribution,
        "creationTime": subscription.created,
    }
    if _transformers_known():
        shown["applyOnTransformedLogs"] = False
    return {**shown, "roleArn": subscription.role} if subscription.role else shown


def _transformers_known() -> bool:
    from ...core.operation import output_shape

    filters = output_shape("logs", "DescribeSubscriptionFilters").members["subscriptionFilters"]
    return "applyOnTransformedLogs" in filters.member.members


@operation
def delete_subscription_filter(state: State, request: dict[str, Any]) -> dict[str, Any]:
    group = group_of(state, request)
    if group.subscriptions.pop(request["filterName"], None) is None:
        raise not_found("The specified subscription filter does not exist.")
    if not group.subscriptions:
        state.scope.unwatch(state.arn(group.name), ARRIVED)
    return {}


# ---------------------------------------------------------------------- delivering


def deliver(state: State, group: Group, stream: Stream, events: Sequence[Event]) -> None:
    """Put on the agenda what each subscription gets of new events."""
    for subscription in group.subscriptions.values():
        matches = matcher(subscription.pattern)
        chosen = [event for event in events if matches(event.message) is not None]
        if chosen:
            message = {
                "messageType": "DATA_MESSAGE",
                "owner": state.scope.account,
                "logGroup": group.name,
                "logStream": stream.name,
                "subscriptionFilters": [subscription.name],
                "logEvents": [{"id": f"{e.id:056d}", "timestamp": e.timestamp, "message": e.message} for e in chosen],
            }
            key = stream.name if subscription.distribution == "ByLogStream" else state.scope.ids.hex(32)
            state.scope.later(0, "logs:deliver", destination=subscription.destination, message=message, key=key)


@job("logs:deliver")
def _deliver(scope: Scope, destination: str, message: dict[str, Any], key: str) -> None:
    """Once; AWS tries for a day. A failure is reported."""
    arn = Arn.parse(destination)
    assert arn is not None
    failure = f"logs:{destination}"
    try:
        _SENDERS[arn.service](scope, arn, _packed(message), key)
    except AwsError as e:
        title = f"events of the log group {message['logGroup']} were not delivered to {destination}"
        scope.report_failure(failure, title, str(e))
        return
    scope.looked_at(failure)


def _packed(message: dict[str, Any]) -> bytes:
    return gzip.compress(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)


def _to_lambda(scope: Scope, arn: Arn, data: bytes, key: str) -> None:
    payload = json.dumps({"awslogs": {"data": base64.b64encode(data).decode()}}).encode()
    request = {"FunctionName": str(arn), "InvocationType": "Event", "Payload": payload}
    scope.call("lambda", "Invoke", request, caller="logs", region=arn.region)


def _to_kinesis(scope: Scope, arn: Arn, data: bytes, key: str) -> None:
    request = {"StreamName": arn.resource.removeprefix("stream/"), "Data": data, "PartitionKey": key[:256]}
    scope.call("kinesis", "PutRecord", request, caller="logs", account=arn.account, region=arn.region)


def _to_firehose(scope: Scope, arn: Arn, data: bytes, key: str) -> None:
    request = {"DeliveryStreamName": arn.resource.removeprefix("deliverystream/"), "Record": {"Data": data}}
    scope.call("firehose", "PutRecord", request, caller="logs", account=arn.account, region=arn.region)


_SENDERS = {"lambda": _to_lambda, "kinesis": _to_kinesis, "firehose": _to_firehose}
