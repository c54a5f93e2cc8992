"""How long AWS takes for what it does in the background, in virtual time: nothing, unless ``cloud.dynamodb.latency`` says so.

One setting for the whole cloud. An operation that begins something asks ``db.latency.of(kind)`` and puts the rest of the work on
the agenda that many seconds ahead; with 0 it does the rest at once. Meanwhile describe_table and its like show CREATING,
UPDATING, DELETING, and what AWS refuses in these states is refused.
"""

from __future__ import annotations

from typing import Any

KINDS = {
    "table": "a table to be created, updated or deleted; an index of it to be changed or deleted",
    "index": "a new index to be filled, after its table is ACTIVE again",
    "restore": "a table to be restored",
    "backup": "a backup to be made",
    "replica": "a replica to be made, changed or taken away",
    "time_to_live": "time to live to be enabled or disabled",
    "export": "an export",
    "import": "an import",
    "bulk": "a bulk operation",
    "kinesis": "a Kinesis destination to be enabled, updated or disabled",
    "insights": "contributor insights to be enabled or disabled",
}
"""What can take time."""


class Latency:
    """Seconds by kind."""

    __slots__ = ("_seconds",)

    def __init__(self, seconds: dict[str, float] | None = None) -> None:
        self._seconds = seconds or {}

    def of(self, kind: str) -> float:
        """How many seconds a kind of work takes; 0: it is done at once."""
        return self._seconds.get(kind, 0.0)

    def set(self, kinds: dict[str, float]) -> None:
        """Change some of them; TypeError and ValueError for what is no kind and no time."""
        for kind, seconds in kinds.items():
            if kind not in KINDS:
                raise TypeError(f"latency knows no {kind!r}; what can take time: {', '.join(KINDS)}")
            if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
                raise ValueError(f"latency of {kind!r} is a number of seconds, 0 or more, not {seconds!r}")
        self._seconds = {**self._seconds, **{kind: float(seconds) for kind, seconds in kinds.items()}}

    def __deepcopy__(self, memo: dict[int, Any]) -> Latency:
        return Latency(self._seconds)  # replaced, never changed in place
