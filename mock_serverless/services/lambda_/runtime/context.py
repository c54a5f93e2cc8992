"""The context object: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html; shown as the runtime shows it
(awslambdaric 4.2, lambda_context.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _shown(of: object) -> str:
    """``Client([app_title=a,...])``: all that is set, but for the runtime's own."""
    members = ",".join(f"{name}={value}" for name, value in vars(of).items() if not name.startswith("_"))
    return f"{type(of).__name__}([{members}])"


class Client:
    """``context.client_context.client``."""

    def __init__(self, given: dict[str, Any]) -> None:
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, given.get(name))

    __repr__ = _shown


class ClientContext:
    """``context.client_context``: what the caller sent as ClientContext."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.custom = given.get("custom")
        self.env = given.get("env")
        self.client = Client(given["client"]) if given.get("client") else None

    __repr__ = _shown


class CognitoIdentity:
    """``context.identity``; this fake's callers have none."""

    def __init__(self) -> None:
        self.cognito_identity_id: str | None = None
        self.cognito_identity_pool_id: str | None = None

    __repr__ = _shown


class LambdaContext:
    """What a handler gets as its second argument."""

    def __init__(
        self,
        *,
        request_id: str,
        arn: str,
        name: str,
        version: str,
        memory: int,
        log_group: str | None,
        log_stream: str | None,
        client_context: dict[str, Any] | None,
        deadline: float,
        clock: Callable[[], float],
    ) -> None:
        self.aws_request_id = request_id
        self.log_group_name = log_group
        self.log_stream_name = log_stream
        self.function_name = name
        self.memory_limit_in_mb = str(memory)
        self.function_version = version
        self.invoked_function_arn = arn
        self.client_context = None if client_context is None else ClientContext(client_context)
        self.identity = CognitoIdentity()
        self.tenant_id: str | None = None
        self._epoch_deadline_time_in_ms = int(deadline * 1000)
        self._clock = clock

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds of virtual time left, at least 0."""
        return max(0, self._epoch_deadline_time_in_ms - int(self._clock() * 1000))

    def log(self, msg: object) -> None:
        """Write to the function's log."""
        print(msg, end="")

    __repr__ = _shown
