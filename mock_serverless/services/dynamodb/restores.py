"""What both ways of restoring share: the overrides, the target's name, and the table that comes of it.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/restore-backup.html. A restored table has its source's items,
keys, indexes, capacity and encryption, unless overridden; it has no stream, time to live, recovery, tags, deletion protection,
policy or table class. Wordings and what is refused are as measured on the service (see recovery.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mock_serverless.core.errors import AwsError, NotSupported

from .definitions import PER_REQUEST, index_settings, throughput_of, warm_of
from .descriptions import description
from .encryption import check as check_encryption
from .encryption import encryption, protect, secured
from .schema import INVALID, IndexDefinition
from .settings import IndexSettings, Settings, Throughput, VectorSettings
from .states import begin
from .store import Store
from .table import Table
from .values import refuse
from .vector_definitions import ON_DEMAND_ONLY
from .vector_indexes import VectorDefinition
from .versions import Versioned

if TYPE_CHECKING:
    from .database import Database

REQUEST = "Invalid Request: "
KNOWN = frozenset(
    (
        "BackupArn",
        "BillingModeOverride",
        "GlobalSecondaryIndexOverride",
        "LocalSecondaryIndexOverride",
        "OnDemandThroughputOverride",
        "ProvisionedThroughputOverride",
        "RestoreDateTime",
        "SSESpecificationOverride",
        "SourceTableArn",
        "SourceTableName",
        "TargetTableName",
        "UseLatestRestorableTime",
        "VectorIndexOverride",
    )
)
NO_SUCH_INDEX = (
    REQUEST
    + "Index {} does not match a secondary index that existed in the source table and cannot be created during the "
    "restore operation"
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a restored table comes from; shown until it is ACTIVE."""

    table_arn: str
    time: float
    backup_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a restored table will have: its settings, and of each index its source's name, its definition, its settings."""

    settings: Settings
    indexes: tuple[tuple[str, IndexDefinition, IndexSettings | None], ...]
    vectors: tuple[tuple[str, VectorDefinition], ...] = ()


def refuse_others(name: str, request: dict[str, Any]) -> None:
    """What can't act is not accepted."""
    for parameter in request:
        if parameter not in KNOWN:
            raise NotSupported(
                f"dynamodb.{name}: mock_serverless can't act on the parameter {parameter} yet.\n"
                f"Leave it out, or stub the call: cloud.stub('dynamodb', '{name}', {{...}})"
            )


def check_other_region(request: dict[str, Any]) -> None:
    """Another region has another key."""
    if "SSESpecificationOverride" not in request:
        raise refuse(REQUEST + "sseSpecificationOverride must be provided for cross-region restores")


def check_target(db: Database, name: str) -> None:
    """The name of the new table is free."""
    there = db.tables.get(name)
    if there is None:
        return
    if there.restoring:
        assert there.origin is not None
        source = there.origin.backup_arn
        raise AwsError(
            "TableInUseException",
            f"Table: {name} is already being restored" + ("" if source is None else f" from backup: {source}"),
        )  # without a backup: a guess
    raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}")


# ---------------------------------------------------------------------- overrides


def plan(db: Database, source: Table, request: dict[str, Any]) -> Plan:
    """The settings and indexes of a table restored from ``source``; AwsError when the overrides don't fit."""
    old = source.settings
    check_encryption(request.get("SSESpecificationOverride"), "sSESpecificationOverride")
    billing = request.get("BillingModeOverride", old.billing_mode)
    _check_throughput(request, old.billing_mode, billing)
    given = request.get("ProvisionedThroughputOverride")
    throughput = throughput_of(given) if given is not None or billing == PER_REQUEST else _same(old.throughput)
    settings = Settings(billing, throughput, warm_of(throughput))
    if billing == PER_REQUEST:
        settings.paid_per_request_since = db.scope.timestamp()
        settings.on_demand = request.get("OnDemandThroughputOverride", old.on_demand)
    specification = request.get("SSESpecificationOverride")
    if specification is None and old.encryption is not None:
        specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": old.encryption["KMSMasterKeyArn"]}
    settings.encryption = encryption(db, specification)
    indexes = (*_local(source, request), *_global(source, request, billing))
    return Plan(settings, indexes, tuple(_vectors(source, request, billing)))


def _check_throughput(request: dict[str, Any], old: str, billing: str) -> None:
    given = "ProvisionedThroughputOverride" in request
    if given and billing == PER_REQUEST:
        if "BillingModeOverride" in request:
            raise refuse(
                REQUEST + "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST"
            )
        raise refuse(REQUEST + "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED")
    if not given and billing != old and billing != PER_REQUEST:
        raise refuse(REQUEST + "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED")
    for name, units in request.get("OnDemandThroughputOverride", {}).items():
        if billing != PER_REQUEST:
            raise refuse(
                f"{REQUEST}Cannot override {name} for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST"
            )
        if units < 1:
            raise refuse(f"{REQUEST}Requested {name} for OnDemandThroughput is outside of valid range")


def _same(throughput: Throughput) -> Throughput:
    return Throughput(throughput.read, throughput.write)


def _local(source: Table, request: dict[str, Any]) -> list[tuple[str, IndexDefinition, IndexSettings | None]]:
    given = request.get("LocalSecondaryIndexOverride")
    if given is None:
        return [(d.name, d, None) for d in source.local_indexes]
    return [(old.name, replace(old, name=name), None) for old, name, _ in _matched(source.local_indexes, given)]


def _global(
    source: Table, request: dict[str, Any], billing: str
) -> list[tuple[str, IndexDefinition, IndexSettings | None]]:
    given = request.get("GlobalSecondaryIndexOverride")
    found: list[tuple[str, IndexDefinition, IndexSettings | None]] = []
    if given is None:
        for d in source.global_indexes:
            own = source.index_settings[d.name]
            if billing == PER_REQUEST:
                found.append((d.name, d, IndexSettings(Throughput(), warm_of(Throughput()), own.on_demand)))
            elif source.settings.billing_mode == PER_REQUEST:
                raise refuse(
                    f"{REQUEST}Must specify provisioned throughput for index {d.name}"
                )  # that it is so: a guess
            else:
                found.append((d.name, d, IndexSettings(_same(own.throughput), warm_of(own.throughput))))
        return found
    for old, name, entry in _matched(source.global_indexes, given):
        units = entry.get("ProvisionedThroughput")
        if units is None and billing != PER_REQUEST:
            raise refuse(f"{REQUEST}Must specify provisioned throughput for index {name}")
        if units is not None and billing == PER_REQUEST:
            raise refuse(
                f"{REQUEST}Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index "
                f"{name}"
            )
        found.append((old.name, replace(old, name=name), index_settings(entry)))
    return found


def _vectors(source: Table, request: dict[str, Any], billing: str) -> list[tuple[str, VectorDefinition]]:
    """Vector indexes that there are, whole (but for the name, as with other indexes: a guess)."""
    given = request.get("VectorIndexOverride")
    found = list(source.vectors.items())
    if given is not None:
        found = []
        for entry in given:
            name, taken = entry["IndexName"], [one for one, _ in found]
            alike = [d for d in source.vectors.values() if d.name not in taken and _is_like_vectors(d, entry)]
            old = min(alike, key=lambda d: d.name != name, default=None)
            if old is None:
                raise refuse(NO_SUCH_INDEX.format(name))
            if any(definition.name == name for _, definition in found):
                raise refuse(f"{INVALID}Duplicate index name: {name}")  # a guess
            found.append((old.name, replace(old, name=name)))
    if found and billing != PER_REQUEST:
        raise refuse(ON_DEMAND_ONLY)  # that it is so: a guess
    return found


def _is_like_vectors(definition: VectorDefinition, given: dict[str, Any]) -> bool:
    projection = {**given["Projection"], "NonKeyAttributes": sorted(given["Projection"].get("NonKeyAttributes") or ())}
    shown = definition.described()
    old = {"NonKeyAttributes": [], **shown["Projection"]}
    alike = all(shown[name] == given[name] for name in ("VectorAttribute", "Dimensions", "DistanceFunction"))
    return alike and old == projection and (shown.get("SearchSchema") or []) == (given.get("SearchSchema") or [])


def _matched(
    existing: list[IndexDefinition], given: list[dict[str, Any]]
) -> list[tuple[IndexDefinition, str, dict[str, Any]]]:
    """An index is known by its keys and projection; it may be given another name."""
    found: list[tuple[IndexDefinition, str, dict[str, Any]]] = []
    names: set[str] = set()
    for entry in given:
        name = entry["IndexName"]
        alike = [d for d in existing if _is_like(d, entry) and d not in (taken for taken, _, _ in found)]
        old = min(alike, key=lambda d: d.name != name, default=None)
        if old is None:
            raise refuse(NO_SUCH_INDEX.format(name))
        if name in names:
            raise refuse(f"{INVALID}Duplicate index name: {name}")  # a guess
        names.add(name)
        found.append((old, name, entry))
    return found


def _is_like(definition: IndexDefinition, given: dict[str, Any]) -> bool:
    projection = given["Projection"]
    return (
        definition.key.described() == given["KeySchema"]
        and definition.projection.kind == projection.get("ProjectionType")
        and set(definition.projection.included) == set(projection.get("NonKeyAttributes") or ())
    )


# ---------------------------------------------------------------------- the new table


def restored(db: Database, name: str, source: Table, store: Store, plan: Plan, origin: Origin) -> dict[str, Any]:
    """Make the table, with the items of ``store``; the answer of both operations."""
    used = {*source.key.names, *(n for _, d, _ in plan.indexes for n in d.key.names)}
    used |= {n for _, d in plan.vectors for n, _, _ in d.schema}
    attributes = {n: kind for n, kind in source.attributes.items() if n in used}
    table = Table(db.scope, name, db.scope.ids.uuid(), source.key.schema, attributes, plan.settings)
    table.origin = origin
    table.items = Versioned(store.copy({old: definition for old, definition, _ in plan.indexes}, dict(plan.vectors)))
    for _, definition, own in plan.indexes:
        table.define_index(definition, own)
    for _, vectors in plan.vectors:
        table.define_vectors(vectors, VectorSettings())
    protect(table, secured(db, name, plan.settings.encryption))
    db.tables[name] = table
    begin(db, table, "CREATING", "restore")
    return {"TableDescription": description(table, "CREATING")}
