"""``elasticmapreduce:...``: actions of Step Functions' own naming, each some operations of EMR's.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..language import StateError
from . import calls
from .resources import Resource
from .tasks import integration

if TYPE_CHECKING:
    from ..flow import World


def _emr(world: World, resource: Resource, operation: str, parameters: dict[str, Any], credentials: Any) -> Any:
    of = Resource("optimised", resource.arn, resource.type, resource.action, "", "emr", operation)
    return calls.answer(of, calls.call(world, of, parameters, credentials))


@integration("elasticmapreduce", "createCluster")
def create_cluster(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """RunJobFlow."""
    answer = _emr(world, resource, "RunJobFlow", parameters, credentials)
    return {"ClusterId": answer.pop("JobFlowId", None), **answer}


@integration("elasticmapreduce", "terminateCluster")
def terminate_cluster(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """TerminateJobFlows."""
    return _emr(world, resource, "TerminateJobFlows", {"JobFlowIds": [parameters.get("ClusterId")]}, credentials)


@integration("elasticmapreduce", "addStep")
def add_step(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """AddJobFlowSteps, of one step."""
    rest = {k: v for k, v in parameters.items() if k not in ("ClusterId", "Step")}
    request = {"JobFlowId": parameters.get("ClusterId"), "Steps": [parameters.get("Step")], **rest}
    return {"StepId": _emr(world, resource, "AddJobFlowSteps", request, credentials)["StepIds"][0]}


@integration("elasticmapreduce", "cancelStep")
def cancel_step(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """CancelSteps, of one step."""
    request = {"ClusterId": parameters.get("ClusterId"), "StepIds": [parameters.get("StepId")]}
    answer = _emr(world, resource, "CancelSteps", request, credentials)
    return {"CancelStepsInfo": (answer.get("CancelStepsInfoList") or [{}])[0]}


@integration("elasticmapreduce", "setClusterTerminationProtection")
def set_termination_protection(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """SetTerminationProtection."""
    request = {
        "JobFlowIds": [parameters.get("ClusterId")],
        "TerminationProtected": parameters.get("TerminationProtected"),
    }
    return _emr(world, resource, "SetTerminationProtection", request, credentials)


@integration("elasticmapreduce", "modifyInstanceFleetByName")
def modify_instance_fleet(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """ListInstanceFleets, then ModifyInstanceFleet of the one with the name."""
    cluster = {"ClusterId": parameters.get("ClusterId")}
    fleets = _emr(world, resource, "ListInstanceFleets", cluster, credentials).get("InstanceFleets", [])
    found = _by_name(fleets, parameters.get("InstanceFleetName"))
    request = {**cluster, "InstanceFleet": {"InstanceFleetId": found, **parameters.get("InstanceFleet", {})}}
    return _emr(world, resource, "ModifyInstanceFleet", request, credentials)


@integration("elasticmapreduce", "modifyInstanceGroupByName")
def modify_instance_group(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """ListInstanceGroups, then ModifyInstanceGroups of the one with the name."""
    cluster = {"ClusterId": parameters.get("ClusterId")}
    groups = _emr(world, resource, "ListInstanceGroups", cluster, credentials).get("InstanceGroups", [])
    found = _by_name(groups, parameters.get("InstanceGroupName"))
    request = {**cluster, "InstanceGroups": [{"InstanceGroupId": found, **parameters.get("InstanceGroup", {})}]}
    return _emr(world, resource, "ModifyInstanceGroups", request, credentials)


def _by_name(entries: list[dict[str, Any]], name: Any) -> str:
    for entry in entries:
        if entry.get("Name") == name:
            return str(entry["Id"])
    raise StateError("ElasticMapReduce.InvalidRequestException", f"There is no {name!r} in the cluster")  # a guess
