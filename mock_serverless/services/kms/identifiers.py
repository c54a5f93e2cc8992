"""A key by its id, its ARN, its alias or its alias' ARN.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id. The words about ids, regions and aliases are
recorded; that some operations take no alias is reported by users (https://github.com/boto/boto/pull/3202).
"""

from __future__ import annotations

import re
from typing import Any

from ...core.arns import Arn
from ...core.errors import AwsError
from .managed import first_use
from .materials import rotate_if_due
from .permissions import authorise, denied_unseen
from .states import check_state
from .store import Key, State

ID = re.compile(r"[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|mrk-[a-fA-F0-9]{32}")
BY_ALIAS = frozenset(
    {
        *("DescribeKey", "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
        *("GenerateMac", "VerifyMac"),
    }
)
"""Take an alias in place of an id."""
BY_OTHERS = BY_ALIAS | {"CreateGrant", "ListGrants", "RevokeGrant", "RetireGrant", "GetKeyRotationStatus"}
"""Take a key of another account, by its ARN ("Cross-account use" in the API reference)."""


def named_key(
    state: State,
    identifier: str,
    operation: str,
    *,
    action: str | None = None,
    context: dict[str, str] | None = None,
) -> Key:
    """The key of a request, if the operation takes such a name, if the caller may do that with it, and if its state allows it."""
    key = find(state, identifier, operation)
    authorise(state, key, action or operation, context)
    check_state(key, operation)
    return key


def find(state: State, identifier: str, operation: str) -> Key:
    """The key that an identifier names; AwsError when there is none."""
    arn = Arn.parse(identifier)
    home = state if arn is None else _home(state, arn, operation)
    resource = identifier if arn is None else arn.resource
    is_alias = resource.startswith("alias/")
    if is_alias and operation not in BY_ALIAS:
        raise AwsError("InvalidArnException", "Key Aliases are not supported for this operation.")
    if is_alias:
        found = _by_alias(state, home, resource, operation)
    else:
        found = _by_id(state, home, resource if arn is None else resource.removeprefix("key/"), operation)
    rotate_if_due(home, found)
    return found


def _home(state: State, arn: Arn, operation: str) -> State:
    """The account whose key an ARN names."""
    scope = state.scope
    if arn.service != "kms" or not arn.resource.startswith(("key/", "alias/")) or arn.partition != scope.partition:
        raise AwsError("NotFoundException", f"Invalid arn {arn}")  # a guess
    if arn.region != scope.region:
        raise AwsError("NotFoundException", f"Invalid arn {arn.region}")
    if arn.account == scope.account:
        return state
    if operation not in BY_OTHERS or not (len(arn.account) == 12 and arn.account.isdigit()):
        raise denied_unseen(state, operation)
    there: State = scope.state(account=arn.account)
    return there


def _by_alias(state: State, home: State, name: str, operation: str) -> Key:
    alias = home.aliases.get(name)
    if alias is None and operation == "DescribeKey" and home is state:
        alias = first_use(state, name)
    if alias is not None:
        return home.keys[alias.target]
    if home is not state:
        raise denied_unseen(state, operation)
    raise no_alias(state, name)


def no_alias(state: State, name: str) -> AwsError:
    """There is no such alias."""
    return AwsError("NotFoundException", f"Alias {state.arn(name)} is not found.")


def _by_id(state: State, home: State, key_id: str, operation: str) -> Key:
    if ID.fullmatch(key_id) is None:
        raise AwsError("NotFoundException", f"Invalid keyId '{key_id}'")
    found = home.keys.get(key_id)
    if found is not None:
        return found
    if home is not state:
        raise denied_unseen(state, operation)
    raise AwsError("NotFoundException", f"Key '{state.arn(f'key/{key_id}')}' does not exist")


def key_of(state: State, request: dict[str, Any], operation: str) -> Key:
    """The key which a request calls ``KeyId``."""
    return named_key(state, request["KeyId"], operation)
