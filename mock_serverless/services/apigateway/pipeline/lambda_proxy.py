"""AWS_PROXY with a Lambda function: the request as an event, the function's result as the answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from ....core.hosts import Response
from .exchange import Answer, Exchange, Refused
from .execution_log import log_sent
from .functions import accepts_binary, event_of, function_of, invoke
from .integration import Integrated, access_key, integration

STATUS = re.compile(r"[1-5][0-9]{2}")
MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
REMAPPED = frozenset({"connection", "content-length", "date", "server", "www-authenticate"})


@integration("AWS_PROXY")
def lambda_proxy(x: Exchange, request: Integrated) -> Answer:
    """The function's result becomes the client's answer as it is."""
    if request.method != "POST":
        x.log("Execution failed due to configuration error: Lambda functions are invoked with POST")
        raise _internal(500)
    asynchronous = _header(request, "x-amz-invocation-type") == "Event"
    event = json.dumps(event_of(x), separators=(",", ":"), ensure_ascii=False).encode()
    log_sent(x, request.uri, request.headers, event)
    key = access_key(x)
    outcome, payload = invoke(x, function_of(request.uri), event, asynchronous=asynchronous, credentials=key)
    if outcome == "refused":
        raise _internal(500)
    result = {} if asynchronous else _result(x, outcome, payload)
    status = int(result.get("statusCode") or 200)
    x.response = Response(status, tuple(_headers(result)), _body(x, result))
    return Answer(status, body=payload)


def _header(request: Integrated, name: str) -> str | None:
    return next((v for k, v in request.headers.items() if k.lower() == name), None)


def _internal(status: int) -> Refused:
    return Refused("API_CONFIGURATION_ERROR", "Internal server error", status)


def _result(x: Exchange, outcome: str, payload: bytes) -> dict[str, Any]:
    """The function's result; 502 when it has failed, or when the result isn't of the proxy format."""
    try:
        result = json.loads(payload)
    except ValueError:
        result = payload
    if outcome == "failed":
        message = result.get("errorMessage") if isinstance(result, dict) else ""
        x.log(f"Lambda execution failed with status 200 due to customer function error: {message}")
        raise _internal(502)
    if not _well_formed(result):
        x.log("Execution failed due to configuration error: Malformed Lambda proxy response")
        raise _internal(502)
    return result  # type: ignore[no-any-return]


def _well_formed(result: Any) -> bool:
    if not isinstance(result, dict) or not MEMBERS.issuperset(result):
        return False
    body, status = result.get("body"), result.get("statusCode")
    if not isinstance(body, (str, type(None))) or not isinstance(result.get("isBase64Encoded"), (bool, type(None))):
        return False
    headers, multiple = result.get("headers"), result.get("multiValueHeaders")
    if not isinstance(headers, (dict, type(None))) or not isinstance(multiple, (dict, type(None))):
        return False
    if any(isinstance(v, (dict, list)) for v in (headers or {}).values()):
        return False
    if not all(isinstance(v, list) for v in (multiple or {}).values()):
        return False
    return status is None or (not isinstance(status, bool) and STATUS.fullmatch(str(status)) is not None)


def _headers(result: dict[str, Any]) -> list[tuple[str, str]]:
    """Headers of both members; where both have a name, the values of both, each once."""
    found: dict[str, tuple[str, list[str]]] = {}
    several = result.get("multiValueHeaders") or {}
    for name, values in [*several.items(), *((k, [v]) for k, v in (result.get("headers") or {}).items())]:
        _, kept = found.setdefault(name.lower(), (name, []))
        kept += [t for t in map(_text, values) if t is not None and t not in kept]
    headers = []
    for lower, (name, values) in found.items():
        if lower == "transfer-encoding":
            continue
        name = f"x-amzn-Remapped-{name}" if lower in REMAPPED else name
        headers += [(name, value) for value in values]
    return headers


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _body(x: Exchange, result: dict[str, Any]) -> bytes:
    """Decoded from base64 when the function says so and the client accepts one of the API's binary media types."""
    body = result.get("body") or ""
    if result.get("isBase64Encoded") and accepts_binary(x, x.request):
        try:
            return base64.b64decode(body)
        except ValueError:
            raise _internal(500) from None
    return body.encode()
