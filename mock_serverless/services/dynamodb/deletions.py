"""The end of a table or a replica: what goes with it, and what stays.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html. Its policies and its grants of a key end, its
stream is closed; exports that are under way complete; with point-in-time recovery a SYSTEM backup stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .backups import keep_deleted
from .encryption import protect
from .export_jobs import take_before_deletion
from .replication import depart
from .streams import close_stream
from .table import Table

if TYPE_CHECKING:
    from .database import Database


def remove(db: Database, table: Table) -> None:
    """Take a table away."""
    keep_deleted(db, table)
    take_before_deletion(db, table)
    depart(table)
    if table.stream is not None:
        close_stream(table.stream, db.scope.timestamp())
    del db.tables[table.name]
    protect(table, None)
    db.policies = {arn: policy for arn, policy in db.policies.items() if arn != table.arn}
