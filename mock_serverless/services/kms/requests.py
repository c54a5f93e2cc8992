"""Who asks, and in which context; lists in pages; requests that are only tried.

Keys of conditions: https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ...core.errors import AwsError, NotSupported
from ...core.guest import current_visit
from ...core.operation import output_shape
from ...core.policies import Request, general_keys
from ...core.principals import Principal
from .store import Key, State

T = TypeVar("T")

SERVICES = {"dynamodb": "dynamodb", "lambda": "lambda", "logs": "logs", "states": "states"}
"""What services call themselves in the journal -> their names in kms:ViaService."""


def caller(state: State) -> Principal:
    """Who makes the call that is being served; of a service, who has called that."""
    call = state.scope.cloud.serving
    return (
        state.scope.principal("", state.scope.account)
        if call is None
        else state.scope.principal(call.access_key, call.account)
    )


def service(state: State) -> str | None:
    """The service that calls on behalf of somebody; None when somebody calls directly."""
    call = state.scope.cloud.serving
    visit = current_visit()
    if call is None or (visit is not None and visit.name == call.caller):
        return None
    return SERVICES.get(call.caller)


def request_of(state: State, key: Key, action: str, context: dict[str, str] | None = None) -> Request:
    """What the call that is being served asks of a key, for a policy to look at."""
    who, scope = caller(state), state.scope
    keys = general_keys(who, scope.region, scope.now())
    keys["kms:calleraccount"] = (who.account,)
    via = service(state)
    if via is not None:
        keys["kms:viaservice"] = (f"{via}.{scope.region}.{scope.dns_suffix}",)
    keys["kms:keyspec"], keys["kms:keyusage"] = (key.spec,), (key.usage,)
    keys["kms:keyorigin"], keys["kms:multiregion"] = ("AWS_KMS",), (str(key.multi).lower(),)
    aliases = tuple(alias.name for alias in scope.state(account=key.account).aliases.values() if alias.target == key.id)
    if aliases:
        keys["kms:resourcealiases"] = aliases
    for name, value in key.tags.items():
        keys[f"aws:resourcetag/{name}".lower()] = (value,)
    for name, value in (context or {}).items():
        keys[f"kms:encryptioncontext:{name}".lower()] = (value,)
    if context:
        keys["kms:encryptioncontextkeys"] = tuple(context)
    call = scope.cloud.serving
    keys.update(_details({} if call is None else call.params, via))
    return Request(who.arn, who.account, f"kms:{action}", key.arn, keys)


DETAILS = {
    **{name: name for name in ("GranteePrincipal", "RetiringPrincipal", "EncryptionAlgorithm", "MacAlgorithm")},
    **{name: name for name in ("PrimaryRegion", "ReplicaRegion", "RotationPeriodInDays")},
    "PendingWindowInDays": "ScheduleKeyDeletionPendingWindowInDays",
}
"""Parameters -> the keys of conditions that have their values."""


def _details(params: dict[str, Any], via: str | None) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        f"kms:{name}".lower(): (str(params[member]),) for member, name in DETAILS.items() if params.get(member)
    }
    if str(params.get("KeyId", "")).startswith("alias/"):
        found["kms:requestalias"] = (params["KeyId"],)
    if "Operations" in params:
        found["kms:grantoperations"] = tuple(params["Operations"])
        found["kms:grantisforawsresource"] = (str(via is not None).lower(),)
    return found


# ---------------------------------------------------------------------- requests that are only tried, and for nobody here


def check_dry_run(request: dict[str, Any]) -> None:
    """The end of a dry run: everything has been checked.

    https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html; the words are those of CloudTrail's examples.
    """
    if request.get("DryRun"):
        message = "The request would have succeeded, but the DryRun option is set."
        raise AwsError("DryRunOperationException", message, 412)


def refuse(request: dict[str, Any], operation: str, *members: str) -> None:
    """What isn't there is refused by name."""
    for member in members:
        if request.get(member):
            raise NotSupported(f"kms.{operation}: mock_serverless does not implement {member}.")


def known(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The members of an answer which the installed botocore's model has."""
    members = output_shape("kms", operation).members
    return {name: value for name, value in answer.items() if name in members}


# ---------------------------------------------------------------------- pages


def page(
    items: Sequence[T], name_of: Callable[[T], str], request: dict[str, Any], usual: int, most: int
) -> tuple[list[T], dict[str, Any]]:
    """The part of a list that a request asks for, and the members of the answer which say whether there is more.

    A marker names the last item of a page; an item that has gone since ends the list where it stood, if that can be told.
    """
    start = 0
    if request.get("Marker"):
        last = _name_in(request["Marker"])
        names = [name_of(item) for item in items]
        start = names.index(last) + 1 if last in names else sum(name <= last for name in names)
    end = start + min(request.get("Limit") or usual, most)
    found = list(items[start:end])
    if end < len(items):
        marker = base64.urlsafe_b64encode(f"after {name_of(found[-1])}".encode()).decode()
        return found, {"NextMarker": marker, "Truncated": True}
    return found, {"Truncated": False}


def _name_in(marker: str) -> str:
    try:
        word, _, name = base64.b64decode(marker, altchars=b"-_", validate=True).decode().partition(" ")
        if word == "after":
            return name
    except ValueError:
        pass
    raise AwsError("InvalidMarkerException", "Could not deserialize marker.")  # a guess at the words
