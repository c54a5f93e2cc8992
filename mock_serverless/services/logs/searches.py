"""Searching a log group, and trying a filter pattern.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

from __future__ import annotations

from typing import Any

from ...core.operation import operation
from .events import LARGEST, MOST
from .patterns import Matcher, PatternError, parse
from .requests import group_of, place_of, token_of
from .store import Group, State, Stream, invalid

BACKWARD_SINCE = 1_704_067_200_000
"""2024-01-01, in milliseconds: from when on the latest events can come first (API_FilterLogEvents)."""


def matcher(pattern: str) -> Matcher:
    """The pattern's matcher. Raises AwsError in AWS's words."""
    try:
        return parse(pattern)
    except PatternError as e:
        raise invalid(str(e)) from None


@operation
def filter_log_events(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """The events of all streams, or those named, in the order of their time; ``endTime`` itself is included.

    With ``startFromHead`` false the latest come first. A token goes on in its own direction.
    """
    group = group_of(state, request)
    streams = _streams(group, request)
    matches = matcher(request.get("filterPattern") or "")
    start, end = request.get("startTime", 0), request.get("endTime")
    forward = request.get("startFromHead") is not False
    if not forward and "startTime" in request and start < BACKWARD_SINCE:  # the words are a guess
        raise invalid("startFromHead can be false only when startTime is on or after Jan 1, 2024 00:00:00 UTC.")
    place, forward = place_of(request["nextToken"]) if "nextToken" in request else (None, forward)
    limit, left = request.get("limit") or MOST, LARGEST
    there = sorted(
        (
            (event, stream.name)
            for stream in streams
            for event in stream.events
            if place is None or (event.id > place if forward else event.id < place)
        ),
        reverse=not forward,
    )
    found: list[dict[str, Any]] = []
    answer: dict[str, Any] = {"events": found, "searchedLogStreams": []}
    for event, name in there:
        if event.timestamp < start or (end is not None and event.timestamp > end) or matches(event.message) is None:
            continue
        left -= event.size
        if len(found) == limit or (left < 0 and found):
            return {**answer, "nextToken": token_of(int(found[-1]["eventId"]), forward)}
        found.append(
            {
                "logStreamName": name,
                "timestamp": event.timestamp,
                "message": event.message,
                "ingestionTime": event.ingested,
                "eventId": f"{event.id:056d}",
            }
        )
    return answer


def _streams(group: Group, request: dict[str, Any]) -> list[Stream]:
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix")
    if names is None:
        return [stream for name, stream in group.streams.items() if name.startswith(prefix or "")]
    if prefix:  # API_FilterLogEvents; a guess at the words
        raise invalid("LogStream names and LogStream name prefix are mutually exclusive parameters.")
    return [group.stream(name) for name in dict.fromkeys(names)]


@operation
def test_metric_filter(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Events are counted from 1 (seen by others against AWS; the examples of API_TestMetricFilter begin with 0)."""
    matches = matcher(request["filterPattern"])
    found = []
    for number, message in enumerate(request["logEventMessages"], 1):
        extracted = matches(message)
        if extracted is not None:
            found.append({"eventNumber": number, "eventMessage": message, "extractedValues": extracted})
    return {"matches": found}
