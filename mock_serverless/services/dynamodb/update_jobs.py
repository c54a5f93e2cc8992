"""The end of an update of a table: at once, or when the latency is over. Until then the table is UPDATING."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.scope import Scope

from .states import begin, found
from .table import Table

if TYPE_CHECKING:
    from .database import Database

IOPS, STREAM, CLASS, INDEX = "iops", "stream", "class", "index"
"""What is on its way; what is refused meanwhile: update_states.py."""
FINISH: dict[str, Callable[..., None]] = {}
"""How an update ends, by name."""


def finish(db: Database, table: Table, name: str, words: str, last: str, **data: Any) -> None:
    """Keep the table UPDATING for as long as that takes, then do the ``last`` of FINISH; at once if it takes no time."""
    if begin(db, table, "UPDATING", "table", "dynamodb:updated", name=name, last=last, data=data):
        table.jobs = {**table.jobs, name: words}
    else:
        FINISH[last](table, **data)


@job("dynamodb:updated")
def updated(scope: Scope, table: str, table_id: str, name: str, last: str, data: dict[str, Any]) -> None:
    """The end of an update."""
    there = found(scope, table, table_id)
    if there is None:
        return
    FINISH[last](there, **data)
    there.jobs = {job: words for job, words in there.jobs.items() if job != name}
    if there.status == "UPDATING" and not there.jobs:
        there.status = "ACTIVE"


def later(db: Database, table: Table, kind: str, seconds: float, **data: Any) -> None:
    db.scope.later(seconds, kind, table=table.name, table_id=table.id, **data)


def nothing(table: Table) -> None:
    """What has changed already."""


FINISH["nothing"] = nothing
