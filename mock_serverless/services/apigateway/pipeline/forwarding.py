"""AWS, HTTP and HTTP_PROXY: the request goes on to an operation of a service, a function, or a host which this cloud serves.

https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html

It goes the way every HTTP request goes, through ``cloud.http``, so that all services and their protocols can be reached;
hosts outside of this cloud are refused by name.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

from ....core import operation
from ....core.errors import NotSupported
from ....core.hosts import Response
from ..integrations import URI
from .exchange import Answer, Exchange, misconfigured
from .functions import function_of, invoke
from .integration import Integrated, access_key, integration

HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "date"})
NOT_FORWARDED = frozenset({"host", "content-length", "accept-encoding", "content-encoding"})
JSON_1_0 = "application/x-amz-json-1.0"


@integration("AWS")
def aws(x: Exchange, request: Integrated) -> Answer:
    """A Lambda function (with the rendered body as its event), or an operation of another service."""
    found = URI.fullmatch(request.uri)
    assert found is not None  # as checked before
    region, service, kind, rest = found.groups()
    if service == "lambda":
        return _function(x, request)
    return _operation(x, request, region, service, rest, kind == "path")


def _function(x: Exchange, request: Integrated) -> Answer:
    asynchronous = next((v for k, v in request.headers.items() if k.lower() == "x-amz-invocation-type"), "") == "Event"
    key, event = access_key(x), request.body or b"{}"
    outcome, payload = invoke(x, function_of(request.uri), event, asynchronous=asynchronous, credentials=key)
    if outcome == "refused":
        raise misconfigured("Invalid permissions on Lambda function", x)
    try:
        result = json.loads(payload)
    except ValueError:
        result = None
    message = result.get("errorMessage") if isinstance(result, dict) else None
    headers = (("Content-Type", "application/json"),)
    return Answer(200, headers, payload, selected_by=message if isinstance(message, str) else "")


def _operation(x: Exchange, request: Integrated, region: str, service: str, rest: str, is_path: bool) -> Answer:
    """``path``: the service's URL below its host; ``action``: the operation's name."""
    name = operation.ALIASES.get(service, service)
    model = operation.service_model(name)
    key = access_key(x) or x.db.scope.account
    credential = f"Credential={key}/20150830/{region}/{service}/aws4_request"
    headers = {**request.headers, "Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"}
    query, body, path = dict(request.query), request.body, "/" + rest
    if not is_path:
        action, _, extra = rest.partition("&")
        path = "/"
        prefix = model.metadata.get("targetPrefix")
        if prefix:
            headers |= {"X-Amz-Target": f"{prefix}.{action}", "Content-Type": JSON_1_0}
        else:
            query |= {"Action": action, "Version": model.api_version}
            query |= dict(p.split("=", 1) for p in extra.split("&") if "=" in p)
    elif request.body and not any(k.lower() == "content-type" for k in headers):
        headers["Content-Type"] = x.header("content-type") or "application/json"
    host = f"{model.endpoint_prefix}.{region}.{x.db.scope.dns_suffix}"
    url = f"https://{host}{path}" + (f"?{urlencode(query)}" if query else "")
    return _sent(x, request.method, url, headers, body)


@integration("HTTP")
def http(x: Exchange, request: Integrated) -> Answer:
    """An endpoint with templates and mappings in between."""
    headers = {"Accept": "application/json", "User-Agent": f"AmazonAPIGateway_{x.api_id}", **request.headers}
    if request.body:
        headers.setdefault("Content-Type", x.header("content-type") or "application/json")
    url = request.uri + (f"?{urlencode(request.query)}" if request.query else "")
    return _sent(x, request.method, url, headers, request.body)


@integration("HTTP_PROXY")
def http_proxy(x: Exchange, request: Integrated) -> Answer:
    """An endpoint which gets the request, and whose answer the client gets."""
    headers = {k: v[-1] for k, v in x.headers.items() if k.lower() not in NOT_FORWARDED}
    headers |= request.headers
    headers["X-Amzn-Apigateway-Api-Id"] = x.api_id
    pairs = [(k, v) for k, values in x.query.items() for v in values] + list(request.query.items())
    url = request.uri + (f"?{urlencode(pairs)}" if pairs else "")
    answer = _sent(x, request.method, url, headers, request.body)
    kept = tuple((k, v) for k, v in answer.headers if k.lower() not in HOP_BY_HOP)
    x.response = Response(answer.status, kept, answer.body)
    return answer


def _sent(x: Exchange, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
    try:
        response = x.db.scope.cloud.http.request(method, url, headers=headers, content=body)
    except NotSupported as e:
        raise NotSupported(f"the integration of {x.context.get('resourcePath')} goes to {url}: {e}") from None
    status = response.status_code
    return Answer(status, tuple(response.headers.raw), response.content, selected_by=str(status))
