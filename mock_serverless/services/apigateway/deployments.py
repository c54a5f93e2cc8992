"""Deployments, snapshots of an API: https://docs.aws.amazon.com/apigateway/latest/api/API_Deployment.html"""

from __future__ import annotations

from ...core.operation import operation
from .gateway import Api, Record, State, bad_request
from .inputs import check
from .kind import Kind, Request, answer, chosen, register
from .patching import Rule
from .resources import deployable
from .stages import canary_of, check_variables, new_stage, with_cluster

ACTIVE = "Active stages pointing to this deployment must be moved or deleted"
CANARY = "Invalid deployment content specified."


def _leave(db: State, request: Request, record: Record) -> None:
    api = db.api(request)
    for stage in api.table("stages").values():
        if record["id"] in (stage["deploymentId"], (stage.get("canarySettings") or {}).get("deploymentId")):
            raise bad_request(ACTIVE)
    api.snapshots.pop(record["id"], None)


DEPLOYMENT = register(
    Kind(
        noun="deployment",
        key="deploymentId",
        missing="Invalid Deployment identifier specified",
        rules=(Rule("/description"),),
        leave=_leave,
        order=lambda records: reversed(list(records)),
    ),
    create=None,
    get=None,
)


@operation
def create_deployment(db: State, request: Request) -> Record:
    check("CreateDeployment", request)
    api = db.api(request)
    _check_content(api)
    stages, name = api.table("stages"), request.get("stageName")
    if request.get("canarySettings") is not None:
        _check_canary(api, request)
    record = {"id": db.new_id(), "createdDate": db.scope.now().replace(microsecond=0), **chosen(request, "description")}
    if name:
        check_variables(request.get("variables"))
        stages[name] = _pointed(db, request, stages.get(name), record["id"])
    api.table("deployments")[record["id"]] = record
    api.snapshots[record["id"]] = api.snapshot()
    return answer(record, 201)


def _check_content(api: Api) -> None:
    methods = deployable(api)
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    if not all("methodIntegration" in method for _, _, method in methods):
        raise bad_request("No integration defined for method")
    if api.record["endpointConfiguration"]["types"] == ["PRIVATE"]:  # policies are refused, so there is none
        raise bad_request("Private REST API doesn't have a resource policy attached to it")


def _check_canary(api: Api, request: Request) -> None:
    name = request.get("stageName")
    if not name:
        shown = "null" if name is None else name
        raise bad_request(
            f"{CANARY}Non null and non empty stageName must be provided for canary deployment. Provided value is {shown}"
        )
    if name not in api.table("stages"):
        raise bad_request(f"{CANARY}Stage {name} must already be created before making a canary release deployment")


def _pointed(db: State, request: Request, stage: Record | None, deployment: str) -> Record:
    """The stage that a deployment is made for: pointed at it, or at its canary."""
    if stage is None:
        given = {**request, "description": request.get("stageDescription"), "deploymentId": deployment}
        return new_stage(db, given)
    changed = {**stage, "lastUpdatedDate": db.scope.now().replace(microsecond=0)}
    enabled, size = request.get("cacheClusterEnabled"), request.get("cacheClusterSize")
    changed = with_cluster(db, request["restApiId"], changed, enabled, size)
    if request.get("canarySettings") is not None:  # the stage's own settings are set as without one; a guess
        changed["canarySettings"] = canary_of({"deploymentId": deployment, **request["canarySettings"]}, deployment)
    else:
        changed["deploymentId"] = deployment
    if request.get("stageDescription"):
        changed["description"] = request["stageDescription"]
    if request.get("variables"):
        changed["variables"] = {**(stage.get("variables") or {}), **request["variables"]}
    if request.get("tracingEnabled") is not None:
        changed["tracingEnabled"] = request["tracingEnabled"]
    return changed


@operation
def get_deployment(db: State, request: Request) -> Record:
    check("GetDeployment", request)
    record = DEPLOYMENT.find(db, request)
    if "apisummary" not in (request.get("embed") or ()):
        return record
    summary: dict[str, Record] = {}
    for resource, http_method, method in deployable(db.api(request).snapshots[record["id"]]):
        shown = {"authorizationType": method["authorizationType"], "apiKeyRequired": method["apiKeyRequired"]}
        summary.setdefault(resource["path"], {})[http_method] = shown
    return {**record, "apiSummary": summary}
