"""Tags of state machines and activities."""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation
from .store import State, check_arn

MOST = 50


def tags_of(request: dict[str, Any], arn: str) -> dict[str, str]:
    """The tags of something new."""
    return _checked({t["key"]: t.get("value", "") for t in request.get("tags", ())}, arn)


def _checked(tags: dict[str, str], arn: str) -> dict[str, str]:
    """ "Step Functions has a limit of 50 tags" (TooManyTags); the words are a guess."""
    if len(tags) > MOST:
        raise AwsError("TooManyTags", "Tags can't exceed 50", resourceName=arn)
    return tags


def _tags(db: State, arn: str) -> dict[str, str]:
    check_arn(arn, ("stateMachine", "activity"))
    for found in (db.machines.get(arn), db.activities.get(arn)):
        if found is not None:
            return found.tags
    raise AwsError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)


@operation
def tag_resource(db: State, request: dict[str, Any]) -> dict[str, Any]:
    tags = _tags(db, request["resourceArn"])
    new = {t["key"]: t.get("value", "") for t in request["tags"]}
    tags.update(_checked({**tags, **new}, request["resourceArn"]))
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
