"""Who serves ``<api-id>.execute-api.<region>...``, and the steps of a request in their order.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from ....core.hosts import Request, Response, host
from ..gateway import State
from . import access_log, execution_log
from .answers import integration_response
from .authorization import authorize
from .caching import warn
from .context import describe
from .exchange import Exchange, Refused
from .integration import integrate
from .keys import check_key, throttle
from .refusals import forbidden, refusal
from .routing import route, stage_of
from .validation import validate

if TYPE_CHECKING:
    from ....cloud import Cloud

Step = Callable[[Exchange], None]

TO_METHOD: tuple[Step, ...] = (
    stage_of,
    describe,
    route,
    execution_log.open_log,
    authorize,
    execution_log.log_plan,
    check_key,
    throttle,
    execution_log.log_start,
    validate,
)
TO_INTEGRATION: tuple[Step, ...] = (integrate, execution_log.log_received, integration_response, warn)
LARGEST = (
    10 * 1024 * 1024
)  # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html


@host(
    r"(?P<api>[a-z0-9]+)(?P<private>-vpce-[a-z0-9]+)?\.execute-api\.(?P<region>[a-z0-9-]+)\.(?:vpce\.)?(?P<suffix>[a-z0-9.-]+)"
)
def serve(cloud: Cloud, request: Request, match: Any) -> Response:
    """The answer of an API; 403 for one which isn't there, as DNS knows every name."""
    db = next((s for s in cloud.states_of("apigateway") if _has(s, match)), None)
    if db is None or db.apis[match["api"]].record["disableExecuteApiEndpoint"]:
        return forbidden(cloud.ids)
    x = Exchange(db, match["api"], request)
    started = db.scope.timestamp()
    response = run(x, (*TO_METHOD, *TO_INTEGRATION))
    execution_log.write(x, response)
    access_log.write(x, response, started)
    return response


def _has(db: State, match: Any) -> bool:
    return match["api"] in db.apis and match["region"] == db.scope.region


def run(x: Exchange, steps: tuple[Step, ...]) -> Response:
    """Take the steps; what refuses the request is answered with a gateway response."""
    try:
        if len(x.request.body) > LARGEST:
            raise Refused("REQUEST_TOO_LARGE", "Request Too Long")
        for step in steps:
            step(x)
        assert x.response is not None
        response = x.response
    except Refused as e:
        x.error = e
        response = refusal(x, e)
    return _completed(x, response)


def _completed(x: Exchange, response: Response) -> Response:
    """The headers of every answer, and compression where the API asks for it."""
    names = {name.lower() for name, _ in response.headers}
    body, encoding = _compressed(x, response, names)
    headers: list[tuple[str, str]] = list(response.headers)
    if encoding:
        headers.append(("Content-Encoding", encoding))
    if "content-type" not in names:
        headers.append(("Content-Type", "application/json"))
    headers = [
        *headers,
        ("Content-Length", str(len(body))),
        ("Connection", "keep-alive"),
        ("Date", formatdate(x.db.scope.timestamp(), usegmt=True)),
        ("x-amzn-RequestId", x.context.get("requestId") or x.db.scope.ids.uuid()),
        ("x-amz-apigw-id", x.context.get("extendedRequestId") or extended_id(x)),
    ]
    if x.error is None and x.trace and "x-amzn-trace-id" not in names:
        headers.append(("X-Amzn-Trace-Id", x.trace))
    return Response(response.status, tuple(headers), body)


def extended_id(x: Exchange) -> str:
    """An extended request id, for requests which were refused before they had one."""
    return x.db.scope.ids.token(15) + "="


def _compressed(x: Exchange, response: Response, names: set[str]) -> tuple[bytes, str | None]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gzip-compression-decompression.html"""
    least = x.api.record.get("minimumCompressionSize")
    if least is None or len(response.body) < least or "content-encoding" in names:
        return response.body, None
    accepted = (x.request.header("accept-encoding") or "").lower()
    if "gzip" in accepted:
        return gzip.compress(response.body, mtime=0), "gzip"
    if "deflate" in accepted:
        return zlib.compress(response.body), "deflate"
    return response.body, None
