"""What the replicas of a global table share, and what each may have of its own: its read capacity and its table class.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html ("Settings
synchronization"). Billing mode, write capacity, indexes, encryption, the table class and time to live are set for all
at once, from any of them. Overrides are no settings of their own: what differs from the table that tells of a replica
is one. Tags, point-in-time recovery, deletion protection, resource policies, contributor insights and Kinesis
destinations are each replica's own. As measured on AWS in October 2026 (public notes of the project ack-api-quirks).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mock_serverless.core.errors import AwsError

from .definitions import PER_REQUEST
from .replication import LEGACY, members, table_of
from .schema import INVALID
from .settings import IndexSettings, Settings
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .database import Database


def check_overrides(table: Table, action: dict[str, Any]) -> None:
    if action.get("KMSMasterKeyId"):
        raise refuse(INVALID + "KMSMasterKeyId must be specified for each replica.")
    indexes = action.get("GlobalSecondaryIndexes") or ()
    for name in (index["IndexName"] for index in indexes):
        if name not in table.index_settings:
            raise AwsError(
                "ResourceNotFoundException", f"Requested resource not found: Index {name} for table {table.name}"
            )  # a guess
    given = {name for part in (action, *indexes) for name in part}
    if table.settings.billing_mode == PER_REQUEST and "ProvisionedThroughputOverride" in given:
        raise refuse(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    if table.settings.billing_mode != PER_REQUEST and "OnDemandThroughputOverride" in given:
        raise refuse(
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
        )


def override(table: Table, action: dict[str, Any]) -> None:
    assert table.membership is not None
    replica = table_of(table, table.membership.peers[action["RegionName"]])
    if replica is not None:
        set_overrides(replica, table, action)


def set_overrides(replica: Table, base: Table, action: dict[str, Any]) -> None:
    """Read capacity and the table class may be a replica's own; what equals the source's is no override."""
    settings, provisioned = replica.settings, base.settings.billing_mode != PER_REQUEST
    given = action.get("ProvisionedThroughputOverride")
    if given and provisioned:  # without a meaning where capacity isn't provisioned: accepted, and not kept
        _set_read(settings, given)
    if action.get("OnDemandThroughputOverride") and not provisioned:
        settings.on_demand = {**(settings.on_demand or {}), **action["OnDemandThroughputOverride"]}
    if action.get("TableClassOverride"):
        settings.table_class = action["TableClassOverride"]
        settings.table_class_since = replica.scope.timestamp()
    for index in action.get("GlobalSecondaryIndexes") or ():
        own = replica.index_settings.get(index["IndexName"])
        if own is None:
            continue  # measured: an unknown index of a new replica is ignored
        if index.get("ProvisionedThroughputOverride") and provisioned:
            _set_read(own, index["ProvisionedThroughputOverride"])
        if index.get("OnDemandThroughputOverride") and not provisioned:
            own.on_demand = {**(own.on_demand or {}), **index["OnDemandThroughputOverride"]}


def _set_read(own: Settings | IndexSettings, given: dict[str, int]) -> None:
    """Warm throughput follows the most that there has been."""
    own.throughput.read = given.get("ReadCapacityUnits", own.throughput.read)
    own.warm = {**own.warm, "ReadUnitsPerSecond": max(own.warm["ReadUnitsPerSecond"], own.throughput.read)}


# ---------------------------------------------------------------------- what replicas share


def check_stream(table: Table, request: dict[str, Any]) -> None:
    """Replication needs the streams of its replicas."""
    membership, given = table.membership, request.get("StreamSpecification")
    if membership is not None and not membership.strong and given is not None and not given["StreamEnabled"]:
        raise refuse(INVALID + "Disabling Stream is not allowed for a Global Table replica.")


SHARED = (
    "BillingMode",
    "AttributeDefinitions",
    "GlobalSecondaryIndexUpdates",
    "VectorIndexUpdates",
    "SSESpecification",
    "TableClass",
    "WarmThroughput",
)
"""Of update_table, applied to every replica; read capacity too, where it isn't a replica's own."""


def shares(table: Table, request: dict[str, Any]) -> Iterator[tuple[Database, Table, dict[str, Any]]]:
    """The other replicas, each with what of a request for one of them holds for it as well."""
    membership = table.membership
    if membership is None or membership.version == LEGACY:
        return
    for replica in list(members(table)):
        if replica is not table:
            yield replica.scope.state(), replica, _shared(table, replica, request)


def _shared(table: Table, replica: Table, request: dict[str, Any]) -> dict[str, Any]:
    shared = {name: request[name] for name in SHARED if name in request}
    switches = "BillingMode" in request and request["BillingMode"] != table.settings.billing_mode
    if "ProvisionedThroughput" in request:
        given = dict(request["ProvisionedThroughput"])
        if not switches and replica.settings.throughput.read != table.settings.throughput.read:
            given["ReadCapacityUnits"] = replica.settings.throughput.read
        shared["ProvisionedThroughput"] = given
    if "OnDemandThroughput" in request:
        given = dict(request["OnDemandThroughput"])
        ours, theirs = (one.settings.on_demand or {} for one in (table, replica))
        if ours.get("MaxReadRequestUnits") != theirs.get("MaxReadRequestUnits"):
            given.pop("MaxReadRequestUnits", None)
        shared["OnDemandThroughput"] = {**theirs, **given}
    shared.update(_encryption(replica, shared.pop("SSESpecification", None)))
    return shared


def _encryption(replica: Table, given: dict[str, Any] | None) -> dict[str, Any]:
    """Whether there is a key is the same for all; which one it is, is each region's own."""
    if given is None:
        return {}
    enabled = given.get("Enabled", "SSEType" in given)
    if enabled is not (replica.settings.encryption is None):
        return {}
    return {"SSESpecification": {"Enabled": True, "SSEType": "KMS"} if enabled else {"Enabled": False}}


def share_time_to_live(table: Table, attribute: str | None) -> None:
    """Time to live is set for all replicas at once, from any of them."""
    membership = table.membership
    if membership is None or membership.version == LEGACY:
        return
    for replica in list(members(table)):
        if replica is not table:
            replica.expiry.changed, replica.expiry.lag = table.expiry.changed, table.expiry.lag
            replica.expire_by(attribute)
