"""enable_key_rotation, disable_key_rotation, get_key_rotation_status, rotate_key_on_demand, list_key_rotations.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html. A rotation on demand is over at once here. For keys
which can't be rotated AWS says nothing but UnsupportedOperationException
(https://github.com/terraform-aws-modules/terraform-aws-kms/issues/20).
"""

from __future__ import annotations

from typing import Any

from ...core.clock import from_timestamp
from ...core.errors import AwsError
from ...core.operation import operation, output_shape
from .identifiers import key_of
from .materials import renew
from .requests import known, page
from .specs import SYMMETRIC
from .store import DAY, PENDING, PENDING_REPLICAS, Key, Material, State

USUAL = 365
MOST_ON_DEMAND = 25
"""API_RotateKeyOnDemand; it was 10 in the beginning."""


@operation
def enable_key_rotation(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """A period from now, or from when it was enabled if another period is all that changes: the reference doesn't tell."""
    family = _rotatable(state, request, "EnableKeyRotation").family
    family.period = request.get("RotationPeriodInDays") or USUAL
    family.due = state.scope.timestamp() + family.period * DAY
    return {}


@operation
def disable_key_rotation(state: State, request: dict[str, Any]) -> dict[str, Any]:
    _rotatable(state, request, "DisableKeyRotation").family.period = None
    return {}


def _rotatable(state: State, request: dict[str, Any], operation: str) -> Key:
    key = key_of(state, request, operation)
    if key.spec != SYMMETRIC or not key.is_primary:  # of related keys the primary is rotated
        raise AwsError("UnsupportedOperationException", "")
    return key


@operation
def get_key_rotation_status(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """While a key is to be deleted it isn't rotated, and shows that."""
    key = key_of(state, request, "GetKeyRotationStatus")
    family = key.family
    if family.period is None or key.state in (PENDING, PENDING_REPLICAS):
        return known("GetKeyRotationStatus", {"KeyId": key.arn, "KeyRotationEnabled": False})
    answer = {
        "KeyId": key.arn,
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": family.period,
        "NextRotationDate": from_timestamp(family.due),
    }
    return known("GetKeyRotationStatus", answer)


@operation
def rotate_key_on_demand(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """It doesn't change when the next automatic rotation is."""
    key = _rotatable(state, request, "RotateKeyOnDemand")
    if key.family.on_demand >= MOST_ON_DEMAND:
        raise AwsError(
            "LimitExceededException",
            "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed "
            f"for this key: {key.arn}",
        )
    key.family.on_demand += 1
    renew(state, key.family, "ON_DEMAND", state.scope.timestamp())
    return {"KeyId": key.arn}


@operation
def list_key_rotations(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """The oldest first; the first material only if it is asked for."""
    key = key_of(state, request, "ListKeyRotations")
    if key.spec != SYMMETRIC:
        raise AwsError("UnsupportedOperationException", "")
    everything = request.get("IncludeKeyMaterial") == "ALL_KEY_MATERIAL"
    materials = [m for m in key.family.materials if everything or m.cause is not None]
    found, more = page(materials, lambda material: material.id.hex(), request, 100, 1000)
    return {"Rotations": [_shown(key, material) for material in found], **more}


def _shown(key: Key, material: Material) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "KeyId": key.arn,
        "KeyMaterialId": material.id.hex(),
        "KeyMaterialState": "CURRENT" if material is key.material else "NON_CURRENT",
    }
    if material.cause is not None:
        shown |= {"RotationDate": from_timestamp(material.since), "RotationType": material.cause}
    members = output_shape("kms", "ListKeyRotations").members["Rotations"].member.members
    return {name: value for name, value in shown.items() if name in members}
