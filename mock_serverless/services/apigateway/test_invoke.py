"""Trying a method without a deployment: https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html"""

from __future__ import annotations

from ...core.clock import from_timestamp
from ...core.errors import NotSupported
from ...core.hosts import Request, Response, request_of
from ...core.operation import operation
from .gateway import Api, Record, State
from .inputs import check
from .kind import Request as Parameters
from .methods import METHOD
from .pipeline.answers import integration_response
from .pipeline.context import describe, signed_by
from .pipeline.entry import run
from .pipeline.exchange import Exchange
from .pipeline.execution_log import log_end, log_received, log_request
from .pipeline.integration import integrate
from .pipeline.routing import match, read
from .pipeline.validation import validate
from .resources import RESOURCE

STAGE = "test-invoke-stage"
# what functions that were tried on AWS have got, as users have published it
PREFIX, DOMAIN = "testPrefix", "testPrefix.testDomainName"
IDENTITY = {
    "apiKey": "test-invoke-api-key",
    "apiKeyId": "test-invoke-api-key-id",
    "sourceIp": "test-invoke-source-ip",
    "userAgent": "aws-internal/3",  # AWS adds the versions of its machines, or shows the browser of the console's user
}
OF_TRANSPORT = frozenset({"content-length", "connection", "date", "x-amzn-requestid", "x-amz-apigw-id"})


@operation
def test_invoke_method(db: State, request: Parameters) -> Record:
    """The method as it is now, without authorization, API keys and limits."""
    check("TestInvokeMethod", request)
    if request.get("clientCertificateId"):
        raise NotSupported("clientCertificateId: mock_serverless has no client certificates; leave it out")
    resource = RESOURCE.find(db, request)
    methods = resource.get("resourceMethods") or {}
    method = methods.get(request["httpMethod"]) or methods.get("ANY") or METHOD.find(db, request)
    api = db.api(request)
    x = Exchange(db, request["restApiId"], _request(db, request, resource), STAGE)
    x.api, x.resource, x.method = api.snapshot(), resource, method
    x.path, x.stage_variables = x.request.path, dict(request.get("stageVariables") or {})
    x.path_parameters = _path_parameters(api, resource, x.path)
    started = db.scope.timestamp()
    x.tried = True
    x.notes, x.levels = [], {"ERROR", "INFO", "DATA"}
    response = run(x, (_begin, validate, integrate, log_received, integration_response))
    headers = _headers(x, response)
    log_end(x, response.status, response.body, tuple((n, v) for n, values in headers.items() for v in values))
    return {
        "status": response.status,
        "body": response.body.decode("utf-8", errors="replace"),
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "log": _log(x),
        "latency": int((db.scope.timestamp() - started) * 1000),
    }


def _request(db: State, request: Parameters, resource: Record) -> Request:
    path = request.get("pathWithQueryString") or resource["path"]
    pairs = [(k, v) for k, values in (request.get("multiValueHeaders") or {}).items() for v in values]
    pairs += list((request.get("headers") or {}).items())
    host = f"{request['restApiId']}.execute-api.{db.scope.region}.{db.scope.dns_suffix}"
    body = (request.get("body") or "").encode()
    return request_of(request["httpMethod"], f"https://{host}/{path.lstrip('/')}", pairs, body)


def _headers(x: Exchange, response: Response) -> dict[str, list[str]]:
    """Recorded: without those of the transport; of a mock, without a trace, and of a refusal, without a content type."""
    hidden = OF_TRANSPORT | ({"content-type"} if x.error else set())
    if x.error is None and x.integration["type"] == "MOCK":
        hidden |= {"x-amzn-trace-id"}
    headers: dict[str, list[str]] = {}
    for name, value in response.headers:
        if name.lower() not in hidden:
            headers.setdefault(name, []).append(value)
    return headers


def _path_parameters(api: Api, resource: Record, path: str) -> dict[str, str]:
    found = match([resource], path)
    return found[1] if found is not None else {}


def _begin(x: Exchange) -> None:
    read(x)
    describe(x)
    del x.context["deploymentId"]
    resource, path = x.resource["id"], x.resource["path"]
    x.context |= {"resourceId": resource, "resourcePath": path, "path": path}
    x.context |= {"domainPrefix": PREFIX, "domainName": DOMAIN}
    x.context["identity"] |= IDENTITY
    scope = x.db.scope
    key = scope.serving_access_key()
    signed_by(x, scope.principal(key, scope.account), key)
    log_request(x)


def _log(x: Exchange) -> str:
    lines = [f"{from_timestamp(when):%a %b %d %H:%M:%S UTC %Y} : {line}" for when, line in x.notes or ()]
    return "\n".join([f"Execution log for request {x.context['requestId']}", *lines, ""])
