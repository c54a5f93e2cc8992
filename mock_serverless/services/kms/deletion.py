"""schedule_key_deletion, cancel_key_deletion, and what comes of them in virtual time.

https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html. A primary key with replicas waits until the last of
them has been deleted, and its own waiting period begins then.
"""

from __future__ import annotations

from typing import Any

from ...core.agenda import job
from ...core.clock import from_timestamp
from ...core.constraints import validation_error, violation
from ...core.operation import operation
from ...core.scope import Scope
from .identifiers import key_of
from .requests import known
from .store import DAY, DISABLED, PENDING, PENDING_REPLICAS, Key, State

LEAST, USUAL, MOST = 7, 30, 30


@operation
def schedule_key_deletion(state: State, request: dict[str, Any]) -> dict[str, Any]:
    window = request.get("PendingWindowInDays", USUAL)
    _check_window(window)
    key = key_of(state, request, "ScheduleKeyDeletion")
    key.window = window
    if key.is_primary and len(key.family.members) > 1:
        key.state = PENDING_REPLICAS
    else:
        _begin(state, key)
    state.changed(key)
    answer = {"KeyId": key.arn, "KeyState": key.state, "PendingWindowInDays": window}
    if key.deletion is not None:
        answer["DeletionDate"] = from_timestamp(key.deletion)
    return known("ScheduleKeyDeletion", answer)


def _check_window(window: int) -> None:
    """7 to 30 days: the API reference. The model allows 1 to 365; the words are those of its other limits, a guess."""
    if window < LEAST:
        raise validation_error(
            [violation(window, "pendingWindowInDays", f"Member must have value greater than or equal to {LEAST}")]
        )
    if window > MOST:
        raise validation_error(
            [violation(window, "pendingWindowInDays", f"Member must have value less than or equal to {MOST}")]
        )


def _begin(state: State, key: Key) -> None:
    key.state, key.deletion = PENDING, state.scope.timestamp() + (key.window or USUAL) * DAY
    state.scope.at(key.deletion, "kms:delete", background=True, key=key.id, date=key.deletion)


@job("kms:delete")
def delete(scope: Scope, key: str, date: float) -> None:
    """The waiting period is over, if the deletion hasn't been cancelled."""
    state: State = scope.state()
    found = state.keys.get(key)
    if found is None or found.deletion != date:
        return
    state.remove(found)
    state.changed(found)
    left = found.family.members
    primary = left.get(found.family.primary)
    if primary is not None and len(left) == 1 and primary.state == PENDING_REPLICAS:
        _begin(scope.state(region=primary.region), primary)


@operation
def cancel_key_deletion(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """The key is Disabled then (recorded)."""
    key = key_of(state, request, "CancelKeyDeletion")
    key.state, key.window, key.deletion = DISABLED, None, None
    state.changed(key)
    return {"KeyId": key.arn}
