"""Stages, where deployments are served: https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html

Acting: variables, canaries, caches, throttling of methods, documentation version, access and execution logs; tracing says so in
the trace header. Metrics are stored only: there is nothing in this cloud that could show them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ...core.agenda import job
from ...core.errors import NotSupported
from ...core.operation import operation, service_model
from ...core.scope import Scope
from .gateway import Record, State, bad_request, conflict, not_found
from .kind import Kind, Request, answer, chosen, register
from .patching import Rule, apply, number, steps_of, truth, whole, with_value, without
from .pipeline.access_log import check_destination, check_format

NAME = re.compile(r"[a-zA-Z0-9_-]+|\$default")
VARIABLE = re.compile(r"[A-Za-z0-9_]+")
VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*")

# the paths below {resourcePath}/{httpMethod} -> member of the method's settings
SETTINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "metrics/enabled": ("metricsEnabled", truth),
    "logging/dataTrace": ("dataTraceEnabled", truth),
    "logging/loglevel": ("loggingLevel", str),
    "throttling/burstLimit": ("throttlingBurstLimit", whole),
    "throttling/rateLimit": ("throttlingRateLimit", number),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", whole),
    "caching/enabled": ("cachingEnabled", truth),
    "caching/dataEncrypted": ("cacheDataEncrypted", truth),
    "caching/requireAuthorizationForCacheControl": ("requireAuthorizationForCacheControl", truth),
    "caching/unauthorizedCacheControlHeaderStrategy": ("unauthorizedCacheControlHeaderStrategy", str),
}
# recorded: what a method's settings are when one of them is set
DEFAULT_SETTINGS = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
LEVELS = ("OFF", "ERROR", "INFO")
SMALLEST = "0.5"  # GB; what a cache has when nobody names a size
LONGEST = 3600  # seconds
COPY_TO = ("/deploymentId", "/variables")
COPY_FROM = ("/canarySettings/deploymentId", "/canarySettings/stageVariableOverrides")
PATHS = (
    "/deploymentId",
    "/description",
    "/cacheClusterEnabled",
    "/cacheClusterSize",
    "/clientCertificateId",
    "/accessLogSettings",
    "/accessLogSettings/destinationArn",
    "/accessLogSettings/format",
)
RULES = (
    Rule("/deploymentId"),
    Rule("/description"),
    Rule("/documentationVersion"),
    Rule("/tracingEnabled", convert=truth),
    Rule("/variables/*", ("add", "replace", "remove")),
    Rule("/accessLogSettings/destinationArn", ("add", "replace", "remove")),
    Rule("/accessLogSettings/format", ("add", "replace", "remove")),
    Rule("/accessLogSettings", ("remove",)),
    Rule("/canarySettings", ("remove",)),
    Rule("/canarySettings/deploymentId"),
    Rule("/canarySettings/percentTraffic", convert=number),
    Rule("/canarySettings/useStageCache", convert=truth),
    Rule("/canarySettings/stageVariableOverrides/*", ("add", "replace", "remove")),
)


def new_stage(db: State, request: Request) -> Record:
    """The record of a stage that is made."""
    if not NAME.fullmatch(request["stageName"]):
        raise bad_request("Stage name only allows a-zA-Z0-9_-")
    check_variables(request.get("variables"))
    now = db.scope.now().replace(microsecond=0)
    record: Record = {
        "stageName": request["stageName"],
        "deploymentId": request["deploymentId"],
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": bool(request.get("tracingEnabled")),
        "createdDate": now,
        "lastUpdatedDate": now,
        **chosen(request, "description", "documentationVersion"),
    }
    record |= {k: dict(request[k]) for k in ("variables", "tags") if request.get(k)}
    if request.get("canarySettings") is not None:
        record["canarySettings"] = canary_of(request["canarySettings"], request["deploymentId"])
    return with_cluster(
        db, request["restApiId"], record, request.get("cacheClusterEnabled"), request.get("cacheClusterSize")
    )


def canary_of(given: Record, deployment: str) -> Record:
    """Canary settings with what they are by default."""
    return {"deploymentId": deployment, "percentTraffic": 0.0, "useStageCache": False, **given}


def check_variables(variables: dict[str, str] | None) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_CreateStage.html: names and values of stage variables."""
    for name, value in (variables or {}).items():
        if not VARIABLE.fullmatch(name):
            raise bad_request(
                f"Stage variable names must be alphanumeric or underscores: {name}"
            )  # a guess at AWS's words
        if not VARIABLE_VALUE.fullmatch(value):
            raise bad_request(
                f"Invalid stage variable value: {value}. Please use values with characters [A-Za-z0-9-._~:/?#&=,]+"
            )


def _make(db: State, request: Request) -> Record:
    api = db.api(request)
    for deployment in (request["deploymentId"], (request.get("canarySettings") or {}).get("deploymentId")):
        if deployment is not None and deployment not in api.table("deployments"):
            raise bad_request("Deployment id does not exist")
    version = request.get("documentationVersion")
    if version and version not in api.table("documentation_versions"):
        raise not_found("Invalid Documentation version specified")
    if request["stageName"] in api.table("stages"):
        raise conflict("Stage already exists")
    return new_stage(db, request)


def _check_logging(db: State, patch: dict[str, Any]) -> None:
    """What logs need; the message about the role is reported by users."""
    op, path, value = patch.get("op"), patch.get("path") or "", patch.get("value") or ""
    if op not in ("add", "replace"):
        return
    level = path.endswith("/logging/loglevel")
    if level and value not in LEVELS:  # a guess at the words
        raise bad_request(f"Invalid value for loggingLevel: {value}. Must be one of: [{', '.join(LEVELS)}]")
    destination = path == "/accessLogSettings/destinationArn"
    if (destination or (level and value != "OFF")) and not db.account.get("cloudwatchRoleArn"):
        raise bad_request("CloudWatch Logs role ARN must be set in account settings to enable logging")
    if destination:
        check_destination(db, value)
    if path == "/accessLogSettings/format":
        check_format(value)


def _patched(db: State, request: Request, stage: Record, patch: dict[str, Any]) -> Record:
    op, path = patch.get("op"), patch.get("path") or ""
    _check_logging(db, patch)
    if op == "copy":
        return _promoted(stage, patch)
    steps = steps_of(path)
    if path in ("/cacheClusterEnabled", "/cacheClusterSize"):
        return _patched_cluster(db, request, stage, patch)
    if path == "/clientCertificateId":
        raise NotSupported("clientCertificateId of a stage: mock_serverless has no client certificates; leave it out")
    if not any(rule.fits(steps) for rule in RULES):
        return _set_method(stage, path, patch)
    points = path in ("/deploymentId", "/canarySettings/deploymentId") and op == "replace"
    if points and patch.get("value") not in db.api(request).table("deployments"):
        raise bad_request("Deployment id does not exist")
    stage = apply(stage, patch, RULES)
    check_variables(stage.get("variables"))
    if path.startswith("/canarySettings/"):
        stage = {**stage, "canarySettings": canary_of(stage["canarySettings"], stage["deploymentId"])}
    return {k: v for k, v in stage.items() if k != "description" or v}


def _updated(db: State, request: Request, old: Record, new: Record) -> Record:
    return {**new, "lastUpdatedDate": db.scope.now().replace(microsecond=0)}


STAGE = register(
    Kind(
        noun="stage",
        key="stageName",
        identity="stageName",
        missing="Invalid stage identifier specified",
        make=_make,
        items="item",
        wanted=lambda request, stage: request.get("deploymentId") in (None, stage["deploymentId"]),
        patch=_patched,
        changed=_updated,
        leave=lambda db, request, stage: db.forget(request["restApiId"], stage["stageName"]),
    )
)


def _patched_cluster(db: State, request: Request, stage: Record, patch: dict[str, Any]) -> Record:
    value = patch.get("value") or ""
    if patch.get("op") != "replace":
        raise bad_request("Invalid patch operation specified. Must be one of: [replace]")
    if patch["path"] == "/cacheClusterEnabled":
        return with_cluster(db, request["restApiId"], stage, truth(value), None)
    sizes = service_model("apigateway").shape_for("CacheClusterSize").enum
    if value not in sizes:  # a guess at the words
        raise bad_request(f"Invalid cache cluster size specified: {value}. Must be one of: [{', '.join(sizes)}]")
    return with_cluster(db, request["restApiId"], stage, None, value)


def with_cluster(db: State, api: str, stage: Record, enabled: bool | None, size: str | None) -> Record:
    """A stage with its cache cluster put there, taken away or made anew; None leaves what there is.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html. AWS takes up to four minutes for
    it; here it is done at the next look. A cluster of another size is a new one, which is empty.
    """
    on, before = stage["cacheClusterEnabled"] if enabled is None else enabled, stage.get("cacheClusterSize")
    size = size or before or (SMALLEST if on else None)
    changed = {**stage, "cacheClusterEnabled": on, **({} if size is None else {"cacheClusterSize": size})}
    if on == stage["cacheClusterEnabled"] and (size == before or not on):
        return changed
    db.forget(api, stage["stageName"])
    return _busy(db, api, changed, "CREATE_IN_PROGRESS" if on else "DELETE_IN_PROGRESS")


def _busy(db: State, api: str, stage: Record, status: str) -> Record:
    db.scope.later(0, "apigateway:cache", api=api, stage=stage["stageName"])
    return {**stage, "cacheClusterStatus": status}


@job("apigateway:cache")
def _cluster_is_done(scope: Scope, api: str, stage: str) -> None:
    db: State = scope.state()
    stages = db.apis[api].table("stages") if api in db.apis else {}
    if stage in stages:
        status = "AVAILABLE" if stages[stage]["cacheClusterEnabled"] else "NOT_AVAILABLE"
        stages[stage] = {**stages[stage], "cacheClusterStatus": status}


@operation
def flush_stage_cache(db: State, request: Request) -> Record:
    stage = STAGE.find(db, request)
    db.forget(request["restApiId"], request["stageName"])
    if stage["cacheClusterEnabled"]:
        STAGE.put(db, request, _busy(db, request["restApiId"], stage, "FLUSH_IN_PROGRESS"))
    return answer({}, 202)


def _promoted(stage: Record, patch: dict[str, Any]) -> Record:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/promote-canary-deployment.html"""
    path, source = patch.get("path"), patch.get("from")
    if path not in COPY_TO or source not in COPY_FROM:
        raise bad_request(
            f"Invalid copy operation with path: {path} and from {source}. Valid copy:path are [{', '.join(COPY_TO)}] "
            f"and valid copy:from are [{', '.join(COPY_FROM)}]"
        )
    canary = stage.get("canarySettings")
    if canary is None:
        raise bad_request("Promotion not available. Canary does not exist.")
    if path == "/deploymentId":
        return {**stage, "deploymentId": canary["deploymentId"]}
    variables = {**(stage.get("variables") or {}), **(canary.get("stageVariableOverrides") or {})}
    return {**stage, "variables": variables} if variables else stage


def _set_method(stage: Record, path: str, patch: dict[str, Any]) -> Record:
    """``/~1pets/GET/throttling/rateLimit``, ``/*/*/caching/enabled``, or ``/*/*`` to take all settings away."""
    raw = path.split("/")[1:]
    key = "/".join(raw[:2])
    if patch.get("op") == "remove" and len(raw) == 2:
        if key not in stage["methodSettings"]:
            raise bad_request(f"Cannot remove method setting {key} because there is no method setting for this method ")
        return {"methodSettings": {}, **without(stage, ["methodSettings", key])}
    setting = SETTINGS.get("/".join(raw[2:]))
    if setting is None or len(raw) != 4:
        raise bad_request(f"Invalid method setting path: {path}. Must be one of: [{_method_paths()}]")
    if patch.get("op") not in ("replace", "add"):
        raise bad_request("Invalid patch operation specified. Must be one of: [replace]")
    name, convert = setting
    value = convert(patch.get("value") or "")
    _check_setting(name, value)
    new = {**stage["methodSettings"].get(key, DEFAULT_SETTINGS), name: value}
    return with_value(stage, ["methodSettings", key], new)  # type: ignore[no-any-return]


def _check_setting(name: str, value: Any) -> None:
    """Raises for values that can't be; the words are guesses."""
    if name == "cacheTtlInSeconds" and not 0 <= value <= LONGEST:
        raise bad_request(f"Invalid cache TTL specified: {value}. Must be between 0 and {LONGEST}")
    if name == "unauthorizedCacheControlHeaderStrategy":
        strategies = service_model("apigateway").shape_for("UnauthorizedCacheControlHeaderStrategy").enum
        if value not in strategies:
            raise bad_request(f"Invalid value for {name}: {value}. Must be one of: [{', '.join(strategies)}]")


def _method_paths() -> str:
    """As AWS lists them, which forgets commas (recorded)."""
    each = [f"{where}/{setting}" for where in ("/{resourcePath}/{httpMethod}", "/*/*") for setting in SETTINGS]
    listed = ", ".join([*PATHS, *each, "/variables/{variable_name}", "/tracingEnabled"])
    for where, between in (("/{resourcePath}/{httpMethod}", ""), ("/*/*", " ")):
        for setting in ("burstLimit", "rateLimit"):
            path = f"{where}/throttling/{setting}"
            listed = listed.replace(f"{path}, ", path + between)
    return listed


@operation
def flush_stage_authorizers_cache(db: State, request: Request) -> Record:
    STAGE.find(db, request)
    mine = (request["restApiId"], request["stageName"])
    db.authorizations = {key: kept for key, kept in db.authorizations.items() if key[:2] != mine}
    return answer({}, 202)
