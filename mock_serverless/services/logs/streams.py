"""Log streams: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation
from .requests import group_of, page
from .store import Group, State, Stream, invalid


@operation
def create_log_stream(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html; recorded."""
    group, name = group_of(state, request), request["logStreamName"]
    if name in group.streams:
        raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")
    group.streams[name] = Stream(name, state.now())
    return {}


@operation
def delete_log_stream(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """With its events."""
    group = group_of(state, request)
    del group.streams[group.stream(request["logStreamName"]).name]
    return {}


@operation
def describe_log_streams(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By name or by their last event; recorded. ``storedBytes`` of a stream is always 0 (API_LogStream)."""
    group = group_of(state, request)
    prefix, by_time = request.get("logStreamNamePrefix") or "", request.get("orderBy") == "LastEventTime"
    if prefix and by_time:
        raise invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    found = [stream for name, stream in sorted(group.streams.items()) if name.startswith(prefix)]
    if by_time:
        found.sort(key=lambda stream: stream.events[-1].timestamp if stream.events else stream.created)
    if request.get("descending"):
        found.reverse()
    streams, token = page(found, request)
    return {"logStreams": [_shown(state, group, stream) for stream in streams], **token}


def _shown(state: State, group: Group, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {"logStreamName": stream.name, "creationTime": stream.created}
    if stream.events:
        shown["firstEventTimestamp"] = stream.events[0].timestamp
        shown["lastEventTimestamp"] = stream.events[-1].timestamp
    if stream.ingested is not None:
        shown["lastIngestionTime"] = stream.ingested
        shown["uploadSequenceToken"] = sequence_token(state)
    return {**shown, "arn": f"{state.arn(group.name)}:log-stream:{stream.name}", "storedBytes": 0}


def sequence_token(state: State) -> str:
    """Means nothing any more, on AWS too; 56 digits."""
    return f"{49 * 10**54 + state.batches:056d}"
