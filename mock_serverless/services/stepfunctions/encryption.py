"""Keys of KMS that state machines and activities have.

https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html. Messages are guesses where they are not KMS's own.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...core.keys import try_key
from .store import State, StateMachine

OWNED = {"type": "AWS_OWNED_KEY"}
REUSED = 300
"""Seconds for which a data key serves, unless a kmsDataKeyReusePeriodSeconds is set: API_EncryptionConfiguration."""
DENIED = ("AccessDeniedException", "NotFoundException")
STATES = {"DisabledException": "DISABLED", "KMSInvalidStateException": "PENDING_DELETION"}
"""KMS's errors -> ``kmsKeyState`` (a state that can't be reached here has no other)."""


def check_encryption(db: State, encryption: dict[str, Any] | None, about: dict[str, str]) -> None:
    """Whether the key that is asked for can be used; ``about`` is its encryption context."""
    key = _key(encryption)
    if key == "":
        message = "Invalid Encryption Configuration: a KMS key is required for the type CUSTOMER_MANAGED_KMS_KEY"
        raise AwsError("InvalidEncryptionConfiguration", message)
    if key is not None:
        try:
            _ask(db, key, about)
        except AwsError as e:
            if e.code == "AccessDeniedException":
                raise AwsError("KmsAccessDeniedException", e.message) from None
            raise AwsError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {e.message}") from None


def check_data_key(db: State, machine: StateMachine) -> None:
    """Whether an execution can begin: KMS is asked again when the data key has served its time."""
    encryption = machine.settings.get("encryptionConfiguration")
    key, now = _key(encryption), db.scope.timestamp()
    if not key or encryption is None or now < machine.data_key_until:
        return
    try:
        _ask(db, key, {"aws:states:stateMachineArn": machine.arn})
    except AwsError as e:
        if e.code in STATES:
            raise AwsError("KmsInvalidStateException", e.message, kmsKeyState=STATES[e.code]) from None
        raise AwsError("KmsAccessDeniedException", e.message) from None
    machine.data_key_until = now + encryption.get("kmsDataKeyReusePeriodSeconds", REUSED)


def _key(encryption: dict[str, Any] | None) -> str | None:
    """A customer's key, empty when it is missing; None for Step Functions' own."""
    if encryption is None or encryption["type"] != "CUSTOMER_MANAGED_KMS_KEY":
        return None
    return encryption.get("kmsKeyId") or ""


def _ask(db: State, key: str, about: dict[str, str]) -> None:
    params = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": about}
    try_key(db.scope, "GenerateDataKey", params, "states")
