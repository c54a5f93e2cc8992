"""What sessions look up: credentials, region, profiles. While a cloud is open no file, metadata service or network is asked.

The environment gets fake credentials, and a default region where it names none; the user's is put back at the end. Sessions
never keep the fake credentials, so one that was made inside a mock is as good as any other outside.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import botocore.credentials
import botocore.session

ACCESS_KEY = "AKIAMOCKSERVERLESS00"
FAKE = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": "mock_serverless",
    "AWS_SESSION_TOKEN": "mock_serverless",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
HIDDEN = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCOUNT_ID",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
REGION_NAMES = ("AWS_DEFAULT_REGION", "AWS_REGION")


def region_of_environment() -> str | None:
    """The region which the user's environment names, if any."""
    return os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or None


# ---------------------------------------------------------------------- botocore's sessions


def _credentials() -> Any:
    return botocore.credentials.Credentials(
        FAKE["AWS_ACCESS_KEY_ID"], FAKE["AWS_SECRET_ACCESS_KEY"], FAKE["AWS_SESSION_TOKEN"], method="mock_serverless"
    )


def _get_credentials(self: Any) -> Any:
    return _credentials() if self._credentials is None else self._credentials


async def _get_credentials_async(self: Any) -> Any:
    if self._credentials is not None:
        return self._credentials
    kind = sys.modules["aiobotocore.credentials"].AioCredentials
    return kind(FAKE["AWS_ACCESS_KEY_ID"], FAKE["AWS_SECRET_ACCESS_KEY"], FAKE["AWS_SESSION_TOKEN"])


class AnyProfile(dict[str, Any]):
    """Profiles of whatever name, all empty: code that names a profile must not need the file."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, Any]:
        return {}


def _no_refresh(self: Any, *args: Any, **kwargs: Any) -> bool:
    return False


PLACES: list[tuple[Any, str, Any]] = [
    (botocore.session.Session, "get_credentials", _get_credentials),
    (botocore.session.Session, "full_config", property(lambda self: {"profiles": AnyProfile()})),
    (botocore.session.Session, "get_scoped_config", lambda self: {}),
    (botocore.session.Session, "_build_profile_map", lambda self: AnyProfile()),
    (botocore.credentials.RefreshableCredentials, "_refresh", _no_refresh),
]


class Installed:
    """What was there before the first cloud was entered, to be put back after the last."""

    def __init__(self) -> None:
        self.environment = {name: os.environ.get(name) for name in (*FAKE, *HIDDEN, *REGION_NAMES)}
        self.replaced: list[tuple[Any, str, Any]] = []
        for name, value in {**FAKE, **dict.fromkeys(HIDDEN)}.items():
            _set(name, value)
        for place, name, replacement in PLACES:
            self._replace(place, name, replacement)
        aio = sys.modules.get("aiobotocore.session")
        if aio is not None:
            self._replace(aio.AioSession, "get_credentials", _get_credentials_async)
        self.default_session = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)

    def _replace(self, place: Any, name: str, replacement: Any) -> None:
        self.replaced.append((place, name, place.__dict__[name]))
        setattr(place, name, replacement)

    def set_region(self, region: str | None) -> None:
        """The default region of the cloud that is entered; None for what the environment said before."""
        for name in REGION_NAMES:
            _set(name, region or self.environment[name])

    def undo(self) -> None:
        """Put everything back."""
        for name, value in self.environment.items():
            _set(name, value)
        for place, name, original in reversed(self.replaced):
            setattr(place, name, original)
        boto3: Any = sys.modules.get("boto3")
        if boto3 is not None and boto3.DEFAULT_SESSION is not self.default_session:
            boto3.DEFAULT_SESSION = self.default_session


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    elif os.environ.get(name) != value:
        os.environ[name] = value
