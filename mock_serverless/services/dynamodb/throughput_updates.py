"""update_table's billing mode, and provisioned, on-demand and warm throughput of a table.

A new billing mode is shown at once, new throughput when it is there. Measured on the service (ack-api-quirks).
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.scope import Scope

from .database import Database
from .definitions import ON_DEMAND_WARM, PER_REQUEST
from .descriptions import description
from .quotas import DAY
from .settings import IndexSettings, Settings, Throughput
from .states import found
from .table import Table
from .update_jobs import FINISH, IOPS, finish, later


def update_iops(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """A new billing mode is shown at once, new throughput when it is there."""
    now = table.scope.timestamp()
    settings = table.settings
    billing = request.get("BillingMode", settings.billing_mode)
    switched = billing != settings.billing_mode
    if switched:
        _switch_billing(table, billing, now)
    given = request.get("ProvisionedThroughput")
    if given is None and not switched:
        return {"TableStatus": "UPDATING"}  # the same mode again: nothing happens
    if given is not None and switched:
        settings.throughput.read, settings.throughput.write = given["ReadCapacityUnits"], given["WriteCapacityUnits"]
    shown = description(table, "UPDATING")
    changes: dict[str, Any] = {}
    if given is not None and not switched:
        changes = note_throughput(settings.throughput, given, now)
        shown = description(table, "UPDATING")
        shown["ProvisionedThroughput"]["NumberOfDecreasesToday"] -= changes["less"]
    finish(db, table, IOPS, "", "throughput", **changes)
    if switched and billing == PER_REQUEST:
        shown["BillingModeSummary"] = {"BillingMode": billing}
    names = ("TableStatus", "ProvisionedThroughput", "BillingModeSummary", "WarmThroughput")
    return {name: shown[name] for name in names if name in shown}


def _switch_billing(table: Table, billing: str, now: float) -> None:
    """Limits of on-demand tables go; warm throughput of a table that was on demand stays. Measured."""
    settings = table.settings
    settings.billing_mode = billing
    settings.on_demand = None
    if billing == PER_REQUEST:
        settings.paid_per_request_since = now
        settings.on_demand_switches = (*(time for time in settings.on_demand_switches if now - time < DAY), now)
    parts: list[Settings | IndexSettings] = [settings, *table.index_settings.values()]
    for own in parts:
        own.on_demand = None
        if billing == PER_REQUEST:
            own.throughput.read = own.throughput.write = 0
            own.warm = {name: max(units, own.warm[name]) for name, units in ON_DEMAND_WARM.items()}


def note_throughput(current: Throughput, given: dict[str, int], now: float) -> dict[str, Any]:
    """Note when throughput went up or down; gives what is to be done when that has come about."""
    read, write = given["ReadCapacityUnits"], given["WriteCapacityUnits"]
    if read > current.read or write > current.write:
        current.last_increase = now
    less = read < current.read or write < current.write
    if less:
        same_day = current.last_decrease is not None and current.last_decrease // DAY == now // DAY
        current.decreases = current.decreases + 1 if same_day else 1
        current.last_decrease = now
    return {"read": read, "write": write, "less": int(less)}


def _set_throughput(table: Table, read: int | None = None, write: int = 0, less: int = 0) -> None:
    if read is not None:
        apply_throughput(table.settings, read, write)


def apply_throughput(own: Settings | IndexSettings, read: int, write: int) -> None:
    own.throughput.read, own.throughput.write = read, write
    warm = own.warm
    own.warm = {
        "ReadUnitsPerSecond": max(warm["ReadUnitsPerSecond"], read),
        "WriteUnitsPerSecond": max(warm["WriteUnitsPerSecond"], write),
    }


def update_units(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Limits of an on-demand table change at once; -1 takes one away, and is shown in the answer only."""
    merged = {**(table.settings.on_demand or {}), **request["OnDemandThroughput"]}
    table.settings.on_demand = limits(merged)
    return {"OnDemandThroughput": merged} if merged else {}


def limits(given: dict[str, int]) -> dict[str, int] | None:
    """The limits that there are."""
    return {name: units for name, units in given.items() if units != -1} or None


def update_warm(db: Database, table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """The table stays ACTIVE."""
    before = dict(table.settings.warm)
    wanted = {**before, **request["WarmThroughput"]}
    if db.latency.of("table"):
        table.settings.warm_status = "UPDATING"
        later(db, table, "dynamodb:warm", db.latency.of("table"), units=wanted)
    else:
        table.settings.warm = wanted
    return {"WarmThroughput": {**before, "Status": "UPDATING"}}


@job("dynamodb:warm")
def warmed(scope: Scope, table: str, table_id: str, units: dict[str, int], index: str | None = None) -> None:
    """Warm throughput is there."""
    there = found(scope, table, table_id)
    own = None if there is None else there.settings if index is None else there.index_settings.get(index)
    if own is not None:
        own.warm, own.warm_status = units, "ACTIVE"


FINISH["throughput"] = _set_throughput
