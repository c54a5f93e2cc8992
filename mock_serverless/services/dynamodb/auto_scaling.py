"""describe_table_replica_auto_scaling and update_table_replica_auto_scaling: the auto scaling settings of a global
table's replicas.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html. On AWS they are a face of Application
Auto Scaling. Here they are kept and shown; capacity doesn't follow them. Write capacity is scaled in all replicas
alike, read capacity in each by itself. A table whose capacity is provisioned gets replicas only when its write capacity
is scaled, which is said to Application Auto Scaling: it is asked where somebody answers for it (DescribeScalableTargets
and DescribeScalingPolicies, stubbed). Shapes and refusals as measured on AWS in October 2026 (public notes of the
project ack-api-quirks).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.ids import uuid_of
from mock_serverless.core.operation import operation

from .definitions import PER_REQUEST
from .replication import CURRENT, members
from .table import Table
from .values import refuse

if TYPE_CHECKING:
    from .database import Database

Dimension = tuple[str | None, str]
"""The index, None for the table itself, and Read or Write."""

OFF: dict[str, Any] = {"AutoScalingDisabled": True, "ScalingPolicies": []}
NEEDED = ("MaximumUnits", "ScalingPolicyUpdate", "MinimumUnits")
"""In the order in which AWS names what is missing."""
ROLE = (
    "role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)
SPACE = "dynamodb"


# ---------------------------------------------------------------------- operations


@operation
def describe_table_replica_auto_scaling(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTableReplicaAutoScaling.html"""
    return {"TableAutoScalingDescription": _described(_table(db, request))}


@operation
def update_table_replica_auto_scaling(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTableReplicaAutoScaling.html

    The answer shows the settings as they were before.
    """
    table = _table(db, request)
    _check_something(table, request)
    replicas = {one.scope.region: one for one in sorted(members(table), key=lambda one: one.scope.region)}
    updates = list(_updates(table, request, replicas))
    for _, _, given in updates:
        _check_billing(table, replicas, request, given)
    for _, dimension, given in updates:
        check_settings(table.name, dimension, given)
    answer = {"TableAutoScalingDescription": _described(table)}
    for replica, dimension, given in updates:
        set_settings(replica, dimension, given)
    return answer


def _table(db: Database, request: dict[str, Any]) -> Table:
    name = db.name_of(request["TableName"])
    table = db.tables.get(name)
    if table is None or table.membership is None or table.membership.version != CURRENT:
        raise AwsError("ResourceNotFoundException", f"Global table with name: '{name}' does not exist.")
    return table


def failure(name: str) -> str:
    """How refusals of settings begin."""
    return f"Failed to update settings for global table with name: ‘{name}’"


# ---------------------------------------------------------------------- what a request asks for


def _check_something(table: Table, request: dict[str, Any]) -> None:
    """Something is to be updated, and nothing twice."""
    begin = failure(table.name)
    if len(request) < 2:
        raise refuse(f"{begin} because at least one update parameter must be specified.")
    regions = [update["RegionName"] for update in request.get("ReplicaUpdates") or ()]
    twice = sorted({region for region in regions if regions.count(region) > 1})
    if twice:
        raise refuse(f"{begin} because the regions: ‘[{', '.join(twice)}]’ were specified more than once.")
    for update in request.get("ReplicaUpdates") or ():
        if len(update) < 2:
            region = update["RegionName"]
            raise refuse(f"{begin} because at least one update parameter must be specified for region: ‘{region}’.")


def _updates(
    table: Table, request: dict[str, Any], replicas: dict[str, Table]
) -> Iterator[tuple[Table, Dimension, dict[str, Any]]]:
    """What is to be set where: write capacity in all replicas, read capacity in those that are named."""
    begin = failure(table.name)
    strange = [u["RegionName"] for u in request.get("ReplicaUpdates") or () if u["RegionName"] not in replicas]
    if strange:
        text = f"{begin} because a replica does not exist in regions: ‘[{', '.join(strange)}]’."
        raise AwsError("ResourceNotFoundException", text)
    writes = request.get("GlobalSecondaryIndexUpdates") or []
    missing = [
        u["IndexName"] for u in writes if u.get("IndexName", "") not in table.index_settings and "IndexName" in u
    ]
    if missing:
        text = f"{begin} because the global secondary indexes with names: ‘[{', '.join(missing)}]’ do not exist."
        raise AwsError("ResourceNotFoundException", text)
    for replica in replicas.values():
        if "ProvisionedWriteCapacityAutoScalingUpdate" in request:
            yield replica, (None, "Write"), request["ProvisionedWriteCapacityAutoScalingUpdate"]
        for update in writes:
            if "IndexName" in update and "ProvisionedWriteCapacityAutoScalingUpdate" in update:
                yield replica, (update["IndexName"], "Write"), update["ProvisionedWriteCapacityAutoScalingUpdate"]
    for update in request.get("ReplicaUpdates") or ():
        yield from _reads(begin, replicas[update["RegionName"]], update)


def _reads(begin: str, replica: Table, update: dict[str, Any]) -> Iterator[tuple[Table, Dimension, dict[str, Any]]]:
    if "ReplicaProvisionedReadCapacityAutoScalingUpdate" in update:
        yield replica, (None, "Read"), update["ReplicaProvisionedReadCapacityAutoScalingUpdate"]
    for index in update.get("ReplicaGlobalSecondaryIndexUpdates") or ():
        name = index.get("IndexName")
        if name not in replica.index_settings:
            text = (
                f"{begin} because a global secondary index with name: ‘{name}’ does not exist in region: "
                f"‘{replica.scope.region}’."
            )
            raise AwsError("ResourceNotFoundException", text)
        if "ProvisionedReadCapacityAutoScalingUpdate" in index:
            yield replica, (name, "Read"), index["ProvisionedReadCapacityAutoScalingUpdate"]


def _check_billing(table: Table, replicas: dict[str, Table], request: dict[str, Any], given: dict[str, Any]) -> None:
    if given.get("AutoScalingDisabled") or table.settings.billing_mode != PER_REQUEST:
        return
    writes = "ProvisionedWriteCapacityAutoScalingUpdate" in request
    parameter = (
        "GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate"
        if writes
        else "ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate"
    )
    regions = ", ".join(f"'{region.upper()}'" for region in replicas)
    raise refuse(
        f"Failed to update global table with name ‘{table.name}‘. Replicas {regions} BillingMode is PayPerRequest. You must "
        f"convert table's BillingMode to PROVISIONED to set parameters: '{parameter}'."
    )


def check_settings(name: str, dimension: Dimension, given: dict[str, Any]) -> None:
    """An AutoScalingSettingsUpdate: all or, to switch it off, nothing; within the bounds of Application Auto Scaling."""
    if given.get("AutoScalingDisabled"):
        there = [key for key in NEEDED if key in given]
        if there:
            named = ", ".join(f"'{key}'" for key in there)
            raise refuse(f"{failure(name)}: Parameters {named} must be left blank when disabling auto scaling.")
        return
    missing = [key for key in NEEDED if key not in given]
    if missing:
        named = ", ".join(f"'{key}'" for key in missing)
        raise refuse(f"{failure(name)}: Parameters {named} are required unless auto scaling is being disabled.")
    if given["MaximumUnits"] < given["MinimumUnits"]:
        raise _scaling_refuses("Maximum capacity cannot be less than minimum capacity")
    target = float(given["ScalingPolicyUpdate"]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])
    if target < 8.51592e-109:
        raise _scaling_refuses(
            "For target tracking scaling, target value must be between '8.51592E-109' and '1.174271E108', but was "
            f"'{target}'."
        )
    if not 10 <= target <= 90:
        raise _scaling_refuses(
            f"For predefined metric type DynamoDB{dimension[1]}CapacityUtilization, target value must be between '10.0' and "
            f"'90.0', but was '{target}'."
        )


def _scaling_refuses(message: str) -> AwsError:
    """Application Auto Scaling's refusals come through with the words of its client."""
    return refuse(
        f"{message} (Service: AWSApplicationAutoScaling; Status Code: 400; Error Code: ValidationException; Request ID: "
        f"{uuid_of(Random(message))}; Proxy: null)"
    )


def set_settings(table: Table, dimension: Dimension, given: dict[str, Any]) -> None:
    """Put checked settings in place of those that are there."""
    if given.get("AutoScalingDisabled"):
        table.scaling = {d: settings for d, settings in table.scaling.items() if d != dimension}
        return
    index, direction = dimension
    policy = given["ScalingPolicyUpdate"]
    resource = f"table/{table.name}" + ("" if index is None else f"/index/{index}")
    name = policy.get("PolicyName") or f"DynamoDB{direction}CapacityUtilization:{resource}"
    scope = table.scope
    settings = {
        "MinimumUnits": given["MinimumUnits"],
        "MaximumUnits": given["MaximumUnits"],
        "AutoScalingRoleArn": given.get("AutoScalingRoleArn") or f"arn:{scope.partition}:iam::{scope.account}:{ROLE}",
        "ScalingPolicies": [
            {
                "PolicyName": name,
                "TargetTrackingScalingPolicyConfiguration": policy["TargetTrackingScalingPolicyConfiguration"],
            }
        ],
    }
    table.scaling = {**table.scaling, dimension: settings}


# ---------------------------------------------------------------------- showing them


def settings_of(table: Table, index: str | None, direction: str) -> dict[str, Any]:
    """An AutoScalingSettingsDescription."""
    return table.scaling.get((index, direction), OFF)


def _described(table: Table) -> dict[str, Any]:
    replicas = sorted(members(table), key=lambda one: one.scope.region)
    shown = [_replica(table, one) for one in replicas]
    return {"TableName": table.name, "TableStatus": table.status, "Replicas": shown}


def _replica(table: Table, replica: Table) -> dict[str, Any]:
    membership, region = table.membership, replica.scope.region
    assert membership is not None
    peer = membership.peers.get(region)
    indexes = [
        {
            "IndexName": d.name,
            "IndexStatus": replica.index_settings[d.name].status,
            "ProvisionedReadCapacityAutoScalingSettings": settings_of(replica, d.name, "Read"),
            "ProvisionedWriteCapacityAutoScalingSettings": settings_of(replica, d.name, "Write"),
        }
        for d in replica.global_indexes
        if replica.index_settings[d.name].status != "CREATING"
    ]
    return {
        "RegionName": region,
        "GlobalSecondaryIndexes": indexes,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": settings_of(replica, None, "Read"),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": settings_of(replica, None, "Write"),
        "ReplicaStatus": "ACTIVE" if peer is None else peer.status,
    }


# ---------------------------------------------------------------------- what Application Auto Scaling knows


def check_write_scaled(table: Table) -> None:
    """Provisioned write capacity of a global table is scaled, of the table and of its indexes."""
    if table.settings.billing_mode == PER_REQUEST:
        return
    for index in (None, *table.index_settings):
        _check_scaled(table, index)


def _check_scaled(table: Table, index: str | None) -> None:
    dimension = (index, "Write")
    if dimension in table.scaling:
        return
    found = _asked(table, index)
    if found is None:
        what = "Table" if index is None else "GSI"
        raise refuse(f"{what} write capacity should either be Pay-Per-Request or AutoScaled.")
    table.scaling = {**table.scaling, dimension: found}


def check_indexes_scaled(table: Table, request: dict[str, Any]) -> None:
    """While the writes of an index aren't scaled, no index of a global table is made or changed (DDB-TABLE-291)."""
    updates = request.get("GlobalSecondaryIndexUpdates") or ()
    billing = request.get("BillingMode", table.settings.billing_mode)
    if not _is_scaled(table) or PER_REQUEST in (billing, table.settings.billing_mode):
        return
    if any("Delete" not in update for update in updates):  # that one can be deleted is a guess
        for index in table.index_settings:
            _check_scaled(table, index)


def scale_new_indexes(table: Table, request: dict[str, Any]) -> None:
    """The writes of a new index of a global table are scaled at once, from 1 to 10 units at 70 percent (DDB-TABLE-322)."""
    if not _is_scaled(table) or table.settings.billing_mode == PER_REQUEST:
        return
    configuration = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}}
    given = {"MinimumUnits": 1, "MaximumUnits": 10, "ScalingPolicyUpdate": configuration}
    for update in request.get("GlobalSecondaryIndexUpdates") or ():
        if "Create" in update:
            for one in members(table):
                set_settings(one, (update["Create"]["IndexName"], "Write"), given)


def _is_scaled(table: Table) -> bool:
    return table.membership is not None and table.membership.version == CURRENT


def share_write_scaling(table: Table, replica: Table) -> None:
    """A new replica's write capacity is scaled as that of its source."""
    replica.scaling = {dimension: settings for dimension, settings in table.scaling.items() if dimension[1] == "Write"}


def _asked(table: Table, index: str | None) -> dict[str, Any] | None:
    """What Application Auto Scaling has of a table's or index's write capacity: a target and a policy, or None."""
    resource = f"table/{table.name}" + ("" if index is None else f"/index/{index}")
    kind = "table" if index is None else "index"
    dimension = f"dynamodb:{kind}:WriteCapacityUnits"
    call = table.scope.call
    which = {"ServiceNamespace": SPACE, "ScalableDimension": dimension}
    try:
        targets = call("application-autoscaling", "DescribeScalableTargets", {**which, "ResourceIds": [resource]})
        policies = call("application-autoscaling", "DescribeScalingPolicies", {**which, "ResourceId": resource})
    except (AwsError, NotSupported):
        return None  # nobody answers for it: nothing is scaled
    target = _first(targets.get("ScalableTargets"), resource, dimension)
    policy = _first(policies.get("ScalingPolicies"), resource, dimension)
    if target is None or policy is None:
        return None
    configuration = policy.get("TargetTrackingScalingPolicyConfiguration", {})
    kept = ("DisableScaleIn", "ScaleInCooldown", "ScaleOutCooldown", "TargetValue")
    shown = {name: configuration[name] for name in kept if name in configuration}
    return {
        "MinimumUnits": target["MinCapacity"],
        "MaximumUnits": target["MaxCapacity"],
        "AutoScalingRoleArn": target["RoleARN"],
        "ScalingPolicies": [{"PolicyName": policy["PolicyName"], "TargetTrackingScalingPolicyConfiguration": shown}],
    }


def _first(entries: Any, resource: str, dimension: str) -> dict[str, Any] | None:
    found: Iterator[dict[str, Any]] = (
        e for e in entries or () if (e["ResourceId"], e["ScalableDimension"]) == (resource, dimension)
    )
    return next(found, None)
