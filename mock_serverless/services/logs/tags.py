"""Tags of log groups, by the older operations (a group's name) and the newer (its ARN).

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html#log-group-tagging
"""

from __future__ import annotations

from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError
from ...core.operation import operation
from .ingestion import take_up
from .requests import group_of, name_of
from .store import Group, State, invalid

MOST = 50


def check_tags(tags: dict[str, str]) -> None:
    """Raises when there are too many, or reserved ones; guesses at the words."""
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid("Tag keys starting with 'aws:' are reserved for system use")
    if len(tags) > MOST:
        message = "The maximum number of tags per resource has been exceeded"
        raise AwsError("TooManyTagsException", message)


def _put(group: Group, tags: dict[str, str]) -> dict[str, Any]:
    merged = {**group.tags, **tags}
    check_tags(merged)
    group.tags = merged
    return {}


def _take(group: Group, keys: list[str]) -> dict[str, Any]:
    group.tags = {key: value for key, value in group.tags.items() if key not in keys}
    return {}


def _tagged(state: State, request: dict[str, Any]) -> Group:
    take_up(state)
    arn = Arn.parse(request["resourceArn"])
    if arn is None or arn.service != "logs" or not arn.resource.startswith("log-group:"):  # a guess at the words
        raise invalid(f"Invalid resource ARN: {request['resourceArn']}")
    return state.group(name_of(request["resourceArn"]))


@operation
def tag_log_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return _put(group_of(state, request), request["tags"])


@operation
def untag_log_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return _take(group_of(state, request), request["tags"])


@operation
def list_tags_log_group(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"tags": dict(group_of(state, request).tags)}


@operation
def tag_resource(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return _put(_tagged(state, request), request["tags"])


@operation
def untag_resource(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return _take(_tagged(state, request), request["tagKeys"])


@operation
def list_tags_for_resource(state: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"tags": dict(_tagged(state, request).tags)}
