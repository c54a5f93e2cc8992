"""A replica of another account's table: create_table with GlobalTableSourceArn.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-MultiAccount.html. Both accounts want it:
the table of the source says that its settings may be replicated (update_table's GlobalTableSettingsReplicationMode),
and so does the request. All settings are the group's, there are no overrides. The conditions are those of the
documentation, the wordings guesses. Policies aren't asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.arns import Arn

from .replicas import ENABLED, add_replica, busy_for, check_idle
from .replication import Membership, join
from .schema import INVALID
from .states import check_no_load
from .streams import enable_stream
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

OF_A_SOURCE = frozenset(("TableName", "GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "Tags"))
NO_SOURCE = (
    INVALID + "GlobalTableSettingsReplicationMode can be specified together with GlobalTableSourceArn only"
)  # a guess


def create_from_source(db: Database, request: dict[str, Any], name: str) -> Table:
    """Make it; its keys, indexes and settings are the source's."""
    source = _source(db, request, name)
    there: Database = source.scope.state()
    if source.membership is None:
        join(source, Membership(db.scope.ids.uuid(), mode=ENABLED))
    if source.stream is None:
        enable_stream(there, source, "NEW_AND_OLD_IMAGES")
    replica = add_replica(source, db, {})
    replica.settings.tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    busy_for(there, source, "dynamodb:create_replicas", regions=[db.scope.region])
    return replica


def _source(db: Database, request: dict[str, Any], name: str) -> Table:
    """The table to be replicated, if it may be."""
    arn = Arn.parse(request["GlobalTableSourceArn"])
    if arn is None or arn.service != "dynamodb" or not arn.resource.startswith("table/"):
        raise refuse(f"{INVALID}Invalid GlobalTableSourceArn: {request['GlobalTableSourceArn']}")
    if request.get("GlobalTableSettingsReplicationMode") != ENABLED:
        raise refuse(
            INVALID + "GlobalTableSettingsReplicationMode must be ENABLED when GlobalTableSourceArn is specified"
        )
    others = sorted(set(request) - OF_A_SOURCE)
    if others:
        raise refuse(f"{INVALID}{others[0]} can not be specified together with GlobalTableSourceArn")
    if arn.account == db.scope.account:
        raise refuse(INVALID + "GlobalTableSourceArn must be of another account; use ReplicaUpdates within an account")
    if arn.resource != f"table/{name}":
        raise refuse(INVALID + "TableName must be the name of the table of GlobalTableSourceArn")
    source: Table | None = db.scope.state(account=arn.account, region=arn.region).tables.get(name)
    membership = None if source is None else source.membership
    mode = membership.mode if membership is not None else None if source is None else source.replication_mode
    if source is None or mode != ENABLED:
        raise refuse(f"{INVALID}Table of GlobalTableSourceArn must have GlobalTableSettingsReplicationMode ENABLED")
    taken = [arn.region, *(membership.peers if membership is not None else ())]
    if db.scope.region in taken:
        raise refuse(f"{INVALID}Global table has a replica in region {db.scope.region} already")
    check_idle(source)
    check_no_load(source)
    return source
