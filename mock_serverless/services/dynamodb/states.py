"""The states of a table: CREATING, UPDATING, DELETING for as long as that takes (latency.py), and what is refused meanwhile.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html (TableStatus). Items of a table that is
being created can't be found; one that is being updated or deleted still serves them ("DeleteTable" of the API reference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.errors import AwsError
from mock_serverless.core.scope import Scope

from .values import refuse

if TYPE_CHECKING:
    from .database import Database
    from .table import Table

IN_USE = "Attempt to change a resource which is still in use: "
BUSY = {
    "CREATING": "Table is being created: {}",
    "UPDATING": "Table: {} is in the process of being updated.",
    "DELETING": "Table is being deleted: {}",
}


def check_no_load(table: Table) -> None:
    """No replica is added while a bulk operation is in progress: BulkPutItems.Considerations.html; the wording is a guess."""
    db: Database = table.scope.state()
    if any(one.table_id == table.id and one.end is None for one in db.bulk_operations.values()):
        raise busy(f"Table has a bulk operation in progress: {table.name}")


def begin(db: Database, table: Table, status: str, kind: str, then: str = "dynamodb:settle", **data: Any) -> bool:
    """Put a table into a state for as long as this kind of work takes; the job ``then`` ends it.

    False when it takes no time: nothing has been done, the caller finishes it at once.
    """
    seconds = db.latency.of(kind)
    if not seconds:
        return False
    table.status = status
    db.scope.later(seconds, then, table=table.name, table_id=table.id, **data)
    return True


def busy(message: str) -> AwsError:
    """ResourceInUseException of something that is on its way."""
    return AwsError("ResourceInUseException", IN_USE + message)


def check_idle(table: Table) -> None:
    """Refuse what can't be done while a table is being created, updated or deleted: to delete it, above all. Measured."""
    if table.status not in BUSY:
        return
    if table.status == "UPDATING" and "stream" in table.jobs:
        raise busy("Cannot delete table while stream is being enabled/disabled.")
    if table.status == "UPDATING" and "index" in table.jobs:
        raise busy("Cannot delete table while indexes are being created, updated, or deleted.")
    raise busy(BUSY[table.status].format(table.name))


def iso(timestamp: float) -> str:
    """A time as the service writes it in messages."""
    return from_timestamp(timestamp).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def check_readable(table: Table, index: str) -> None:
    """Refuse to read a global index that is being filled or taken away."""
    status = table.index_settings[index].status
    if status == "CREATING":
        raise refuse(f"Cannot read from backfilling global secondary index: {index}")  # reported by users of AWS
    if status == "DELETING":
        raise refuse(f"The table does not have the specified index: {index}")  # a guess


def unsettled(request: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Whether who asks describe_table waits for something."""
    shown = answer["Table"]
    indexes = (*shown.get("GlobalSecondaryIndexes", ()), *shown.get("VectorIndexes", ()))
    return any(status != "ACTIVE" for status in (shown["TableStatus"], *(index["IndexStatus"] for index in indexes)))


def found(scope: Scope, table: str, table_id: str) -> Table | None:
    """The table that a job is about, if it is still there (a later one of its name is another)."""
    there: Table | None = scope.state().tables.get(table)
    return there if there is not None and there.id == table_id else None


@job("dynamodb:settle")
def settle(scope: Scope, table: str, table_id: str) -> None:
    """A table has been created or updated."""
    settled = found(scope, table, table_id)
    if settled is not None and settled.status != "DELETING":
        settled.status = "ACTIVE"
