"""What update_table refuses before it changes anything.

First by the request alone, then by the table's settings. Its states (what is on its way forbids some things and lets others
through) are in update_states.py, its quotas in quotas.py. A request may change one thing at a time. All this has been measured
on the service and published (the catalogue of findings of ack-api-quirks, 2026), but for what is marked as a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.errors import AwsError

from . import encryption
from .consistency import NOT_ALONE
from .definitions import (
    PER_REQUEST,
    check_bounds,
    check_class,
    check_new_index,
    check_no_throughput,
    check_on_demand,
)
from .quotas import HIGHER, check_account, check_decrease, check_most_on_demand, check_most_provisioned
from .schema import INVALID
from .settings import Throughput
from .table import Table
from .update_states import check_index_states, one_online_index
from .values import refuse
from .vector_definitions import check_key_is_no_vector, check_new_name, check_vector_changes, check_vector_updates

if TYPE_CHECKING:
    from .database import Database

LISTED = (
    *("ProvisionedThroughput", "BillingMode", "UpdateStreamEnabled", "GlobalSecondaryIndexUpdates", "SSESpecification"),
    *("ReplicaUpdates", "MultiAccountReplicaReady", "ReplicaTransitRoleArn", "MultiRegionConsistency"),
    *("DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput"),
)
ONLY = " must be the only operation in the request"
EXCLUSIVE = {
    "SSESpecification": "Server-Side Encryption modification" + ONLY,
    "TableClass": "TableClass modification" + ONLY,
    "DeletionProtectionEnabled": "DeletionProtection modification" + ONLY,
    "DisassociationProtectionEnabled": "DisassociationProtection modification" + ONLY,  # a guess
    "GlobalTableSettingsReplicationMode": "GlobalTableSettingsReplicationMode modification" + ONLY,  # a guess
}
"""In the order in which they are named where several are there."""
LISTS = ("GlobalSecondaryIndexUpdates", "VectorIndexUpdates")
NOT_ACTIONS = frozenset(("TableName", "AttributeDefinitions", "MultiRegionConsistency", "GlobalTableWitnessUpdates"))
STRUCTURES = ("WarmThroughput", "OnDemandThroughput")


# ---------------------------------------------------------------------- by the request alone


def without_empty(request: dict[str, Any]) -> dict[str, Any]:
    """A request without WarmThroughput and OnDemandThroughput that say nothing, which count as absent.

    Measured: DDB-TABLE-437, DDB-TABLE-456. Alone with them the service breaks down (InternalFailure), which isn't imitated.
    """
    empty = [name for name in STRUCTURES if request.get(name) == {}]
    return {name: value for name, value in request.items() if name not in empty} if empty else request


def check_request(db: Database, request: dict[str, Any]) -> None:
    """What is wrong whatever table it is."""
    for update in request.get("GlobalSecondaryIndexUpdates") or ():
        if update.get("Update", {}).get("WarmThroughput") == {}:  # measured: DDB-TABLE-456
            raise refuse(
                f"{INVALID}WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for "
                f"index: {update['Update']['IndexName']}"
            )
    updates, vectors = request.get("GlobalSecondaryIndexUpdates"), request.get("VectorIndexUpdates")
    given = {name for name in request if name not in NOT_ACTIONS and (name not in LISTS or request[name])}
    if not given:
        listed = [name for name in LISTED if name not in request]
        raise refuse(f"At least one of {', '.join(listed)} or TableClass is required")
    if "MultiRegionConsistency" in request or "GlobalTableWitnessUpdates" in request:
        raise refuse(NOT_ALONE)  # measured (DDB-TABLE-257) beside ReplicaUpdates; that it is so without: a guess
    for name in LISTS:
        if request.get(name) == []:
            raise refuse(f"{INVALID}List of {name} is empty")  # of VectorIndexUpdates: a guess
    _check_combination(request, given)
    if "ProvisionedThroughput" in request:
        if request.get("BillingMode") == PER_REQUEST:
            raise refuse(INVALID + "ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST")
        check_bounds(request["ProvisionedThroughput"])
    _check_index_updates(updates or [])
    check_vector_updates(vectors or [])
    if sum("Update" not in update for update in (*(updates or ()), *(vectors or ()))) > 1:
        raise one_online_index()
    check_class(request)
    encryption.check(request.get("SSESpecification"))
    stream = request.get("StreamSpecification")
    if stream is not None and stream["StreamEnabled"] and "StreamViewType" not in stream:
        raise refuse(INVALID + "If stream is being enabled then UpdateViewType is required")
    if stream is not None and not stream["StreamEnabled"] and "StreamViewType" in stream:
        raise refuse(INVALID + "If stream is being disabled, then UpdateViewType must not be specified")


def _check_combination(request: dict[str, Any], given: set[str]) -> None:
    if len(given) < 2:
        return
    for name, message in EXCLUSIVE.items():
        if name in given:
            raise refuse(INVALID + message)
    updates = request.get("GlobalSecondaryIndexUpdates") or []
    online = "VectorIndexUpdates" in given or any("Update" not in update for update in updates)
    if "WarmThroughput" in given:
        if any("Create" in update for update in updates):
            raise refuse(INVALID + "Create global secondary index cannot be specified when updating WarmThroughput")
        raise refuse(INVALID + "WarmThroughput" + ONLY)
    if "OnDemandThroughput" in given and given - {"OnDemandThroughput", "BillingMode"}:
        raise refuse(INVALID + "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request")
    iops = "ProvisionedThroughput" in given or request.get("BillingMode") == "PROVISIONED"
    if "StreamSpecification" in given and iops:
        raise refuse(INVALID + "You cannot modify stream status while updating table IOPS")
    if online and iops:
        raise refuse(INVALID + "You cannot create or delete index while updating table IOPS")
    if online and "StreamSpecification" in given:
        raise refuse(INVALID + "You cannot create or delete index while changing stream status")


def _check_index_updates(updates: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for update in updates:
        if not update:
            raise refuse(
                INVALID + "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(update) > 1:
            raise refuse(
                INVALID + "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
            )
        (action,) = update.values()
        name = action["IndexName"]
        if name in seen:
            raise refuse(
                f"{INVALID}Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )
        seen.add(name)
        if "Update" in update and "ProvisionedThroughput" in action:
            check_bounds(action["ProvisionedThroughput"], f" for index {name}")


# ---------------------------------------------------------------------- by the table's settings


def check_settings(db: Database, table: Table, request: dict[str, Any]) -> None:
    """What the table's own settings and limits forbid."""
    billing = request.get("BillingMode", table.settings.billing_mode)
    _check_throughput(db, table, request, billing)
    _check_indexes(db, table, request, billing)
    check_on_demand(request.get("OnDemandThroughput"), billing, "table", clears=True)
    check_most_on_demand(db, request.get("OnDemandThroughput"), "table")
    if "WarmThroughput" in request:
        check_warm_up(request["WarmThroughput"], table.settings.warm, "table")
    _check_stream(table, request.get("StreamSpecification"))


def _check_throughput(db: Database, table: Table, request: dict[str, Any], billing: str) -> None:
    given = request.get("ProvisionedThroughput")
    settings = table.settings
    if billing == PER_REQUEST:
        check_no_throughput(given)
        return
    if given is None:
        if "BillingMode" in request:
            raise refuse(INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
        return
    if settings.billing_mode != PER_REQUEST:
        _check_change(settings.throughput, given, "the table")
        check_decrease(settings.throughput, given, table.scope.timestamp())
    check_most_provisioned(db, given, None)
    check_account(db, given, settings.throughput)


def _check_change(current: Throughput, given: dict[str, int], whose: str) -> None:
    if (current.read, current.write) != (given["ReadCapacityUnits"], given["WriteCapacityUnits"]):
        return
    of = whose.replace("the index", "index")
    raise refuse(
        f"The provisioned throughput for {whose} will not change. The requested value equals the current value. Current "
        f"ReadCapacityUnits provisioned for {of}: {current.read}. Requested ReadCapacityUnits: {given['ReadCapacityUnits']}. "
        f"Current WriteCapacityUnits provisioned for {of}: {current.write}. Requested WriteCapacityUnits: "
        f"{given['WriteCapacityUnits']}. {HIGHER}"
    )


def check_warm_up(given: dict[str, int], current: dict[str, int], whose: str) -> None:
    """Warm throughput never goes down."""
    for name in ("ReadUnitsPerSecond", "WriteUnitsPerSecond"):
        if given.get(name, current[name]) < current[name]:
            raise refuse(
                f"{INVALID}Requested {name} for WarmThroughput for {whose} is lower than current WarmThroughput, decreasing "
                "WarmThroughput is not supported"
            )


def _check_stream(table: Table, given: dict[str, Any] | None) -> None:
    if given is None:
        return
    if given["StreamEnabled"] and table.stream is not None:
        raise refuse(f"Table already has an enabled stream: TableName: {table.name}")
    if not given["StreamEnabled"] and table.stream is None:
        raise refuse(f"Table has no stream to disable: TableName: {table.name}")


def _check_indexes(db: Database, table: Table, request: dict[str, Any], billing: str) -> None:
    updates = request.get("GlobalSecondaryIndexUpdates") or []
    for update in updates:
        ((kind, action),) = update.items()
        name = action["IndexName"]
        if kind == "Create":
            _check_creation(db, table, request, action, billing)
        elif name not in table.indexes:
            raise AwsError(
                "ResourceNotFoundException", f"Requested resource not found: Index {name} for table {table.name}"
            )
        elif not table.indexes[name].is_global:
            raise refuse(f"Cannot {kind.lower()} an index that is not a GlobalSecondaryIndex: {name}")
        elif kind == "Update":
            _check_index_update(db, table, action, billing)
    check_vector_changes(table, request, billing == PER_REQUEST)
    check_index_states(table, [*updates, *(request.get("VectorIndexUpdates") or ())])
    if billing != PER_REQUEST and table.settings.billing_mode == PER_REQUEST:
        told = {u["Update"]["IndexName"] for u in updates if "ProvisionedThroughput" in u.get("Update", {})}
        for definition in table.global_indexes:
            if definition.name not in told:
                raise refuse(f"{INVALID}ProvisionedThroughput must be specified for index: {definition.name}")


def _check_creation(db: Database, table: Table, request: dict[str, Any], action: dict[str, Any], billing: str) -> None:
    name = action["IndexName"]
    check_new_name(table, name)
    if "AttributeDefinitions" not in request:
        raise refuse(f"{INVALID}AttributeDefinitions is not specified for index: {name}")
    defined = {**{d["AttributeName"]: d["AttributeType"] for d in request["AttributeDefinitions"]}, **table.attributes}
    check_key_is_no_vector(table, action["KeySchema"], defined)
    check_new_index(action, billing, defined)
    check_most_provisioned(db, action.get("ProvisionedThroughput"), name)
    check_most_on_demand(db, action.get("OnDemandThroughput"), f"index : {name}")
    if len(table.global_indexes) >= 20:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20",
        )


def _check_index_update(db: Database, table: Table, action: dict[str, Any], billing: str) -> None:
    name = action["IndexName"]
    own = table.index_settings[name]
    given = action.get("ProvisionedThroughput")
    changes = any(action.get(member) for member in STRUCTURES)
    if billing == PER_REQUEST and (given is not None or not changes):  # that nothing is none of these: DDB-TABLE-456
        raise refuse(
            f"{INVALID}The only Updates for index: {name} when TableThroughputMode is PAY_PER_REQUEST can be to "
            "OnDemandThroughput, WarmThroughput"
        )
    if given is None and not changes:  # a guess
        raise refuse(f"{INVALID}ProvisionedThroughput must be specified for index: {name}")
    if given is not None and table.settings.billing_mode != PER_REQUEST:
        _check_change(own.throughput, given, f"the index {name}")
        check_decrease(own.throughput, given, table.scope.timestamp())
    check_most_provisioned(db, given, name)
    check_on_demand(action.get("OnDemandThroughput"), billing, f"index : {name}", clears=True)
    check_most_on_demand(db, action.get("OnDemandThroughput"), f"index : {name}")
    if "WarmThroughput" in action:
        check_warm_up(action["WarmThroughput"], own.warm, f"index {name}")
