"""replicate_key, update_primary_region: multi-Region keys.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html. The answer says Creating, as AWS's does
(recorded); the replica can be used in the next call, and a new primary at once.
"""

from __future__ import annotations

import json
from typing import Any

from ...core.arns import partition_of
from ...core.errors import AwsError
from ...core.operation import operation
from .identifiers import key_of
from .keys import metadata
from .policies import default_policy, policy_for
from .store import Key, State
from .tags import checked_tags, shown_tags


@operation
def replicate_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "ReplicateKey")
    there = _other(state, key, request["ReplicaRegion"])
    if key.id in there.keys:  # API_ReplicateKey; the words are LocalStack's
        raise AwsError(
            "AlreadyExistsException",
            f"Unable to replicate key {key.id} to region {there.scope.region}, as the key already exist there",
        )
    replica = Key(
        key.id,
        there.arn(f"key/{key.id}"),
        there.scope.region,
        key.account,
        state.scope.timestamp(),
        key.spec,
        key.usage,
        request.get("Description") or "",
        default_policy(there),
        key.family,
        multi=True,
        tags=checked_tags({}, request.get("Tags") or ()),
    )
    replica.policy = policy_for(there, replica, request)
    there.add(replica)
    return {
        "ReplicaKeyMetadata": {**metadata(replica), "KeyState": "Creating", "Enabled": False},
        "ReplicaPolicy": json.dumps(replica.policy),
        "ReplicaTags": shown_tags(replica.tags),
    }


def _other(state: State, key: Key, region: str) -> State:
    """Another region for a primary key."""
    if not key.multi or not key.is_primary:  # an error without words, as of other unsupported operations: a guess
        raise AwsError("UnsupportedOperationException", "")
    if partition_of(region) != state.scope.partition or region == key.region:  # a guess at the words
        raise AwsError("ValidationException", f"Invalid replica region: {region}")
    there: State = state.scope.state(region=region)
    return there


@operation
def update_primary_region(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "UpdatePrimaryRegion")
    there = _other(state, key, request["PrimaryRegion"])
    if key.id not in there.keys:
        raise AwsError("NotFoundException", f"Key '{there.arn(f'key/{key.id}')}' does not exist")
    key.family.primary = there.scope.region
    return {}
