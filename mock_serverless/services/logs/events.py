"""Events: put them into a stream, and read a stream forward and backward.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html and API_GetLogEvents.html
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import Any

from ...core.operation import operation
from .entities import rejection
from .ingestion import ingest
from .requests import group_of
from .store import DAY, OVERHEAD, TIME_BIT, Event, Group, State, invalid
from .streams import sequence_token

# the pages above, the words as users report them
LARGEST = 1_048_576
MOST = 10_000
OLDEST = 14 * DAY
NEWEST = 2 * 3_600_000
SPAN = DAY


@operation
def put_log_events(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """What is too old or too new is left out, and told; the sequence token is ignored, as on AWS."""
    group = group_of(state, request)
    stream = group.stream(request["logStreamName"])
    given, now = request["logEvents"], state.now()
    _check_sizes(given)
    times = [event["timestamp"] for event in given]
    if any(later < earlier for earlier, later in pairwise(times)):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")  # recorded
    first, last, rejected = _accepted(group, times, now)
    if first < last and times[last - 1] - times[first] > SPAN:
        raise invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    if first < last:
        ingest(state, group, stream, [(e["timestamp"], e["message"]) for e in given[first:last]], now)
    answer: dict[str, Any] = {"nextSequenceToken": sequence_token(state)}
    if rejected:
        answer["rejectedLogEventsInfo"] = rejected
    fault = rejection(request.get("entity"))
    if fault is not None:
        answer["rejectedEntityInfo"] = {"errorType": fault}
    return answer


def _check_sizes(given: list[dict[str, Any]]) -> None:
    sizes = [len(event["message"].encode()) + OVERHEAD for event in given]
    for what, size in (("Log event", max(sizes)), ("Upload", sum(sizes))):
        if size > LARGEST:
            raise invalid(f"{what} too large: {size} bytes exceeds limit of {LARGEST}")


def _accepted(group: Group, times: list[int], now: int) -> tuple[int, int, dict[str, int]]:
    """From where to where events are good, and the indexes of those that aren't (API_RejectedLogEventsInfo)."""
    rejected: dict[str, int] = {}
    first, last = bisect_left(times, now - OLDEST), bisect_right(times, now + NEWEST)
    if first:
        rejected["tooOldLogEventEndIndex"] = first
    if group.retention is not None:
        expired = bisect_left(times, now - group.retention * DAY)
        if expired > first:
            rejected["expiredLogEventEndIndex"] = first = expired
    if last < len(times):
        rejected["tooNewLogEventStartIndex"] = last
    return first, last, rejected


# ---------------------------------------------------------------------- reading a stream

_TOKEN = re.compile(r"([fb])/(\d{56})/s")


@operation
def get_log_events(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """A page of a stream, oldest first within it. Where nothing is left, the token comes back that was sent."""
    group = group_of(state, request)
    events = group.stream(request["logStreamName"]).events
    low = bisect_left(events, (request.get("startTime", 0) << TIME_BIT,))
    high = bisect_left(events, (request["endTime"] << TIME_BIT,)) if "endTime" in request else len(events)
    token, limit = request.get("nextToken"), request.get("limit") or MOST
    forward = bool(request.get("startFromHead"))
    position = 0
    if token is not None:
        forward, position = _position(token)
        if forward:
            low = max(low, bisect_right(events, (position + 1,)))
        else:
            high = min(high, bisect_left(events, (position,)))
    found = _page(events[low:high], limit, forward)
    first, last = (found[0].id, found[-1].id) if found else (position, position)
    return {
        "events": [{"timestamp": e.timestamp, "message": e.message, "ingestionTime": e.ingested} for e in found],
        "nextForwardToken": f"f/{last:056d}/s",
        "nextBackwardToken": f"b/{first:056d}/s",
    }


def _position(token: str) -> tuple[bool, int]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise invalid("The specified nextToken is invalid.")  # recorded
    return match[1] == "f", int(match[2])


def _page(events: list[Event], limit: int, forward: bool) -> list[Event]:
    """At most so many, and at most 1 MB."""
    chosen: list[Event] = []
    left = LARGEST
    for event in events if forward else reversed(events):
        left -= event.size
        if len(chosen) == limit or (left < 0 and chosen):
            break
        chosen.append(event)
    return chosen if forward else chosen[::-1]
