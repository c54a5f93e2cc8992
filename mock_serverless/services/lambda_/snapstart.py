"""SnapStart: a published version is initialized once, when it is published, and restored from then on.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html and snapstart-troubleshooting.html. The version is Pending while its
code outside of handlers and its hooks before the snapshot run (versions.py), then Active, or Failed when they raised. One
environment goes on from there: a process can't be copied, so that each further one that is needed runs the same again before it
is restored.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from .errors import conflict, invalid
from .runtime.environment import RESTORE_FAILED, RESTORE_TIMEOUT, Outcome
from .store import Version

PYTHONS_WITHOUT = frozenset(("python3.8", "python3.9", "python3.10", "python3.11"))
OTHERS_WITH = ("java11", "java17", "java21", "java25", "dotnet8", "dotnet10")
REFUSALS = {
    RESTORE_FAILED: (
        400,
        "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.",
    ),
    RESTORE_TIMEOUT: (408, "Lambda couldn't restore the snapshot within the timeout limit."),
}
"""Error code of an outcome -> status and words, as the service's model has them."""


def check_runtime(settings: dict[str, Any]) -> None:
    """Raises where SnapStart is wanted for a runtime that hasn't got it; the words as users report them."""
    runtime = settings.get("Runtime") or ""
    python = runtime.startswith("python") and runtime not in PYTHONS_WITHOUT
    if settings["SnapStart"]["ApplyOn"] == "PublishedVersions" and not python and runtime not in OTHERS_WITH:
        raise invalid(f"{runtime} is not supported for SnapStart enabled functions.")


def check_invocable(version: Version) -> None:
    """Raises for a version whose snapshot isn't there."""
    if version.number.isdigit() and version.state == "Pending":
        message = (
            "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE."
        )
        raise AwsError("SnapStartNotReadyException", message, 409, Type="User")
    if version.state == "Failed":
        raise conflict(
            "The operation cannot be performed at this time. The function is currently in the following state: Failed"
        )


def check_usable(version: Version) -> None:
    """Raises when an alias would point to a version that has failed; a guess at the words, of which users quote a part."""
    if version.state == "Failed":
        raise conflict(
            "The operation cannot be performed at this time. The function is currently in the following state: 'Failed', "
            "StateReasonCode: 'FunctionError'"
        )


def check_restored(outcome: Outcome) -> None:
    """Raises when an environment could not be restored."""
    found = REFUSALS.get(outcome.kind or "")
    if found is not None:
        assert outcome.kind is not None
        raise AwsError(outcome.kind, found[1], found[0], Type="User")
