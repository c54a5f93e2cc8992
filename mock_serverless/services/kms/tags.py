"""tag_resource, untag_resource, list_resource_tags.

https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html. The refusals are recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation
from .identifiers import key_of
from .requests import page
from .store import State

MOST = 50


def checked_tags(before: Mapping[str, str], given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """A key's tags with those that are given."""
    rows = list(given)
    if len({row["TagKey"] for row in rows}) != len(rows):
        raise AwsError("TagException", "Duplicate tag keys")
    merged = {**before, **{row["TagKey"]: row["TagValue"] for row in rows}}
    if len(merged) > MOST:
        raise AwsError("TagException", "Too many tags")
    if any(row["TagKey"].lower().startswith("aws:") for row in rows):
        raise AwsError("TagException", "Tags beginning with aws: are reserved")
    return merged


def shown_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As answers have them."""
    return [{"TagKey": name, "TagValue": value} for name, value in tags.items()]


@operation
def tag_resource(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "TagResource")
    key.tags = checked_tags(key.tags, request["Tags"])
    return {}


@operation
def untag_resource(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """What isn't there needs not be taken away."""
    key = key_of(state, request, "UntagResource")
    key.tags = {name: value for name, value in key.tags.items() if name not in request["TagKeys"]}
    return {}


@operation
def list_resource_tags(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "ListResourceTags")
    found, more = page(shown_tags(key.tags), lambda row: row["TagKey"], request, 50, 50)
    return {"Tags": found, **more}
