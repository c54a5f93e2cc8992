"""A stage's cache of what integrations answer, in virtual time.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html. A stage with a cache cluster keeps answers
of those methods whose settings enable caching: settings of all methods (``*/*``) enable it for GET only. Answers are told apart
by the integration's cache namespace, the HTTP method and the values of the cache key parameters, and by nothing else.
``Cache-Control: max-age=0`` has the integration asked again; who must be authorized for that needs a signature (AWS_IAM), since
no IAM policy is evaluated. Users report that a Lambda authorizer's policy does not authorize for it, and that answers are kept
whatever their status is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ....core.hosts import Response
from ..gateway import Record
from .exchange import Answer, Exchange, Refused
from .mapping import request_source

if TYPE_CHECKING:
    from .integration import Integrated

LARGEST = 1_048_576
ALL_METHODS = "*/*"
# as users quote it
WARNING = "199 Cache-control headers were ignored because the caller was unauthorized."
UNAUTHORIZED = "User is not authorized to access this resource"  # a guess at the words

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer of an integration, and the response that a proxy has made of it; until when it is good."""

    answer: Answer
    response: Response | None
    until: float


def settings_of(x: Exchange) -> Record | None:
    """The settings of a method whose answers are kept; None for all others."""
    if x.stage.get("cacheClusterStatus") != "AVAILABLE" or _is_canary_without(x):
        return None
    settings = x.stage.get("methodSettings") or {}
    path = x.resource["path"].lstrip("/").replace("/", "~1")
    names = (f"~1{path}/{x.request.method}", f"~1{path}/{x.method['httpMethod']}")
    own: Record | None = next((settings[name] for name in names if name in settings), None)
    found = own if own is not None else settings.get(ALL_METHODS) if x.request.method == "GET" else None
    return found if found and found["cachingEnabled"] and found["cacheTtlInSeconds"] > 0 else None


def _is_canary_without(x: Exchange) -> bool:
    canary: Record = x.stage.get("canarySettings") or {}
    return bool(canary) and x.deployment != x.stage["deploymentId"] and not canary["useStageCache"]


def key_of(x: Exchange, request: Integrated) -> Key:
    """What tells answers apart."""
    values = [_value(x, request, name) for name in x.integration.get("cacheKeyParameters") or ()]
    return (x.api_id, x.stage_name, x.integration["cacheNamespace"], x.request.method, *values)


def _value(x: Exchange, request: Integrated, name: str) -> str:
    """A parameter of the method's request, or one of the integration's."""
    if name.startswith("method.request."):
        return request_source(x, name) or ""
    kind, _, parameter = name.removeprefix("integration.request.").partition(".")
    if kind == "path":
        source = (x.integration.get("requestParameters") or {}).get(name)
        return (request_source(x, source) if source else None) or ""
    return (request.headers if kind == "header" else request.query).get(parameter, "")


def found(x: Exchange, key: Key, settings: Record) -> bool:
    """Answer from the cache, if it is there and the client doesn't want it fresh. 403 where the settings want that."""
    if _wants_fresh(x):
        if not settings["requireAuthorizationForCacheControl"] or x.method["authorizationType"] == "AWS_IAM":
            return False
        strategy = settings["unauthorizedCacheControlHeaderStrategy"]
        if strategy == "FAIL_WITH_403":
            raise Refused("ACCESS_DENIED", UNAUTHORIZED)
        x.warned = strategy == "SUCCEED_WITH_RESPONSE_HEADER"
    kept = x.db.cached.get(key)
    if kept is None or kept.until <= x.db.scope.timestamp():
        x.db.cached.pop(key, None)
        return False
    x.answer, x.response, x.from_cache = kept.answer, kept.response, True
    return True


def _wants_fresh(x: Exchange) -> bool:
    directives = (x.request.header("cache-control") or "").split(",")
    return any(directive.strip().lower() == "max-age=0" for directive in directives)


def keep(x: Exchange, key: Key, settings: Record) -> None:
    """Keep what the integration has answered just now."""
    assert x.answer is not None
    body = x.answer.body if x.response is None else x.response.body
    if len(body) <= LARGEST:
        x.db.cached[key] = Kept(x.answer, x.response, x.db.scope.timestamp() + settings["cacheTtlInSeconds"])


def warn(x: Exchange) -> None:
    """The header for a client who wanted a fresh answer and may not."""
    if x.warned and x.response is not None:
        x.response = replace(x.response, headers=(*x.response.headers, ("Warning", WARNING)))
