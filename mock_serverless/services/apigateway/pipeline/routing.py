"""Which stage, and which method of which resource.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html; a literal part
goes before a variable, and both before a greedy one.
"""

from __future__ import annotations

from urllib.parse import unquote

from ....core.hosts import query_pairs
from ..gateway import Record
from .exchange import Exchange, Refused

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html: they go no further
DROPPED = frozenset(
    [
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "keep-alive",
        "max-forwards",
        "proxy-authenticate",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    ]
)


def stage_of(x: Exchange) -> None:
    """The stage is the first part of the path; a canary takes its share of the requests."""
    api = x.db.apis[x.api_id]
    name, _, rest = x.request.path.lstrip("/").partition("/")
    stage = api.table("stages").get(unquote(name))
    if stage is None:
        raise Refused("INVALID_API_KEY", "Forbidden")
    x.stage_name, x.stage, x.path = stage["stageName"], stage, "/" + rest
    x.deployment, x.stage_variables = stage["deploymentId"], dict(stage.get("variables") or {})
    canary = stage.get("canarySettings")
    if canary and canary["percentTraffic"] and x.db.scope.ids.random.random() * 100 < canary["percentTraffic"]:
        x.deployment = canary["deploymentId"]
        x.stage_variables |= canary.get("stageVariableOverrides") or {}
    x.api = api.snapshots[x.deployment]
    read(x)


def read(x: Exchange) -> None:
    """Headers and query string, as integrations see them."""
    for name, value in x.request.headers:
        if name.lower() not in DROPPED:
            x.headers.setdefault(name, []).append(value)
    for name, value in query_pairs(x.request.query):
        x.query.setdefault(name, []).append(value)


def route(x: Exchange) -> None:
    """Resource and method; 403 Missing Authentication Token when there are none."""
    found = match(list(x.api.table("resources").values()), x.path)
    methods = (found[0].get("resourceMethods") or {}) if found else {}
    method = methods.get(x.request.method) or methods.get("ANY")
    if found is None or method is None:
        raise Refused("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")
    x.resource, x.path_parameters = found
    x.method = method
    x.context |= {"resourceId": x.resource["id"], "resourcePath": x.resource["path"]}
    if method.get("operationName"):
        x.context["operationName"] = method["operationName"]


def match(resources: list[Record], path: str) -> tuple[Record, dict[str, str]] | None:
    """The resource of a path, and the values of its variables; resources without methods don't count."""
    parts = path.rstrip("/").split("/")[1:] if path.rstrip("/") else []
    best: tuple[tuple[int, ...], Record, dict[str, str]] | None = None
    for resource in resources:
        if resource.get("resourceMethods"):
            found = _fits(resource["path"].split("/")[1:] if resource["path"] != "/" else [], parts)
            if found is not None and (best is None or found[0] < best[0]):
                best = (found[0], resource, found[1])
    return None if best is None else best[1:]


def _fits(pattern: list[str], parts: list[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
    rank: list[int] = []
    values: dict[str, str] = {}
    for i, part in enumerate(pattern):
        if part.endswith("+}"):
            if i >= len(parts):
                return None
            return (*rank, 2), {**values, part[1:-2]: unquote("/".join(parts[i:]))}
        if i >= len(parts):
            return None
        if part.startswith("{"):
            rank.append(1)
            values[part[1:-1]] = unquote(parts[i])
        elif part == unquote(parts[i]):
            rank.append(0)
        else:
            return None
    return (tuple(rank), values) if len(pattern) == len(parts) else None
