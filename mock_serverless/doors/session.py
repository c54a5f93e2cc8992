"""What sessions look up: credentials, region, profiles. While a cloud is open no file, metadata service or network is asked.

The environment gets fake credentials and a default region; the user's is put back at the end. Who sets other credentials in
it while a cloud is open is believed. Sessions never keep the fake credentials, so one that was made inside a mock is as good
as any other outside. Credentials that refresh themselves: see refreshing.py.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import botocore.credentials
import botocore.session
import botocore.signers

from ..core import guest
from ..core.current import cloud_of_this_thread, entered_here
from . import refreshing, waiting

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
METHOD = "mock_serverless"
"""botocore's word for where credentials come from, of ours."""
PRESUMED = "mock_serverless-presumed"
"""The same where nobody has named an account: they bear the cloud's, for whoever demands account-id endpoints."""
OF_A_FUNCTION = "mock_serverless-function"
"""The same, of those which a Lambda function has found in its environment."""

FOUND = frozenset(("env", "shared-credentials-file", "config-file", "boto-config", "boto"))
"""botocore's names for where it finds credentials that stay as they are."""

Place = tuple[Any, str, Any]


def default_region() -> str | None:
    """The region which the environment names, if any; where it is one that we have set, the one around this thread's mock."""
    named = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or None
    if _open is None or named != _open.region:
        return named
    outer = entered_here()
    if outer is not None:
        return outer.region
    return _open.environment["AWS_DEFAULT_REGION"] or _open.environment["AWS_REGION"]


# ---------------------------------------------------------------------- credentials


def credentials(kind: Any = botocore.credentials.Credentials) -> Any:
    """Those of the environment as it is now: ours, a function's own, or what somebody has set there since."""
    look, cloud = os.environ.get, cloud_of_this_thread()
    named, key = look("AWS_ACCOUNT_ID"), look("AWS_ACCESS_KEY_ID") or ACCESS_KEY
    is_own = key == _function_key()
    found = kind(
        key,
        look("AWS_SECRET_ACCESS_KEY") or FAKE["AWS_SECRET_ACCESS_KEY"],
        look("AWS_SESSION_TOKEN"),
        OF_A_FUNCTION if is_own else METHOD if named else PRESUMED,
    )
    if cloud is not None:
        named = named or (cloud.account_of_key(key) if is_own else cloud.account)
    found.account_id = named
    return found


def caller_of(cloud: Any, known: Any) -> tuple[str, str]:
    """The account and the access key of credentials; ``known`` is None for a client without any.

    An account id that was given with the credentials counts first (one which botocore found in the user's own environment
    doesn't), then what the cloud knows of the access key. Inside of a Lambda function, credentials which nobody has given are
    the function's own, wherever its client was made: on AWS all its code runs there.
    """
    own = _function_key()
    if known is None:
        return (cloud.account_of_key(own), own) if own else (cloud.account, "")
    values = vars(known)
    if "_refresh_using" in values:
        refreshing.refresh(known)
    key = values.get("access_key") or values.get("_access_key") or ""
    if own and key != own and _is_found(known, values):
        return cloud.account_of_key(own), own
    if not own and values.get("method") == OF_A_FUNCTION:  # a function's module made the client, the test calls on it
        key = os.environ.get("AWS_ACCESS_KEY_ID") or ACCESS_KEY
    account = values.get("account_id")
    if account and values.get("method") in ("explicit", METHOD):
        return str(account), key
    return cloud.account_of_key(key), key


def _function_key() -> str:
    """The access key that the Lambda function in this thread was given; empty outside."""
    here = guest.place()
    return "" if here is None else str(here.access_key)


def _is_found(known: Any, values: dict[str, Any]) -> bool:
    """Have credentials been found in the environment of the test, or in that of another function?"""
    if "_refresh_using" in values:
        return refreshing.is_left_alone(known)
    method = values.get("method")
    if method in (METHOD, PRESUMED):  # unless the function has set others in its own environment
        return values.get("access_key") != os.environ.get("AWS_ACCESS_KEY_ID")
    return method == OF_A_FUNCTION or method in FOUND


def _aio_credentials() -> Any:
    return credentials(sys.modules["aiobotocore.credentials"].AioCredentials)


def _get_credentials(self: Any) -> Any:
    return credentials() if self._credentials is None else self._credentials


async def _get_credentials_async(self: Any) -> Any:
    return _aio_credentials() if self._credentials is None else self._credentials


def _signing_with(original: Any, fake: Any) -> Any:
    """A client that was made without credentials signs (presigned URLs) with ours while a cloud is open."""

    def get_auth_instance(self: Any, signing_name: str, region_name: str, *args: Any, **kwargs: Any) -> Any:
        lacking = _lacking(self._credentials) and len(args) < 2 and not kwargs.get("request_credentials")
        if lacking and cloud_of_this_thread() is not None:
            kwargs["request_credentials"] = fake()
        return original(self, signing_name, region_name, *args, **kwargs)

    return get_auth_instance


def _lacking(own: Any) -> bool:
    return own is None or (getattr(own, "_frozen_credentials", own) is None and refreshing.is_left_alone(own))


# ---------------------------------------------------------------------- profiles and regions


class AnyProfile(dict[str, Any]):
    """Profiles of whatever name, all empty: code that names a profile must not need the file."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> dict[str, Any]:
        return {}


_original_config_variable = botocore.session.Session.get_config_variable
_original_session_init = botocore.session.Session.__init__


def _get_config_variable(self: Any, logical_name: str, methods: Any = None) -> Any:
    """The region of this thread's cloud, where the session has none of its own and the environment only has ours."""
    value = _original_config_variable(self, logical_name, methods)
    if logical_name != "region" or _open is None or value != _open.region:
        return value
    cloud = cloud_of_this_thread()
    own = self.instance_variables().get("region")
    return value if cloud is None or own is not None else cloud.region


def _session_init(self: Any, *args: Any, **kwargs: Any) -> None:
    """A session is made: aiobotocore may have been imported just now."""
    if _open is not None:
        _open.adopt_async()
    _original_session_init(self, *args, **kwargs)


# ---------------------------------------------------------------------- what is replaced, and put back


def _places() -> list[Place]:
    kind, signer = botocore.session.Session, botocore.signers.RequestSigner
    return [
        (kind, "__init__", _session_init),
        (kind, "get_credentials", _get_credentials),
        (kind, "get_config_variable", _get_config_variable),
        (kind, "full_config", property(lambda self: {"profiles": AnyProfile()})),
        (kind, "get_scoped_config", lambda self: {}),
        (kind, "_build_profile_map", lambda self: AnyProfile()),
        (signer, "get_auth_instance", _signing_with(signer.get_auth_instance, credentials)),
        *refreshing.places(botocore.credentials),
    ]


def _async_places() -> list[Place]:
    """The same of aiobotocore, when it is there."""
    session, signers = sys.modules.get("aiobotocore.session"), sys.modules.get("aiobotocore.signers")
    if session is None or signers is None:
        return []
    signer = signers.AioRequestSigner
    return [
        (session.AioSession, "get_credentials", _get_credentials_async),
        (signer, "get_auth_instance", _signing_with(signer.get_auth_instance, _aio_credentials)),
        *refreshing.async_places(sys.modules["aiobotocore.credentials"]),
    ]


class Installed:
    """What was there before the first cloud was entered, to be put back after the last."""

    def __init__(self) -> None:
        global _open
        self.environment = {name: os.environ.get(name) for name in (*FAKE, *HIDDEN, *REGION_NAMES)}
        self.region = ""
        self.replaced: list[Place] = []
        self.async_too = False
        self.default_session = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
        for name, value in {**FAKE, **dict.fromkeys(HIDDEN)}.items():
            _set(name, value)
        self._replace(_places())
        self.adopt_async()
        _open = self

    def adopt_async(self) -> None:
        """Replace what is aiobotocore's, once it has been imported."""
        waiting.install_async()
        places = [] if self.async_too else _async_places()
        self.async_too = self.async_too or bool(places)
        self._replace(places)

    def _replace(self, places: list[Place]) -> None:
        for place, name, replacement in places:
            self.replaced.append((place, name, place.__dict__[name]))
            setattr(place, name, replacement)

    def set_region(self, region: str) -> None:
        """The default region of the cloud that is entered, or that serves again."""
        self.region = region
        for name in REGION_NAMES:
            _set(name, region)

    def undo(self) -> None:
        """Put everything back."""
        global _open
        _open = None
        for name, value in self.environment.items():
            _set(name, value)
        _left.append(self)
        for place, name, original in reversed(self.replaced):
            setattr(place, name, original)
        refreshing.restore()
        boto3: Any = sys.modules.get("boto3")
        if boto3 is not None and boto3.DEFAULT_SESSION is not self.default_session:
            boto3.DEFAULT_SESSION = self.default_session


_open: Installed | None = None
_left: list[Installed] = []
"""Those which have ended since the last tidying."""


def tidy() -> None:
    """Put the user's environment back once more: somebody may have restored ours, having remembered it inside the mock."""
    while _left and _open is None:
        ended = _left.pop()
        for name, ours in {**FAKE, **dict.fromkeys(REGION_NAMES, ended.region)}.items():
            if os.environ.get(name) == ours:
                _set(name, ended.environment[name])


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    elif os.environ.get(name) != value:
        os.environ[name] = value
