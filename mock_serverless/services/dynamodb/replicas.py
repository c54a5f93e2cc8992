"""Replicas of version 2019.11.21: update_table's ReplicaUpdates, what describe_table says of them, what they share.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html. There is no primary:
each replica is a table of its region with its own ARN, id and stream, and any of them takes changes of the group. Order
and wording of the refusals, and which settings the replicas share, as measured on AWS in October 2026 (public notes of
the project ack-api-quirks).
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from mock_serverless.core.agenda import job
from mock_serverless.core.errors import AwsError
from mock_serverless.core.scope import Scope

from .auto_scaling import check_write_scaled, share_write_scaling
from .consistency import NOT_ALONE, ONLY_WHOLE, STRONG, check_creation, check_deletion, check_request
from .deletions import remove
from .encryption import check_key, encryption, protect, secured
from .images import unpack
from .replica_settings import check_overrides, override, set_overrides
from .replication import CURRENT, LEGACY, Membership, Peer, join, members, table_of
from .schema import INVALID
from .states import found
from .streams import enable_stream
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

REGIONS = (
    *("ap-south-2", "ap-south-1", "eu-south-1", "eu-south-2", "me-central-1", "il-central-1", "ca-central-1"),
    *("ap-east-2", "mx-central-1", "eu-central-1", "eu-central-2", "us-west-1", "us-west-2", "af-south-1"),
    *("eu-north-1", "eu-west-3", "eu-west-2", "eu-west-1", "ap-northeast-3", "ap-northeast-2", "ap-northeast-1"),
    *("me-south-1", "sa-east-1", "ca-west-1", "ap-east-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"),
    *("ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "us-east-1", "us-east-2"),
)
"""The beginning as measured (DDB-TABLE-457); the rest are AWS's commercial regions in an order that is a guess."""
OTHER_PARTITIONS = {"aws-cn": ("cn-north-1", "cn-northwest-1"), "aws-us-gov": ("us-gov-west-1", "us-gov-east-1")}
IN_USE = "The resource which you are attempting to change is in use."
SOURCE_FOR = 24 * 3600.0
MEMBERS_OF_UPDATE = ("ReplicaUpdates", "GlobalTableWitnessUpdates", "MultiRegionConsistency")
OVERRIDES = (
    "KMSMasterKeyId",
    "ProvisionedThroughputOverride",
    "OnDemandThroughputOverride",
    "TableClassOverride",
    "GlobalSecondaryIndexes",
)
ENABLED = "ENABLED"
BEING_ADDED = (
    "Create/Update/Delete of replica is not allowed while the replica is being added to table with name: {} in region "
    "{}."
)
"""Measured up to "in region"."""
NO_ACTION = "There are no actions specified in the Replica Update Action of the request."


# ---------------------------------------------------------------------- what a request asks for


def check_updates(db: Database, request: dict[str, Any]) -> list[dict[str, Any]]:
    """The replica updates of a request, checked before the table is looked at; identical ones once only."""
    updates = [u for i, u in enumerate(request["ReplicaUpdates"]) if u not in request["ReplicaUpdates"][:i]]
    others = set(request) - {"TableName", *MEMBERS_OF_UPDATE}
    if others:
        if any(name in request for name in MEMBERS_OF_UPDATE[1:]):
            raise refuse(NOT_ALONE)
        raise refuse(INVALID + "Replica modification must be the only operation in the request")
    for update in updates:
        _check_action(update)
    _check_count(updates, request)
    home = db.scope.region
    for update in updates:
        _check_region(db, update)
    check_request(request, updates, home)
    return updates


def _check_region(db: Database, update: dict[str, Any]) -> None:
    """Disassociate is for the region in which it is said (documented; the wording is a guess), all else for the others."""
    ((kind, action),) = update.items()
    region, home = action["RegionName"], db.scope.region
    if kind == "Disassociate" and region != home:
        raise refuse(f"Only the local region can be disassociated. Local region: {home}, requested region: {region}")
    if kind != "Disassociate" and region == home:
        changes = "add, delete, or update" if kind == "Update" else "add or delete"
        raise refuse(
            f"Cannot {changes} the local region through ReplicaUpdates. Use CreateTable, DeleteTable, or UpdateTable as "
            "required."
        )
    supported = OTHER_PARTITIONS.get(db.scope.partition, REGIONS)
    if region not in supported:
        raise refuse(
            f"Region {region} is not supported. The latest version of global tables are only supported in "
            f"the following regions: [{', '.join(supported)}]"
        )


def _check_action(update: dict[str, Any]) -> None:
    if not update:
        raise refuse(NO_ACTION)
    if len(update) > 1:
        raise refuse("Update table operation with more than one type of replica actions not allowed.")
    ((kind, action),) = update.items()
    if kind == "Update":
        overrides = [name for name in OVERRIDES if action.get(name)]
        indexes = action.get("GlobalSecondaryIndexes") or ()
        if not overrides or any(len(index) < 2 for index in indexes):
            raise refuse(NO_ACTION)


def _check_count(updates: list[dict[str, Any]], request: dict[str, Any]) -> None:
    kinds = [next(iter(update)) for update in updates]
    if len(set(kinds)) > 1:
        raise refuse("Update table operation with more than one type of replica actions not allowed.")
    strong = request.get("MultiRegionConsistency") == STRONG
    if len(kinds) > 1 and kinds[0] == "Create" and not strong:
        raise _too_many()


def _too_many() -> AwsError:
    return refuse("Update table operation with more than one create or delete replica actions not allowed")


def update_replicas(db: Database, request: dict[str, Any], table: Table, updates: list[dict[str, Any]]) -> None:
    """Make, change or delete replicas, as :func:`check_updates` has read them."""
    membership = table.membership
    if membership is not None and membership.version == LEGACY:
        raise refuse(
            f"{INVALID}Replicas of a global table of version {LEGACY} are changed with UpdateGlobalTable"
        )  # the wording is a guess
    if membership is not None and membership.mode == ENABLED:
        raise refuse(
            f"{INVALID}Replicas of a global table of several accounts are created with CreateTable and deleted with DeleteTable"
        )  # the wording is a guess
    kind = next(iter(updates[0]))
    actions = [next(iter(update.values())) for update in updates]
    witnesses = request.get("GlobalTableWitnessUpdates") or []
    if kind == "Create":
        _check_free(table, [action["RegionName"] for action in actions])
        check_idle(table)
        check_creation(table, request.get("MultiRegionConsistency"))
        _check_keys(table, actions)
        check_write_scaled(table)
        added = [witness["Create"]["RegionName"] for witness in witnesses]
        _create(db, table, actions, request.get("MultiRegionConsistency") == STRONG, added)
        return
    _check_members(table, [action["RegionName"] for action in actions])
    if kind == "Update":
        for action in actions:
            check_overrides(table, action)
        for action in actions:
            override(table, action)
        busy_for(db, table, "dynamodb:settle")
    else:
        gone = [witness["Delete"]["RegionName"] for witness in witnesses if "Delete" in witness]
        _delete(db, table, [action["RegionName"] for action in actions], gone)


def check_made(table: Table | None, updates: list[dict[str, Any]]) -> None:
    """A replica that is being made changes nobody, and its source can't go. Measured: ack-api-quirks, DDB-TABLE-298."""
    if table is None or not table.adding or table.membership is None:
        return
    for update in updates:
        peer = table.membership.peers.get(update.get("Delete", {}).get("RegionName", ""))
        source = None if peer is None else table_of(table, peer)
        if source is not None:
            _check_source(source)
    raise refuse(BEING_ADDED.format(table.name, table.scope.region))


def check_none_made(table: Table) -> None:
    """What is set for all replicas isn't while one of them is being made. Measured: ack-api-quirks, DDB-TABLE-306."""
    peers = {} if table.membership is None else table.membership.peers
    for region, peer in peers.items():
        if peer.status == "CREATING":
            raise refuse(BEING_ADDED.format(table.name, region))


def _check_free(table: Table, regions: list[str]) -> None:
    peers = {} if table.membership is None else table.membership.peers
    if any(region in peers and peers[region].status == "CREATING" for region in regions):  # measured: DDB-TABLE-306
        there = ", ".join(sorted((table.scope.region, *peers)))
        raise AwsError(
            "ResourceInUseException",
            f"Global table with name: {table.name} already exists with replicas in regions: {there}.",
        )
    if any(region in peers or table.name in _database(table, region).tables for region in regions):
        raise refuse(
            f"Failed to create a the new replica of table with name: ‘{table.name}’ because one or more replicas already "
            "existed as tables."
        )


def _check_members(table: Table, regions: list[str]) -> None:
    peers = {} if table.membership is None else table.membership.peers
    strangers = [region for region in regions if region not in peers]
    if strangers:
        raise refuse(
            "Update global table operation failed because one or more replicas were not part of the global table. Please "
            f"retry the request without these replicas: [{', '.join(strangers)}]."
        )
    check_idle(table)


def check_idle(table: Table) -> None:
    """One change of the group at a time."""
    peers = {} if table.membership is None else table.membership.peers
    if table.status != "ACTIVE" or any(peer.status != "ACTIVE" for peer in peers.values()):
        raise AwsError("ResourceInUseException", IN_USE)


def _check_keys(table: Table, actions: list[dict[str, Any]]) -> None:
    """Replicas are encrypted with the same kind of key; a key of the customer's is named for each."""
    db: Database = table.scope.state()
    own = table.settings.encryption
    if own is not None and own.get("Status") == "UPDATING":
        raise refuse(
            "Operation cannot be performed while replica server-side encryption status is in UPDATING state. Please retry the "
            "request after the status is updated to ENABLED."
        )
    customers = own is not None and own["KMSMasterKeyArn"] != db.encryption_key
    for action in actions:
        key = action.get("KMSMasterKeyId")
        if customers is (key is None):
            raise refuse(INVALID + "KMSMasterKeyId must be specified for each replica.")
        if key == "alias/aws/dynamodb":
            raise refuse(INVALID + "All replica keys must either be Customer Managed CMK or AWS Managed CMK.")
    if own is not None:
        for action in actions:
            check_key(_database(table, action["RegionName"]), table.name, _specification(action), action["RegionName"])


def _specification(action: dict[str, Any]) -> dict[str, Any]:
    """The SSESpecification of a new replica of a table that has a key."""
    key = action.get("KMSMasterKeyId")
    return {"Enabled": True, "SSEType": "KMS", **({} if key is None else {"KMSMasterKeyId": key})}


# ---------------------------------------------------------------------- making replicas


def _create(db: Database, table: Table, actions: list[dict[str, Any]], strong: bool, witnesses: list[str]) -> None:
    """Begin to make replicas. Replication goes through streams: where there is none it is switched on."""
    if table.membership is None:
        join(table, Membership(db.scope.ids.uuid(), strong=strong, witness=witnesses[0] if witnesses else None))
    assert table.membership is not None
    if table.stream is None and not strong:
        enable_stream(db, table, "NEW_AND_OLD_IMAGES")
    for action in actions:
        add_replica(table, _database(table, action["RegionName"]), action)
    busy_for(db, table, "dynamodb:create_replicas", regions=[action["RegionName"] for action in actions])


def busy_for(db: Database, table: Table, then: str, **data: Any) -> None:
    """Have a job end what takes as long as ``latency(replica=...)`` says, at once if that is no time."""
    seconds = db.latency.of("replica")
    where = {"table": table.name, "table_id": table.id, **data}
    if seconds:
        table.status = "UPDATING"
        db.scope.later(seconds, then, **where)
    elif then in ENDINGS:
        ENDINGS[then](db.scope, **where)


def _database(table: Table, region: str) -> Database:
    """The state of a region, in the account where the replica of it is."""
    peers = {} if table.membership is None else table.membership.peers
    account = peers[region].account if region in peers else table.scope.account
    db: Database = table.scope.state(account=account, region=region)
    return db


def add_replica(table: Table, db: Database, action: dict[str, Any]) -> Table:
    """Make a replica with the source's items, and introduce it to the others."""
    replica = _copied(table, db, action)
    protect(replica, secured(db, replica.name, replica.settings.encryption))
    replica.status = "CREATING"
    db.tables[replica.name] = replica
    for key, image in table.items.store.items.items():
        replica.write(key, unpack(image))
    _introduce(table, replica)
    return replica


def _copied(table: Table, db: Database, action: dict[str, Any]) -> Table:
    """The table of a new replica, as empty as a new one: what replicas share is the source's."""
    settings = deepcopy(table.settings)
    settings.tags, settings.deletion_protection = {}, False
    if settings.encryption is not None:
        settings.encryption = encryption(db, _specification(action), db.scope.region)
    if settings.paid_per_request_since is not None:
        settings.paid_per_request_since = db.scope.timestamp()
    replica = Table(db.scope, table.name, db.scope.ids.uuid(), table.key.schema, table.attributes, settings)
    for definition in table.indexes.values():
        replica.add_index(definition, deepcopy(table.index_settings.get(definition.name)))
    for vectors in table.vectors.values():
        replica.add_vectors(vectors, deepcopy(table.vector_settings[vectors.name]))
    share_write_scaling(table, replica)
    set_overrides(replica, table, action)
    return replica


@job("dynamodb:create_replicas")
def finish_creation(scope: Scope, table: str, table_id: str, regions: list[str]) -> None:
    """Replicas that were CREATING have been made; their items have been coming since they were begun."""
    source = found(scope, table, table_id)
    if source is None or source.membership is None:
        return
    source.status = "ACTIVE"
    for region in regions:
        replica = _database(source, region).tables[table]
        replica.status = "ACTIVE"
        replica.expiry.changed, replica.expiry.lag = source.expiry.changed, source.expiry.lag
        if source.expiry.attribute is not None:
            replica.expire_by(source.expiry.attribute)
        if source.stream is not None and not source.membership.strong:
            enable_stream(replica.scope.state(), replica, source.stream.view)
        for one in members(source):
            if one.membership is not None and region in one.membership.peers:
                one.membership.peers[region].status = "ACTIVE"


def _introduce(source: Table, replica: Table) -> None:
    """A new replica gets from each of the others what the source hasn't got from it either; the source's items it has."""
    ours = source.membership
    assert ours is not None
    others = [one for one in members(source) if one is not source and one is not replica]
    everybody = sorted((source, *others), key=lambda one: one.membership.rank if one.membership is not None else 0)
    rank = 1 + max(one.membership.rank for one in everybody if one.membership is not None)
    region, now = replica.scope.region, replica.scope.timestamp()
    peers = {
        one.scope.region: Peer(one.scope.account, one.scope.region, next=replica.journal.next_number)
        for one in everybody
    }
    latest = dict(ours.latest)
    join(replica, Membership(ours.group, CURRENT, ours.mode, rank, peers, ours.strong, ours.witness, latest=latest))
    for other in others:
        theirs = other.membership
        assert theirs is not None
        behind = theirs.peers[source.scope.region].next
        theirs.peers[region] = Peer(replica.scope.account, region, "CREATING", behind)
    ours.peers[region] = Peer(replica.scope.account, region, "CREATING", source.journal.next_number)
    if ours.mode != ENABLED:
        ours.sourced[region] = now


# ---------------------------------------------------------------------- deleting replicas


def check_departure(table: Table) -> None:
    """Whether delete_table may take a replica away."""
    membership = table.membership
    if membership is None:
        return
    if membership.strong:
        raise refuse(ONLY_WHOLE)
    _check_protection(table)
    _check_source(table)


def _check_protection(table: Table) -> None:
    if table.settings.deletion_protection:
        raise refuse(
            f"Cannot delete table {table.name} in region {table.scope.region} because it has deletion protection enabled. "
            "Disable deletion protection first."
        )


def _check_source(table: Table) -> None:
    membership, now = table.membership, table.scope.timestamp()
    assert membership is not None
    for region, since in membership.sourced.items():
        if region in membership.peers and now - since < SOURCE_FOR and membership.version == CURRENT:
            raise refuse(
                "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the "
                "table in the last 24 hours."
            )


def _delete(db: Database, table: Table, regions: list[str], witnesses: list[str]) -> None:
    """Begin to delete replicas, with their tables."""
    membership = table.membership
    assert membership is not None
    check_deletion(table, regions, witnesses)
    if len(regions) > 1 and not membership.strong:
        raise _too_many()
    gone = [there for region in regions if (there := table_of(table, membership.peers[region])) is not None]
    for replica in gone:
        _check_protection(replica)
        _check_source(replica)
    for replica in gone:
        replica.status = "DELETING"
    for region in regions:
        membership.peers[region].status = "DELETING"
    busy_for(db, table, "dynamodb:delete_replicas", regions=regions)


@job("dynamodb:delete_replicas")
def finish_deletion_of_replicas(scope: Scope, table: str, table_id: str, regions: list[str]) -> None:
    """The end of replicas that were DELETING."""
    source = found(scope, table, table_id)
    if source is None or source.membership is None:
        return
    source.status = "ACTIVE"
    for region in regions:
        peer = source.membership.peers.get(region) if source.membership is not None else None
        replica = None if peer is None else table_of(source, peer)
        if replica is not None:
            remove(_database(source, region), replica)


ENDINGS: dict[str, Callable[..., None]] = {
    "dynamodb:create_replicas": finish_creation,
    "dynamodb:delete_replicas": finish_deletion_of_replicas,
}
