"""The journal: every call that was made, in order, with what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from .clock import from_timestamp
from .operation import ALIASES, resolve, service_model

HTTP = ("execute-api", "lambda-url")
"""What stands here beside botocore's services: requests to APIs and to function URLs."""


@dataclass(slots=True, eq=False)
class Call:
    """One call. ``response`` and ``error`` are None while it runs; then one of them is set."""

    service: str
    operation: str
    params: dict[str, Any]
    account: str
    region: str
    caller: str
    timestamp: float
    access_key: str = ""
    response: dict[str, Any] | None = None
    error: BaseException | None = None

    @property
    def time(self) -> datetime:
        """When it was made, in virtual time (aware, UTC)."""
        return from_timestamp(self.timestamp)

    @property
    def error_code(self) -> str | None:
        """AWS's error code, or the name of the exception."""
        if self.error is None:
            return None
        return str(getattr(self.error, "code", None) or type(self.error).__name__)

    def line(self, width: int = 250) -> str:
        """When, who, what, and what came of it; parameters and outcome cut so that it has about so many characters."""
        when = self.time.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        head = f"{when} {self.caller}: {self.service}.{self.operation}"
        room = max(40, width - len(head) - 6)
        outcome = self._outcome(room * 2 // 3 if self.error is not None else room // 2)
        return f"{head}({_brief(self.params, room - len(outcome))}) -> {outcome}"

    def _outcome(self, width: int) -> str:
        if self.error is None:
            return "..." if self.response is None else _brief(self.response, width)
        message = str(getattr(self.error, "message", self.error))
        return _cut(f"{self.error_code}: {message}" if message else f"{self.error_code}", width)

    def __repr__(self) -> str:
        return self.line()


class Calls(Sequence[Call]):
    """A sequence of calls that can be filtered: ``cloud.calls(service="dynamodb", operation="PutItem")``."""

    def __init__(self, calls: list[Call] | None = None) -> None:
        self._calls: list[Call] = [] if calls is None else calls

    def __call__(
        self,
        service: str | None = None,
        operation: str | None = None,
        *,
        caller: str | None = None,
        account: str | None = None,
        region: str | None = None,
        failed: bool | None = None,
        where: Callable[[dict[str, Any]], bool] | None = None,
    ) -> Calls:
        """The calls that fit all that is given; ``operation`` in either spelling, ``where`` looks at the parameters.

        Raises NotSupported for a service or an operation that botocore doesn't know: such a call could never be found.
        """
        service = ALIASES.get(service, service) if service else None
        wanted = {"caller": caller, "account": account, "region": region, "service": service}
        op = operation.replace("_", "").lower() if operation else None
        found = [
            c
            for c in self._calls
            if all(v is None or getattr(c, k) == v for k, v in wanted.items())
            and (op is None or c.operation.lower() == op)
            and (failed is None or (c.error is not None) == failed)
            and (where is None or where(c.params))
        ]
        if not found and service is not None:
            self._check_names(service, operation)
        return Calls(found)

    def _check_names(self, service: str, operation: str | None) -> None:
        """Nothing was found: is that because of a misspelt name?"""
        if service in HTTP or "." in service:
            return
        if operation is None:
            service_model(service)
        else:
            resolve(service, operation)

    filter = __call__

    @property
    def last(self) -> Call:
        """The last one; IndexError when there is none."""
        return self._calls[-1]

    @property
    def operations(self) -> list[str]:
        """``service.Operation`` of each, in order."""
        return [f"{c.service}.{c.operation}" for c in self._calls]

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Calls: ...
    def __getitem__(self, index: int | slice) -> Call | Calls:
        return Calls(self._calls[index]) if isinstance(index, slice) else self._calls[index]

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __repr__(self) -> str:
        if not self._calls:
            return "<no calls>"
        return "\n".join(f"{i:4} {call!r}" for i, call in enumerate(self._calls))

    # ------------------------------------------------------------------ for the cloud

    def append(self, call: Call) -> None:
        """Add one (the cloud does)."""
        self._calls.append(call)

    def truncate(self, length: int) -> None:
        """Forget all after the first ``length``."""
        del self._calls[length:]


def _brief(value: Any, width: int = 96) -> str:
    if isinstance(value, dict):
        value = {k: v for k, v in value.items() if k != "ResponseMetadata"}
        text = ", ".join(f"{k}={json.dumps(v, default=_plain, ensure_ascii=False)}" for k, v in value.items()) or "{}"
    else:
        text = repr(value)
    return _cut(text, width)


def _cut(text: str, width: int) -> str:
    text = " ".join(text.split()) if "\n" in text else text
    return text if len(text) <= width else text[: width - 1] + "…"


def _plain(value: Any) -> Any:
    if not isinstance(value, (bytes, bytearray)):
        return str(value)
    try:
        text = value[:200].decode()
    except UnicodeDecodeError:
        return f"<{len(value)} bytes>"
    return text if text.isprintable() else f"<{len(value)} bytes>"
