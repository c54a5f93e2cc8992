"""What describe_table shows of a global table: its version, its other replicas, its witness.

A table that is no replica shows none of it; a replica lists the others in the order in which they came, with what they
have of their own (replica_settings.py). Shapes as measured on AWS in October 2026 (public notes of the project
ack-api-quirks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.clock import from_timestamp
from mock_serverless.core.operation import output_shape
from mock_serverless.core.shapes import known

from .consistency import STRONG
from .definitions import PER_REQUEST
from .replication import CURRENT, LEGACY, Peer
from .table import Table

if TYPE_CHECKING:
    from .database import Database


def described(table: Table) -> dict[str, Any]:
    """The members of a TableDescription which tell of a global table; none for any other table."""
    membership = table.membership
    if membership is None:
        alone = {} if table.replication_mode is None else {"GlobalTableSettingsReplicationMode": table.replication_mode}
        return _known(alone)
    shown: dict[str, Any] = {"GlobalTableVersion": membership.version}
    if membership.version == CURRENT:
        shown["GlobalTableSettingsReplicationMode"] = membership.mode
        if not membership.strong:
            shown["DisassociationProtectionEnabled"] = membership.protected
    shown["Replicas"] = [_replica(table, peer) for peer in membership.peers.values()]
    if membership.strong:
        shown["MultiRegionConsistency"] = STRONG
    if membership.witness is not None:
        statuses = {peer.status for peer in membership.peers.values()}
        status = next((s for s in ("CREATING", "DELETING") if s in statuses), "ACTIVE")
        shown["GlobalTableWitnesses"] = [{"RegionName": membership.witness, "WitnessStatus": status}]
    return _known(shown)


def _known(shown: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = known(shown, output_shape("dynamodb", "DescribeTable").members["Table"])
    return kept


def _replica(table: Table, peer: Peer) -> dict[str, Any]:
    """A ReplicaDescription. What a replica has from the source isn't shown."""
    db: Database = table.scope.state(account=peer.account, region=peer.region)
    replica = db.tables.get(table.name)
    status = peer.status
    if replica is not None and status == "ACTIVE" and replica.status in ("UPDATING", "DELETING"):
        status = replica.status
    shown: dict[str, Any] = {"RegionName": peer.region, "ReplicaStatus": status}
    if replica is None or (table.membership is not None and table.membership.version == LEGACY):
        return shown
    settings = replica.settings
    shown.update(_own_reads(table.settings, settings, settings.billing_mode))
    if settings.encryption is not None and "KMSMasterKeyArn" in settings.encryption:
        shown["KMSMasterKeyId"] = settings.encryption["KMSMasterKeyArn"]
    shown["WarmThroughput"] = {**settings.warm, "Status": settings.warm_status}
    indexes = [_replica_index(table, replica, d.name) for d in replica.global_indexes if d.name in table.index_settings]
    if indexes:
        shown["GlobalSecondaryIndexes"] = indexes
    if settings.table_class is not None:
        shown["ReplicaTableClassSummary"] = {"TableClass": settings.table_class}
        if settings.table_class_since is not None:
            shown["ReplicaTableClassSummary"]["LastUpdateDateTime"] = from_timestamp(settings.table_class_since)
    if table.membership is not None:
        shown["GlobalTableSettingsReplicationMode"] = table.membership.mode
    return shown


def _replica_index(table: Table, replica: Table, name: str) -> dict[str, Any]:
    own, billing = replica.index_settings[name], replica.settings.billing_mode
    overrides = _own_reads(table.index_settings[name], own, billing)
    return {"IndexName": name, **overrides, "WarmThroughput": {**own.warm, "Status": own.warm_status}}


def _own_reads(base: Any, own: Any, billing: str) -> dict[str, Any]:
    """Overrides of the read capacity of a table or index: where it differs from that of the table that tells."""
    if billing != PER_REQUEST:
        if own.throughput.read == base.throughput.read:
            return {}
        return {"ProvisionedThroughputOverride": {"ReadCapacityUnits": own.throughput.read}}
    most = (own.on_demand or {}).get("MaxReadRequestUnits")
    if most is None or most == (base.on_demand or {}).get("MaxReadRequestUnits"):
        return {}
    return {"OnDemandThroughputOverride": {"MaxReadRequestUnits": most}}
