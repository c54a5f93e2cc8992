"""The entity with which put_log_events associates its events: checked, nothing more. CloudWatch's console would show it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/adding-your-own-related-telemetry.html. Events are accepted even
when their entity is not (API_RejectedEntityInfo). Which reason comes first is a guess.
"""

from __future__ import annotations

from typing import Any

NAMES = frozenset(("Type", "ResourceType", "Identifier", "Name", "Environment"))
_RESOURCE, _SERVICE = ("ResourceType", "Identifier"), ("Name",)
NEEDED = {
    "AWS::Resource": _RESOURCE,
    "Resource": _RESOURCE,
    "AWS::Service": _SERVICE,
    "RemoteService": _SERVICE,
    "Service": ("Name", "Environment"),
}
"""Type of an entity -> the other key attributes that identify it."""


def rejection(entity: dict[str, Any] | None) -> str | None:
    """Why an entity is rejected (``errorType``); None for a good one."""
    if entity is None:
        return None
    keys = entity.get("keyAttributes")
    if not keys:
        return "InvalidEntity"
    if "Type" not in keys:
        return "MissingRequiredFields"
    if keys["Type"] not in NEEDED:
        return "InvalidTypeValue"
    if not keys.keys() <= NAMES:
        return "InvalidKeyAttributes"
    return None if all(name in keys for name in NEEDED[keys["Type"]]) else "MissingRequiredFields"
