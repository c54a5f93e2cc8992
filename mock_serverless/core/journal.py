"""The journal: every call that was made, in order, with what came of it.

The last ten thousand calls or so are there as they were made. Older ones are packed a page at a time, and unpacked when somebody
looks: a test that writes a million items keeps its journal, in a tenth of the memory.
"""

from __future__ import annotations

import json
import pickle
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from .clock import from_timestamp
from .operation import ALIASES, resolve, service_model

HTTP = ("execute-api", "lambda-url")
"""What stands here beside botocore's services: requests to APIs and to function URLs."""


PAGE = 1_000
"""Calls that are packed together."""

RECENT = 10_000
"""Calls that are never packed: the last ones."""


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


class Page:
    """A page of older calls, packed. What is under way or has failed stays as it is: exceptions are somebody's objects."""

    __slots__ = ("_packed", "_whole")

    def __init__(self, calls: list[Call]) -> None:
        self._whole = {i: call for i, call in enumerate(calls) if call.response is None}
        rows = [None if call.response is None else tuple(getattr(call, name) for name in _KEPT) for call in calls]
        self._packed = zlib.compress(pickle.dumps(rows, pickle.HIGHEST_PROTOCOL), 1)

    def calls(self) -> list[Call]:
        """The calls again."""
        rows = pickle.loads(zlib.decompress(self._packed))
        return [self._whole[i] if row is None else Call(*row) for i, row in enumerate(rows)]


_KEPT = ("service", "operation", "params", "account", "region", "caller", "timestamp", "access_key", "response")


def _page(calls: list[Call]) -> Page | list[Call]:
    """A page, packed if that can be done: parameters may hold anything."""
    try:
        return Page(calls)
    except Exception:
        return calls


class Calls(Sequence[Call]):
    """A sequence of calls that can be filtered: ``cloud.calls(service="dynamodb", operation="PutItem")``."""

    __slots__ = ("_looked_at", "_pages", "_recent")

    def __init__(self, calls: list[Call] | None = None) -> None:
        self._pages: list[Page | list[Call]] = []
        self._recent: list[Call] = [] if calls is None else calls
        self._looked_at: tuple[int, list[Call]] = (-1, [])  # the page that was unpacked last

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
            for c in self
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
        return self[-1]

    @property
    def operations(self) -> list[str]:
        """``service.Operation`` of each, in order."""
        return [f"{c.service}.{c.operation}" for c in self]

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Calls: ...
    def __getitem__(self, index: int | slice) -> Call | Calls:
        if isinstance(index, slice):
            return Calls([self[i] for i in range(*index.indices(len(self)))])
        packed = len(self._pages) * PAGE
        position = index + packed + len(self._recent) if index < 0 else index
        if position >= packed:
            return self._recent[position - packed]
        if position < 0:
            raise IndexError("list index out of range")
        return self._opened(position // PAGE)[position % PAGE]

    def _opened(self, number: int) -> list[Call]:
        page = self._pages[number]
        if isinstance(page, list):
            return page
        seen = self._looked_at
        if seen[0] != number:
            seen = self._looked_at = (number, page.calls())
        return seen[1]

    def __iter__(self) -> Iterator[Call]:
        position = 0
        while position < len(self):
            yield self[position]
            position += 1

    def __len__(self) -> int:
        return len(self._pages) * PAGE + len(self._recent)

    def __repr__(self) -> str:
        if not len(self):
            return "<no calls>"
        return "\n".join(f"{i:4} {call!r}" for i, call in enumerate(self))

    # ------------------------------------------------------------------ for the cloud

    def append(self, call: Call) -> None:
        """Add one (the cloud does)."""
        recent = self._recent
        recent.append(call)
        if len(recent) >= RECENT + PAGE:
            self._pages.append(_page(recent[:PAGE]))
            del recent[:PAGE]

    def truncate(self, length: int) -> None:
        """Forget all after the first ``length``."""
        whole, rest = divmod(length, PAGE)
        if whole < len(self._pages):
            self._recent = list(self._opened(whole)[:rest])
            del self._pages[whole:]
        else:
            del self._recent[length - len(self._pages) * PAGE :]
        self._looked_at = (-1, [])


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
