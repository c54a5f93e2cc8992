"""What describe_table shows of a table, and what create, update and delete_table answer. Shapes as recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_serverless.core.clock import from_timestamp

from .replica_descriptions import described
from .schema import IndexDefinition
from .settings import IndexSettings, Settings, Throughput
from .table import Table
from .vector_indexes import VectorDefinition

if TYPE_CHECKING:
    from .restores import Origin


def description(table: Table, status: str | None = None) -> dict[str, Any]:
    """A TableDescription, of a table in another state than its own if one is named.

    While a table is being created or updated, AWS leaves out what isn't settled yet.
    """
    status = status or table.status
    settings = table.settings
    store = table.items.store
    shown: dict[str, Any] = {
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in sorted(table.attributes.items())],
        "TableName": table.name,
        "KeySchema": table.key.schema.described(),
        "TableStatus": status,
        "CreationDateTime": from_timestamp(table.created),
        "ProvisionedThroughput": _throughput(settings.throughput, table.scope.timestamp()),
        "TableSizeBytes": store.billed_size,
        "ItemCount": len(store.items),
        "TableArn": table.arn,
        "TableId": table.id,
        "DeletionProtectionEnabled": settings.deletion_protection,
    }
    if table.local_indexes:
        shown["LocalSecondaryIndexes"] = [_local(table, d) for d in table.local_indexes]
    if table.global_indexes:
        shown["GlobalSecondaryIndexes"] = [global_index(table, d, status) for d in table.global_indexes]
    if table.vectors:
        shown["VectorIndexes"] = [vector_index(table, d, status) for d in table.vectors.values()]
    _add_billing(shown, table, status)
    _add_stream(shown, table)
    if table.origin is not None and status == "CREATING":
        shown["RestoreSummary"] = _restore_summary(table.origin)
    if settings.encryption is not None:
        shown["SSEDescription"] = settings.encryption
        _add_inaccessible(shown, table)
    if settings.table_class is not None:
        shown["TableClassSummary"] = {"TableClass": settings.table_class}
        if settings.table_class_since is not None:
            shown["TableClassSummary"]["LastUpdateDateTime"] = from_timestamp(settings.table_class_since)
    shown.update(described(table))
    return shown


def _add_inaccessible(shown: dict[str, Any], table: Table) -> None:
    """What a table shows whose key can't be used (encryption.py). What it is doing otherwise is shown before that."""
    if table.protection is None or table.protection.inaccessible is None:
        return
    since = from_timestamp(table.protection.inaccessible)
    shown["SSEDescription"] = {**shown["SSEDescription"], "InaccessibleEncryptionDateTime": since}
    if shown["TableStatus"] == "ACTIVE":
        shown["TableStatus"] = "INACCESSIBLE_ENCRYPTION_CREDENTIALS"


def _restore_summary(origin: Origin) -> dict[str, Any]:
    """Shown until the table is ACTIVE (measured)."""
    shown: dict[str, Any] = {} if origin.backup_arn is None else {"SourceBackupArn": origin.backup_arn}
    shown["SourceTableArn"] = origin.table_arn
    shown["RestoreDateTime"] = from_timestamp(origin.time)
    shown["RestoreInProgress"] = True
    return shown


def deleted(table: Table) -> dict[str, Any]:
    """What delete_table answers."""
    full = description(table, "DELETING")
    kept = (
        "TableName",
        "TableStatus",
        "ProvisionedThroughput",
        "TableSizeBytes",
        "ItemCount",
        "TableArn",
        "TableId",
        "BillingModeSummary",
        "DeletionProtectionEnabled",
        "SSEDescription",  # measured: ack-api-quirks, DDB-TABLE-334
    )
    return {name: full[name] for name in kept if name in full}


def _add_billing(shown: dict[str, Any], table: Table, status: str) -> None:
    settings = table.settings
    if settings.paid_per_request_since is not None:
        shown["BillingModeSummary"] = {"BillingMode": settings.billing_mode}
        if status != "CREATING":
            since = from_timestamp(settings.paid_per_request_since)
            shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = since
    if settings.on_demand is not None:
        shown["OnDemandThroughput"] = settings.on_demand
    warm = _warm(settings, status)
    if warm is not None:
        shown["WarmThroughput"] = warm


def _add_stream(shown: dict[str, Any], table: Table) -> None:
    if table.stream is not None:
        shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream.view}
    if table.latest_stream is not None:
        shown["LatestStreamArn"] = table.latest_stream.arn
        shown["LatestStreamLabel"] = table.latest_stream.label


def _throughput(throughput: Throughput, now: float) -> dict[str, Any]:
    day = 24 * 3600
    last = throughput.last_decrease
    shown: dict[str, Any] = {
        "NumberOfDecreasesToday": throughput.decreases if last is not None and last // day == now // day else 0,
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
    }
    if throughput.last_increase is not None:
        shown["LastIncreaseDateTime"] = from_timestamp(throughput.last_increase)
    if last is not None:
        shown["LastDecreaseDateTime"] = from_timestamp(last)
    return shown


def _warm(own: Settings | IndexSettings, status: str) -> dict[str, Any] | None:
    """Warm throughput is always there, but before a table has been created only where it was asked for."""
    if status == "CREATING":
        return {**own.warm, "Status": "UPDATING"} if own.warm_given else None
    return {**own.warm, "Status": own.warm_status}


def _local(table: Table, definition: IndexDefinition) -> dict[str, Any]:
    index = table.items.store.indexes[definition.name]
    return {
        "IndexName": definition.name,
        "KeySchema": definition.key.described(),
        "Projection": definition.projection.described(),
        "IndexSizeBytes": index.size,
        "ItemCount": index.count,
        "IndexArn": f"{table.arn}/index/{definition.name}",
    }


def global_index(table: Table, definition: IndexDefinition, table_status: str) -> dict[str, Any]:
    """A GlobalSecondaryIndexDescription."""
    settings = table.index_settings[definition.name]
    shown = _local(table, definition)
    shown["IndexStatus"] = table_status if table_status in ("CREATING", "DELETING") else settings.status
    if settings.status == "CREATING" and settings.added:
        shown["Backfilling"] = settings.backfilling
    shown["ProvisionedThroughput"] = _throughput(settings.throughput, table.scope.timestamp())
    if settings.on_demand is not None:
        shown["OnDemandThroughput"] = settings.on_demand
    warm = _warm(settings, shown["IndexStatus"])
    if warm is not None:
        shown["WarmThroughput"] = warm
    return shown


def vector_index(table: Table, definition: VectorDefinition, table_status: str) -> dict[str, Any]:
    """A VectorIndexDescription."""
    own, index = table.vector_settings[definition.name], table.items.store.vectors[definition.name]
    shown = definition.described()
    shown["IndexStatus"] = table_status if table_status in ("CREATING", "DELETING") else own.status
    if own.status == "CREATING" and own.added:
        shown["Backfilling"] = own.backfilling
    shown["IndexSizeBytes"] = index.size
    shown["ItemCount"] = index.count
    shown["IndexArn"] = f"{table.arn}/index/{definition.name}"
    return shown
