"""Tags of state machines and activities."""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation
from .store import State


def _tags(db: State, arn: str) -> dict[str, str]:
    for found in (db.machines.get(arn), db.activities.get(arn)):
        if found is not None:
            return found.tags
    raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)


@operation
def tag_resource(db: State, request: dict[str, Any]) -> dict[str, Any]:
    tags = _tags(db, request["resourceArn"])
    new = {**tags, **{t["key"]: t.get("value", "") for t in request["tags"]}}
    if len(new) > 50:
        raise AwsError("TooManyTags", "Tags can't exceed 50", resourceName=request["resourceArn"])
    tags.update(new)
    return {}


@operation
def untag_resource(db: State, request: dict[str, Any]) -> dict[str, Any]:
    tags = _tags(db, request["resourceArn"])
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


@operation
def list_tags_for_resource(db: State, request: dict[str, Any]) -> dict[str, Any]:
    return {"tags": [{"key": k, "value": v} for k, v in _tags(db, request["resourceArn"]).items()]}
