"""The errors of the house, one class per kind of handling.

::

    AwsError                    AWS refuses this: becomes botocore's ClientError at the door
    MockServerlessError         everything which is no answer of AWS's
    ├── NotSupported            this fake doesn't do this yet; says what to do instead
    ├── InvalidAnswer           a stub's or operation's answer doesn't fit botocore's output shape
    ├── ClientOutlivedItsMock   a client made inside a mock is used after that mock has ended
    ├── CloudClosed             the cloud of a mock that has ended is asked to do something
    ├── MockConfigurationError  a file of mocked task results can't be what is meant
    ├── BackgroundFailure       strict mode: background work failed and nobody looked
    └── InternalError           a bug of ours, never dressed up as an error of AWS's
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class AwsError(Exception):
    """AWS refuses the call.

    ``code`` and ``message`` are AWS's own, ``status`` the HTTP status, ``fields`` further members of the modelled
    error (``CancellationReasons``, ``Item``, ``reason`` ...).
    """

    def __init__(self, code: str, message: str, status: int = 400, **fields: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class ServedElsewhere(Exception):
    """An operation finds that another state of its service (another account's) has to serve the call."""

    def __init__(self, state: Any) -> None:
        super().__init__(state)
        self.state = state


class MockServerlessError(Exception):
    """Base of what mock_serverless itself has to say; never an answer of AWS's."""


class NotSupported(MockServerlessError):
    """This fake doesn't do this (yet). The message names it and says what to do instead."""


class InvalidAnswer(MockServerlessError):
    """An answer doesn't fit the output shape which botocore's model gives for the operation."""


class ClientOutlivedItsMock(MockServerlessError):
    """A client which was created inside a mock is used after the mock has ended."""


class CloudClosed(MockServerlessError):
    """A cloud is asked to do something after its mock has ended: no call would see it, and user code would reach AWS."""


class MockConfigurationError(MockServerlessError):
    """A configuration of mocked task results (Step Functions Local's) is wrong, or lacks what an execution asks of it."""


class BackgroundFailure(MockServerlessError):
    """Work in the background failed and no test looked at it (raised at the end of a strict mock)."""


class InternalError(MockServerlessError):
    """A bug in mock_serverless."""


class BackgroundFailureWarning(UserWarning):
    """Work in the background failed and no test looked at it."""


def near_misses(word: str, possible: Iterable[str]) -> str:
    """`` Did you mean: a, b?``, or nothing where nothing is near."""
    by_lower = {p.lower(): p for p in possible}
    hits = difflib.get_close_matches(word.lower(), by_lower, n=3, cutoff=0.6)
    return f" Did you mean: {', '.join(by_lower[h] for h in hits)}?" if hits else ""
