"""What services of AWS write to CloudWatch Logs, kept until that service is asked for it.

A function that is invoked writes some lines each time, and few tests ever read them. So writing is one append: no call, no
model loaded, nothing in the journal (on AWS such writes are no calls of the account's either). CloudWatch Logs takes the
pages up, in their order, before it does anything else. Who waits for events of a group says so with ``scope.watch`` and
:func:`arn_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Line = tuple[float, str]
"""When it was written, in seconds since the epoch, and the text."""


class Page(NamedTuple):
    """What was written at once. ``create``: make the log group where there is none (else nothing is kept)."""

    group: str
    stream: str
    lines: Sequence[Line]
    written: float
    create: bool


def arn_of(partition: str, region: str, account: str, group: str) -> str:
    """The ARN of a log group, as it is watched."""
    return f"arn:{partition}:logs:{region}:{account}:log-group:{group}"


class Logbook:
    """The pages nobody has taken up yet, by account and region. Pages are never changed."""

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], list[Page]] = {}

    def write(self, account: str, region: str, page: Page) -> None:
        """Append a page."""
        self._pages.setdefault((account, region), []).append(page)

    def take(self, account: str, region: str) -> list[Page]:
        """All that was written, oldest first; it is the taker's from now on."""
        return self._pages.pop((account, region), [])

    def state(self) -> dict[tuple[str, str], list[Page]]:
        """What a snapshot keeps."""
        return {key: list(pages) for key, pages in self._pages.items()}

    def set_state(self, state: dict[tuple[str, str], list[Page]]) -> None:
        """Back to a state given by :meth:`state`."""
        self._pages = {key: list(pages) for key, pages in state.items()}
