"""create_key, describe_key, list_keys, enable_key, disable_key, update_key_description.

https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html and its neighbours. Metadata as recorded.
"""

from __future__ import annotations

from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError, NotSupported
from ...core.operation import operation, output_shape
from .identifiers import key_of
from .policies import default_policy, policy_for
from .requests import page, refuse
from .specs import MEMBERS, SPECS, SYMMETRIC, usage_of
from .store import DISABLED, ENABLED, Family, Key, State
from .tags import checked_tags


@operation
def create_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    refuse(request, "CreateKey", "CustomKeyStoreId", "XksKeyId")
    if request.get("Origin", "AWS_KMS") != "AWS_KMS":
        raise NotSupported(
            f"kms.CreateKey: mock_serverless has keys of the Origin AWS_KMS only, not {request['Origin']}."
        )
    spec, usage = _kind(state, request)
    tags = checked_tags({}, request.get("Tags") or ())
    scope, random = state.scope, state.scope.ids
    key_id = f"mrk-{random.hex(32)}" if request.get("MultiRegion") else random.uuid()
    key = Key(
        key_id,
        state.arn(f"key/{key_id}"),
        scope.region,
        scope.account,
        scope.timestamp(),
        spec,
        usage,
        request.get("Description") or "",
        default_policy(state),
        Family(scope.region, (state.new_material(),)),
        multi=bool(request.get("MultiRegion")),
        tags=tags,
    )
    key.policy = policy_for(state, key, request)
    state.add(key)
    return {"KeyMetadata": metadata(key)}


def _kind(state: State, request: dict[str, Any]) -> tuple[str, str]:
    older, newer = request.get("CustomerMasterKeySpec"), request.get("KeySpec")
    if older is not None and newer is not None:  # the words are a guess
        message = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated."
        raise AwsError("ValidationException", message)
    spec = newer or older or SYMMETRIC
    if spec not in SPECS:
        raise NotSupported(f"kms.CreateKey: mock_serverless does not know the KeySpec {spec}.")
    if spec == "SM2" and state.scope.partition != "aws-cn":  # in China only: the API reference; the words are a guess
        raise AwsError("UnsupportedOperationException", f"KeySpec {spec} is not supported in this Region.")
    return spec, usage_of(spec, request.get("KeyUsage"))


def metadata(key: Key) -> dict[str, Any]:
    """A key as DescribeKey shows it."""
    shown: dict[str, Any] = {
        "AWSAccountId": key.account,
        "KeyId": key.id,
        "Arn": key.arn,
        "CreationDate": from_timestamp(key.created),
        "Enabled": key.state == ENABLED,
        "Description": key.description,
        "KeyUsage": key.usage,
        "KeyState": key.state,
        "Origin": "AWS_KMS",
        "KeyManager": key.manager,
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        MEMBERS[key.usage]: list(SPECS[key.spec][key.usage]),
        "MultiRegion": key.multi,
    }
    if key.spec == SYMMETRIC:
        shown["CurrentKeyMaterialId"] = key.material.id.hex()
    if key.deletion is not None:
        shown["DeletionDate"] = from_timestamp(key.deletion)
    elif key.window is not None:
        shown["PendingDeletionWindowInDays"] = key.window
    if key.multi:
        shown["MultiRegionConfiguration"] = _related(key)
    members = output_shape("kms", "DescribeKey").members["KeyMetadata"].members
    return {name: value for name, value in shown.items() if name in members}  # older models know fewer


def _related(key: Key) -> dict[str, Any]:
    rows = {region: {"Arn": one.arn, "Region": region} for region, one in key.family.members.items()}
    return {
        "MultiRegionKeyType": "PRIMARY" if key.is_primary else "REPLICA",
        "PrimaryKey": rows[key.family.primary],
        "ReplicaKeys": [row for region, row in rows.items() if region != key.family.primary],
    }


# ---------------------------------------------------------------------- looking, switching


@operation
def describe_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By an alias of AWS's own this makes the AWS managed key when it isn't there yet."""
    return {"KeyMetadata": metadata(key_of(state, request, "DescribeKey"))}


@operation
def list_keys(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """By id, as AWS seems to list them."""
    refuse(request, "ListKeys", "ResourceOwners")
    found, more = page(sorted(state.keys.values(), key=lambda key: key.id), lambda key: key.id, request, 100, 1000)
    return {"Keys": [{"KeyId": key.id, "KeyArn": key.arn} for key in found], **more}


@operation
def enable_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """A rotation that was due meanwhile is made up for, and the next is a period from now (API_GetKeyRotationStatus)."""
    key = key_of(state, request, "EnableKey")
    family, now = key.family, state.scope.timestamp()
    overdue = key.state == DISABLED and key.is_primary and family.period is not None and family.due <= now
    if overdue:
        family.due = now
    key.state = ENABLED
    state.changed(key)
    return {}


@operation
def disable_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = key_of(state, request, "DisableKey")
    key.state = DISABLED
    state.changed(key)
    return {}


@operation
def update_key_description(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key_of(state, request, "UpdateKeyDescription").description = request["Description"]
    return {}
