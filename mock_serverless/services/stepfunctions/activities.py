"""Activities: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html"""

from __future__ import annotations

from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from .encryption import OWNED, check_encryption
from .names import check_name, page
from .quotas import check_quota
from .store import Activity, State, Token, check_arn
from .tags import tags_of


@operation
def create_activity(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Idempotent by name; tags of an existing one stay as they are. A guess at the words of the refusal."""
    check_name(request["name"])
    arn = db.arn("activity", request["name"])
    activity, encryption = db.activities.get(arn), request.get("encryptionConfiguration")
    if activity is None:
        check_quota("activity", db.activities)
        check_encryption(db, encryption, {"aws:states:activityArn": arn})
        tags = tags_of(request, arn)
        activity = Activity(arn, request["name"], db.scope.timestamp(), tags, encryption or OWNED)
        db.activities[arn] = activity
    elif encryption not in (None, activity.encryption):
        message = f"Activity Already Exists: '{arn}'. EncryptionConfiguration may not be updated."
        raise AwsError("ActivityAlreadyExists", message)
    return {"activityArn": arn, "creationDate": from_timestamp(activity.created)}


@operation
def describe_activity(db: State, request: dict[str, Any]) -> dict[str, Any]:
    activity = db.activity(request["activityArn"])
    return {**_entry(activity), "encryptionConfiguration": activity.encryption}


def _entry(activity: Activity) -> dict[str, Any]:
    return {"activityArn": activity.arn, "name": activity.name, "creationDate": from_timestamp(activity.created)}


@operation
def delete_activity(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """Nothing happens when there is none (recorded)."""
    check_arn(request["activityArn"], ("activity",))
    db.activities.pop(request["activityArn"], None)
    return {}


@operation
def list_activities(db: State, request: dict[str, Any]) -> dict[str, Any]:
    found, token = page(list(db.activities.values()), request, db.scope.timestamp())
    return {"activities": [_entry(a) for a in found], **token}


@operation(unfinished=lambda request, response: not response.get("taskToken"))
def get_activity_task(db: State, request: dict[str, Any]) -> dict[str, Any]:
    """The oldest task that waits, or the next one that is scheduled within a minute (of virtual time, which passes meanwhile).

    A call out of a function or a state machine, which stands in the middle of other work, gets nothing at once.
    """
    activity = db.activity(request["activityArn"])
    token = db.scope.hold(lambda: _next_token(db, activity), POLL_SECONDS)
    if token is None:
        return {}
    db.scope.kernel.deliver(f"worker:{token.token}", request.get("workerName"))
    return {"taskToken": token.token, "input": token.input.text}


POLL_SECONDS = 60
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetActivityTask.html"""


def _next_token(db: State, activity: Activity) -> Token | None:
    while activity.queue:
        token = db.tokens[activity.queue.pop(0)]
        if token.open:
            return token
    return None


def offer(db: State, arn: str, token: str) -> None:
    """Put a task up for a worker; a flow which waits for one is woken."""
    activity = db.activity(arn)
    activity.queue.append(token)
    while activity.waiting:
        if db.scope.kernel.waits_for(activity.waiting[0]):
            db.scope.later(0, "stepfunctions:worker", key=activity.waiting.pop(0))
            return
        activity.waiting.pop(0)
