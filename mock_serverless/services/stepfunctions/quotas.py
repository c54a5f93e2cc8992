"""How many of a kind there can be: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html

What is here are the defaults; the page names more than can be had on demand. The errors are those that the API reference lists
for the operation that adds one, their words a guess. Of executions that are open (a million) there is no count here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ...core.errors import AwsError

# what there is one too many of: how many there can be, the error, what it is called
QUOTAS = {
    "stateMachine": (100_000, "StateMachineLimitExceeded", "state machines"),
    "activity": (100_000, "ActivityLimitExceeded", "activities"),
    "version": (1_000, "ServiceQuotaExceededException", "versions of a state machine"),
    "alias": (100, "ServiceQuotaExceededException", "aliases of a state machine"),
}


def check_quota(kind: str, there: Collection[Any]) -> None:
    """Raises the error of a kind when there are already as many of it as there can be."""
    most, code, name = QUOTAS[kind]
    if len(there) >= most:
        raise AwsError(code, f"The maximum number of {name} has been reached: {most}")
