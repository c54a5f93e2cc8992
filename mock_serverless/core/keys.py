"""Keys of KMS which services are given for what they keep.

https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html. Nothing is encrypted; KMS is asked in a dry run
whether the call that a service makes there would be let in.
"""

from __future__ import annotations

from typing import Any

from .errors import AwsError
from .scope import Scope

ENDED = "DryRunOperationException"
"""A dry run's error, which is its success."""


def try_key(scope: Scope, operation: str, params: dict[str, Any], caller: str) -> None:
    """Raises KMS's refusal of a call that a service would make on behalf of who calls it."""
    try:
        scope.call("kms", operation, {**params, "DryRun": True}, caller=caller, access_key=scope.serving_access_key())
    except AwsError as refusal:
        if refusal.code != ENDED:
            raise
