"""Credentials that refresh themselves (an assumed role's), while a cloud is open.

Those which botocore found in the user's own environment (an instance's role, SSO, a process, a profile's role) are left as
they are: nothing is asked, and they count as the cloud's own account. Those that code under test makes are refreshed through
the cloud's STS, in virtual time, so that its calls land in the role's account. Credentials which are older than the mock get
their own keys back when it ends.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import botocore.credentials

from ..core.current import cloud_of_this_thread

AMBIENT = frozenset(
    ("iam-role", "container-role", "sso", "login", "custom-process", "assume-role", "assume-role-with-web-identity")
)
"""botocore's names for where it finds credentials that it refreshes by itself."""

MADE_INSIDE = "_made_inside_mock_serverless"
KEPT = ("_access_key", "_secret_key", "_token", "_account_id", "_expiry_time", "_frozen_credentials")

_originals = {
    name: getattr(botocore.credentials.RefreshableCredentials, name) for name in ("_refresh", "_seconds_remaining")
}
_before: list[tuple[Any, dict[str, Any]]] = []


def refresh(credentials: Any) -> None:
    """Renew them where need be (an async client's have been renewed already: :func:`refresh_async`)."""
    if not _is_async(credentials):
        credentials._refresh()


async def refresh_async(credentials: Any) -> None:
    """Renew an async client's credentials where need be."""
    if _is_async(credentials):
        await credentials._refresh()


def restore() -> None:
    """The end of the mock: credentials that are older than it have their own keys again."""
    while _before:
        credentials, values = _before.pop()
        vars(credentials).update(values)


def _is_async(credentials: Any) -> bool:
    return "_refresh_using" in vars(credentials) and type(credentials).__name__.startswith("Aio")


def is_left_alone(credentials: Any) -> bool:
    """Do they belong to the user's own environment? Others that are about to be renewed have their keys remembered."""
    made_inside = getattr(credentials, MADE_INSIDE, False)
    if credentials.method in AMBIENT and not made_inside:
        return True
    if not made_inside and all(known is not credentials for known, _ in _before):
        _before.append((credentials, {k: v for k, v in vars(credentials).items() if k in KEPT}))
    return False


# ---------------------------------------------------------------------- what stands in for botocore's methods


def _refresh(self: Any) -> Any:
    return None if is_left_alone(self) else _originals["_refresh"](self)


def _seconds_remaining(self: Any) -> Any:
    cloud = cloud_of_this_thread()
    if cloud is None:
        return _originals["_seconds_remaining"](self)
    return (self._expiry_time - datetime.fromtimestamp(cloud.clock.timestamp(), timezone.utc)).total_seconds()


def _refreshing(original: Any) -> Any:
    async def _refresh(self: Any) -> Any:
        return None if is_left_alone(self) else await original(self)

    return _refresh


def _marking(original: Any) -> Any:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        setattr(self, MADE_INSIDE, True)

    return __init__


def places(module: Any) -> list[tuple[Any, str, Any]]:
    """What is replaced in botocore.credentials."""
    kind, deferred = module.RefreshableCredentials, module.DeferredRefreshableCredentials
    return [
        (kind, "_refresh", _refresh),
        (kind, "_seconds_remaining", _seconds_remaining),
        (kind, "__init__", _marking(kind.__init__)),
        (deferred, "__init__", _marking(deferred.__init__)),
    ]


def async_places(module: Any) -> list[tuple[Any, str, Any]]:
    """What is replaced in aiobotocore.credentials."""
    kind, deferred = module.AioRefreshableCredentials, module.AioDeferredRefreshableCredentials
    return [
        (kind, "_refresh", _refreshing(kind._refresh)),
        (deferred, "__init__", _marking(deferred.__init__)),
    ]
