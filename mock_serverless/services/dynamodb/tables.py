"""create_table, describe_table, list_tables, delete_table; update_table stands in updates.py.

A table can be used at once unless ``cloud.dynamodb.latency`` is set (states.py); the answers always say CREATING, UPDATING,
DELETING, as AWS's do.
"""

from __future__ import annotations

from typing import Any

from mock_serverless.core.agenda import job
from mock_serverless.core.errors import AwsError
from mock_serverless.core.operation import operation
from mock_serverless.core.scope import Scope

from . import multi_account, policies, policy_documents, replicas, tags
from .database import Database
from .definitions import (
    check_definition,
    index_definition,
    index_settings,
    key_schema,
    refuse_in_use,
    refuse_others,
    settings_of,
)
from .deletions import remove
from .descriptions import deleted, description
from .encryption import protect, secured
from .quotas import check_account, check_most_on_demand, check_most_provisioned
from .settings import VectorSettings
from .states import begin, busy, check_idle, found, unsettled
from .streams import enable_stream
from .table import Table
from .values import refuse
from .vector_definitions import vector_definition

CREATE = frozenset(
    (
        *("TableName", "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes"),
        *("GlobalSecondaryIndexes", "BillingMode"),
        *("DeletionProtectionEnabled", "OnDemandThroughput", "ProvisionedThroughput", "SSESpecification"),
        *("StreamSpecification", "TableClass", "Tags", "WarmThroughput", "ResourcePolicy"),
        *("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "VectorIndexes"),
    )
)


@operation
def create_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html"""
    refuse_others(request, CREATE, "CreateTable")
    name = db.checked_name(request["TableName"])
    replica = "GlobalTableSourceArn" in request
    if not replica:
        check_definition(request)
    tags.check(request.get("Tags") or [])
    _check_free(db, name)
    if replica:
        return {"TableDescription": description(multi_account.create_from_source(db, request, name), "CREATING")}
    if "GlobalTableSettingsReplicationMode" in request:
        raise refuse(multi_account.NO_SOURCE)
    check_limits(db, request)
    policy = None
    if "ResourcePolicy" in request:
        policy = policy_documents.read(db, request["ResourcePolicy"], db.arn_of(name))
    table = make(db, request, db.scope.ids.uuid())
    if policy is not None:
        policies.keep(db, table.arn, policy)
    stream = request.get("StreamSpecification")
    if stream is not None and stream["StreamEnabled"]:
        enable_stream(db, table, stream["StreamViewType"])
    begin(db, table, "CREATING", "table")
    return {"TableDescription": description(table, "CREATING")}


def _check_free(db: Database, name: str) -> None:
    there = db.tables.get(name)
    if there is None:
        return
    if there.restoring:
        raise AwsError("ResourceInUseException", f"Table is being used: {name}")  # measured
    if there.status in ("CREATING", "DELETING"):
        check_idle(there)
    raise refuse_in_use(name)


def make(db: Database, request: dict[str, Any], table_id: str) -> Table:
    """The table that a request which has been checked describes."""
    name = db.name_of(request["TableName"])
    attributes = {d["AttributeName"]: d["AttributeType"] for d in request["AttributeDefinitions"]}
    key = key_schema(request["KeySchema"], attributes)
    table = Table(db.scope, name, table_id, key, attributes, settings_of(db, request))
    for given in request.get("LocalSecondaryIndexes") or ():
        table.add_index(index_definition(given, key, attributes, is_global=False), None)
    for given in request.get("GlobalSecondaryIndexes") or ():
        table.add_index(index_definition(given, key, attributes, is_global=True), index_settings(given))
    for given in request.get("VectorIndexes") or ():
        table.add_vectors(vector_definition(given, key, attributes), VectorSettings())
    table.settings.tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    if table.settings.encryption is not None:
        protect(table, secured(db, name, table.settings.encryption))
    db.tables[name] = table
    return table


def check_limits(db: Database, request: dict[str, Any]) -> None:
    """The quotas of tables, indexes and the account."""
    check_most_on_demand(db, request.get("OnDemandThroughput"), "table")
    check_most_provisioned(db, request.get("ProvisionedThroughput"), None)
    total = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    for part in (request, *(request.get("GlobalSecondaryIndexes") or ())):
        given = part.get("ProvisionedThroughput") or {}
        if part is not request:
            check_most_provisioned(db, given, part["IndexName"])
            check_most_on_demand(db, part.get("OnDemandThroughput"), f"index : {part['IndexName']}")
        total = {name: units + given.get(name, 0) for name, units in total.items()}
    check_account(db, total)


def _found(db: Database, request: dict[str, Any]) -> Table:
    db.checked_name(request["TableName"])
    return db.named_table(request["TableName"], restoring=True)


@operation(unfinished=unsettled)
def describe_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html"""
    return {"Table": description(_found(db, request))}


@operation
def list_tables(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html"""
    limit = request.get("Limit", 100)
    after = request.get("ExclusiveStartTableName")
    names = sorted(name for name in db.tables if after is None or name > after)
    answer: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        answer["LastEvaluatedTableName"] = names[limit - 1]
    return answer


@operation
def delete_table(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html"""
    table = _found(db, request)
    if table.adding:
        raise busy(f"Table: {table.name} is being used.")  # measured: ack-api-quirks, DDB-TABLE-298
    check_idle(table)
    if table.is_busy:
        raise busy(f"Table: {table.name} is in the process of being updated.")  # encryption, warm throughput: measured
    if any(own.status != "ACTIVE" for own in table.progress.values()):
        raise busy("Cannot delete table while indexes are being created, updated, or deleted.")  # measured on AWS
    replicas.check_departure(table)
    if table.settings.deletion_protection:
        raise refuse(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
        )
    answer = {"TableDescription": deleted(table)}
    if not begin(db, table, "DELETING", "table", "dynamodb:delete"):
        remove(db, table)
    return answer


@job("dynamodb:delete")
def finish_deletion(scope: Scope, table: str, table_id: str) -> None:
    """The end of a table that was DELETING."""
    gone = found(scope, table, table_id)
    if gone is not None:
        remove(scope.state(), gone)
