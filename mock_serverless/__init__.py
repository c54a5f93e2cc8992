"""mock_serverless: AWS's serverless services in one Python process, for unit tests, in virtual time.

    from mock_serverless import mock_cloud

    mocking.py        mock_cloud: context manager, async context manager, decorator
    cloud.py          Cloud, what it gives: call, clock, stubs and faults, journal, snapshots, helpers of the services
    pytest_plugin.py  the fixture ``cloud``
    strategies/       hypothesis strategies
    cli.py            mock-serverless demo | coverage
    doors/            where calls come in: botocore's hooks, HTTP clients
    services/         one folder each, one function per operation
    core/             clock, agenda, kernel, journal and what else knows no service

Everything here is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cloud import Cloud
    from .core.errors import (
        AwsError,
        BackgroundFailure,
        BackgroundFailureWarning,
        ClientOutlivedItsMock,
        CloudClosed,
        InternalError,
        InvalidAnswer,
        MockServerlessError,
        NotSupported,
    )
    from .core.journal import Call, Calls
    from .mocking import MockCloud, mock_cloud
    from .rollback import Snapshot

__version__ = "0.1.0"

_HOMES = {
    "mock_cloud": "mocking",
    "MockCloud": "mocking",
    "Cloud": "cloud",
    "Snapshot": "rollback",
    "Call": "core.journal",
    "Calls": "core.journal",
    "AwsError": "core.errors",
    "MockServerlessError": "core.errors",
    "NotSupported": "core.errors",
    "InvalidAnswer": "core.errors",
    "ClientOutlivedItsMock": "core.errors",
    "CloudClosed": "core.errors",
    "BackgroundFailure": "core.errors",
    "BackgroundFailureWarning": "core.errors",
    "InternalError": "core.errors",
}

__all__ = [
    "AwsError",
    "BackgroundFailure",
    "BackgroundFailureWarning",
    "Call",
    "Calls",
    "ClientOutlivedItsMock",
    "Cloud",
    "CloudClosed",
    "InternalError",
    "InvalidAnswer",
    "MockCloud",
    "MockServerlessError",
    "NotSupported",
    "Snapshot",
    "mock_cloud",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
