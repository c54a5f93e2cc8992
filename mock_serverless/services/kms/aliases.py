"""create_alias, update_alias, delete_alias, list_aliases.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html. Refusals are recorded (in LocalStack's and moto's tests)
where they are not marked.
"""

from __future__ import annotations

from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation
from .identifiers import key_of, named_key, no_alias
from .managed import predefined
from .permissions import authorise
from .requests import page
from .store import Alias, Key, State

PREFIX = "alias/"
HELP = "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
MOST = 50
"""Aliases of a key: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""


@operation
def create_alias(state: State, request: dict[str, Any]) -> dict[str, Any]:
    name = _checked_name(request["AliasName"])
    key = _target(state, request, "CreateAlias")
    if name in state.aliases:
        raise AwsError("AlreadyExistsException", f"An alias with the name {state.arn(name)} already exists")
    _check_room(state, key)
    now = state.scope.timestamp()
    state.aliases[name] = Alias(name, key.id, now, now)
    return {}


def _checked_name(name: str) -> str:
    if not name.startswith(PREFIX):
        raise AwsError("ValidationException", f'Alias must start with the prefix "{PREFIX}". Please see {HELP}')
    if name.startswith("alias/aws/"):
        raise AwsError("NotAuthorizedException", "")
    if ":" in name:
        raise AwsError("ValidationException", f"{name} contains invalid characters for an alias")
    if name == PREFIX:
        raise AwsError("InvalidAliasNameException", "Alias name must not be empty.")  # a guess at the words
    return name


def _target(state: State, request: dict[str, Any], operation: str) -> Key:
    target = request["TargetKeyId"]
    if target.startswith(PREFIX):
        raise AwsError("ValidationException", "Aliases must refer to keys. Not aliases")
    return named_key(state, target, operation)


def _check_room(state: State, key: Key) -> None:
    if sum(alias.target == key.id for alias in state.aliases.values()) >= MOST:  # a guess at the words
        raise AwsError("LimitExceededException", f"{key.arn} has the maximum number of aliases: {MOST}")


def _there(state: State, request: dict[str, Any]) -> Alias:
    name = _checked_name(request["AliasName"])
    found = state.aliases.get(name)
    if found is None:
        raise no_alias(state, name)
    return found


@operation
def update_alias(state: State, request: dict[str, Any]) -> dict[str, Any]:
    alias = _there(state, request)
    before = state.keys[alias.target]
    authorise(state, before, "UpdateAlias")
    key = _target(state, request, "UpdateAlias")
    if key is not before:
        _check_kind(before, key)
        _check_room(state, key)
    state.aliases[alias.name] = Alias(alias.name, key.id, alias.created, state.scope.timestamp())
    return {}


def _check_kind(before: Key, key: Key) -> None:
    """ "Must be the same type, and they must have the same key usage": the API reference. A guess at code and words."""
    kinds = [(one.usage, one.spec.split("_")[0] in ("SYMMETRIC", "HMAC")) for one in (before, key)]
    if kinds[0] != kinds[1]:
        raise AwsError(
            "ValidationException", "The current and new KMS key must be the same type and have the same key usage."
        )


@operation
def delete_alias(state: State, request: dict[str, Any]) -> dict[str, Any]:
    alias = _there(state, request)
    authorise(state, state.keys[alias.target], "DeleteAlias")
    del state.aliases[alias.name]
    return {}


@operation
def list_aliases(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By name. AWS's own that haven't been used yet have no key (API_ListAliases)."""
    key = None if request.get("KeyId") is None else key_of(state, request, "ListAliases")
    names = {*state.aliases, *(predefined() if key is None else ())}
    rows = [_shown(state, name) for name in sorted(names)]
    if key is not None:
        rows = [row for row in rows if row.get("TargetKeyId") == key.id]
    found, more = page(rows, lambda row: str(row["AliasName"]), request, 50, 100)
    return {"Aliases": found, **more}


def _shown(state: State, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"AliasName": name, "AliasArn": state.arn(name)}
    alias = state.aliases.get(name)
    if alias is None:
        return shown
    dates = {"CreationDate": from_timestamp(alias.created), "LastUpdatedDate": from_timestamp(alias.changed)}
    return {**shown, "TargetKeyId": alias.target, **dates}
