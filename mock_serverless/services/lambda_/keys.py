"""The key of KMS that a function's environment variables have.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html. Lambda has a grant of it, and each new
environment reads the variables. The words are users' where they are not marked.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...core.keys import try_key
from ...core.scope import Scope
from .errors import invalid

READ = ("Decrypt", "RetireGrant")
STATES = {
    "Disabled": ("KMSDisabledException", "key used is disabled", "DisabledException", "is disabled."),
    "PendingDeletion": (
        "KMSInvalidStateException",
        "key used is in an invalid state for Decrypt",  # a guess at the words
        "KMSInvalidStateException",
        "is pending deletion.",
    ),
}
"""A key's state -> Lambda's error, why, KMS's error, what that says."""


def check_grant(scope: Scope, key: str, role: str) -> None:
    """Raises when KMS gives no grant of the key."""
    wanted = {"KeyId": key, "GranteePrincipal": role, "Operations": list(READ)}
    try:
        try_key(scope, "CreateGrant", wanted, "lambda")
    except AwsError as e:
        why, what = "the KMS key is invalid for CreateGrant", "KMS key settings"
        if e.code == "AccessDeniedException":  # a guess at the words
            why, what = "KMS access was denied", "KMS permissions"
        raise invalid(
            f"Lambda was unable to configure access to your environment variables because {why}. "
            f"Please check your {what}. KMS Exception: {e.code} KMS Message: {e.message}"
        ) from None


def check_variables(scope: Scope, settings: dict[str, Any]) -> None:
    """Raises when a new environment can't read its variables, because of the state in which their key is."""
    key = settings.get("KMSKeyArn")
    if not key or not settings.get("Environment", {}).get("Variables"):
        return
    try:
        state = scope.call("kms", "DescribeKey", {"KeyId": key}, caller="lambda")["KeyMetadata"].get("KeyState")
    except AwsError as e:
        if e.code == "NotFoundException":  # a guess at the words
            raise _unreadable("KMSNotFoundException", "key was not found", e.code, e.message) from None
        return  # whether it may be looked at says nothing about its use
    if state in STATES:
        code, why, cause, said = STATES[state]
        raise _unreadable(code, why, cause, f"{key} {said}")


def _unreadable(code: str, why: str, cause: str, said: str) -> AwsError:
    return AwsError(
        code,
        f"Lambda was unable to decrypt the environment variables because the KMS {why}. "
        f"Please check the function's KMS key settings. KMS Exception: {cause}KMS Message: {said}",
        502,
        Type="Service",
    )
