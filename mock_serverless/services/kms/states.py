"""What the state of a key refuses.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html: the table, and the words under it. That page leaves open
which of two errors a cryptographic operation gets while its key is pending deletion; recorded is KMSInvalidStateException.
"""

from __future__ import annotations

from ...core.errors import AwsError
from .store import DISABLED, PENDING, PENDING_REPLICAS, Key

USE = frozenset(
    {
        *("CreateGrant", "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
        *("GenerateMac", "VerifyMac", "EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"),
        *("ReplicateKey", "UpdatePrimaryRegion"),
    }
)
"""Needs a key that is enabled."""
CHANGE = frozenset(
    {
        *("CreateAlias", "UpdateAlias", "EnableKey", "DisableKey", "ScheduleKeyDeletion"),
        *("TagResource", "UntagResource", "UpdateKeyDescription"),
    }
)
"""Needs a key that is to stay."""
WORDS = {PENDING: "is pending deletion.", PENDING_REPLICAS: "is pending replica deletion."}
"""The second is a guess."""


def check_state(key: Key, operation: str) -> None:
    """Whether the operation works with a key in its state."""
    if operation in USE and key.state == DISABLED:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")
    if operation in USE | CHANGE and key.state in WORDS:
        raise AwsError("KMSInvalidStateException", f"{key.arn} {WORDS[key.state]}")
    if operation == "CancelKeyDeletion" and key.state not in WORDS:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
