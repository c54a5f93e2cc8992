"""A replica becomes a table of its own: update_table's Disassociate, and the protection from it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-disassociate.html. Asked for in the replica's own
region, of version 2019.11.21 with eventual consistency. Protection is each replica's own and on unless it is switched off.
What is on its way arrives first; both of two become ordinary tables, of three and more the others stay together. Table,
data, indexes, stream, time to live and backups stay as they are. Nobody has published the wordings: they are guesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.scope import Scope

from .replicas import ENDINGS, busy_for, check_idle
from .replication import CURRENT, depart, members, settled
from .schema import INVALID
from .states import found
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

JOB = "dynamodb:disassociate"


def protect(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Switch the protection of a replica; the answer shows it."""
    wanted = request["DisassociationProtectionEnabled"]
    membership = table.membership
    if membership is None or membership.strong or membership.version != CURRENT:
        raise refuse(
            f"{INVALID}DisassociationProtectionEnabled can only be specified for a replica of a global table of version "
            f"{CURRENT} with multi-Region eventual consistency"
        )
    membership.protected = wanted
    return {"DisassociationProtectionEnabled": wanted}


def disassociate(db: Database, table: Table) -> None:
    """Begin to take a table out of its global table, if it may go."""
    membership = table.membership
    if membership is None:
        raise refuse(f"{INVALID}Table {table.name} in region {db.scope.region} is not a replica of a global table")
    if membership.version != CURRENT:
        raise refuse(f"{INVALID}Disassociation is not supported for global tables of version {membership.version}")
    if membership.strong:
        raise refuse("Disassociation is not supported for global tables with MultiRegionConsistency set to STRONG.")
    if membership.protected:
        raise refuse(
            f"Cannot disassociate table {table.name} in region {db.scope.region} because it has disassociation protection "
            "enabled. Disable disassociation protection first."
        )
    check_idle(table)
    for one in members(table):
        if one is not table and one.membership is not None:
            one.membership.peers[db.scope.region].status = "UPDATING"
    busy_for(db, table, JOB)


@job(JOB)
def finish(scope: Scope, table: str, table_id: str) -> None:
    """Leave, unless something is on its way still: then replication.py says when it isn't any more."""
    there = found(scope, table, table_id)
    if there is None or there.membership is None:
        return
    if settled(there):
        depart(there)
        there.status = "ACTIVE"
    else:
        there.status = "UPDATING"
        there.membership.leaving = True


ENDINGS[JOB] = finish
