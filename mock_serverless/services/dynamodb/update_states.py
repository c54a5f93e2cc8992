"""What update_table refuses while something else of the table is on its way.

Measured on the service and published (the catalogue of findings of ack-api-quirks, 2026), but for what is marked as a guess.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.errors import AwsError

from .states import busy
from .table import Table


def one_online_index() -> AwsError:
    """A second index is to be created or deleted."""
    return AwsError(
        "LimitExceededException",
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    )


def check_states(table: Table, request: dict[str, Any]) -> None:
    """What can't begin while something else is on its way."""
    if table.status in ("CREATING", "DELETING"):
        raise busy(f"Table is being {'created' if table.status == 'CREATING' else 'deleted'}: {table.name}")
    if "SSESpecification" in request and (table.settings.encryption or {}).get("Status") == "UPDATING":
        raise busy("Server-Side Encryption is still being updated")
    for wanted, members in WANTED.items():
        if not any(name in request for name in members):
            continue
        for job, words in table.jobs.items():
            template = REFUSALS.get((job, wanted))
            if template is not None:
                raise busy(template.format(table=table.name, job=words))


WANTED = {
    "iops": ("ProvisionedThroughput", "BillingMode"),
    "stream": ("StreamSpecification",),
    "class": ("TableClass",),
    "units": ("OnDemandThroughput",),
}
_CLASS_JOB = " when a table class update is in progress. Table: {table} TableClassUpdateInProgress: {job}"
_STREAM_JOB = " when stream status is being updated. Table: {table} {job}"
_INDEX_JOB = " when an index is being {job}"
REFUSALS = {
    ("iops", "iops"): "Table IOPS are currently being updated. Table: {table}",
    ("iops", "stream"): "Can't enable or disable stream while table IOPS are being updated. Table: {table}",
    ("iops", "class"): "Can't update table class while table IOPS are being updated. Table: {table}",  # a guess
    ("iops", "units"): "OnDemandThroughput cannot be updated while BillingMode update is in progress",
    ("stream", "iops"): "Can't change table IOPS" + _STREAM_JOB,
    ("stream", "stream"): "A stream status change is currently in progress. Table: {table} {job}",
    ("stream", "class"): "Can't update table class" + _STREAM_JOB,
    ("stream", "units"): "OnDemandThroughput cannot be updated while stream status update is in progress",
    ("class", "iops"): "Can't change table IOPS" + _CLASS_JOB,  # a guess
    ("class", "stream"): "Can't change stream status" + _CLASS_JOB,
    ("class", "class"): "Can't update table class" + _CLASS_JOB,
    ("class", "units"): (
        "OnDemandThroughput cannot be updated while TableClass update is in progress. TableClassUpdateInProgress: {job}"
    ),
    ("index", "iops"): "Can't change table IOPS" + _INDEX_JOB,
    ("index", "stream"): "Can't change stream status" + _INDEX_JOB,
    ("index", "class"): "Can't update table class" + _INDEX_JOB,  # a guess
    ("index", "units"): "OnDemandThroughput cannot be updated while index {job}",
}
"""(what is on its way, what is wanted) -> the refusal; what isn't here goes ahead."""


def check_index_states(table: Table, updates: list[dict[str, Any]]) -> None:
    """Indexes come and go one at a time; one that isn't ACTIVE can't be changed."""
    online = {name for name, own in table.progress.items() if own.status in ("CREATING", "DELETING")}
    for update in updates:
        ((kind, action),) = update.items()
        name = action["IndexName"]
        own = table.progress_of(name)
        where = f"Table: {table.name} Index: {name}"
        if own is not None and own.status == "CREATING" and not own.backfilling:
            if kind == "Delete":
                raise busy(
                    "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the index "
                    f"is active. {where}"
                )
            raise busy(f"Index is being created but is not backfilling yet.  {where}")
        if own is not None and own.status in ("UPDATING", "DELETING"):
            raise busy(f"Index is being {'updated' if own.status == 'UPDATING' else 'deleted'}. {where}")
        if kind != "Update" and online - {name}:
            raise one_online_index()
