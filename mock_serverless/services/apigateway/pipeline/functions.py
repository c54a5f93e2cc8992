"""Lambda functions behind an API: their events in the proxy format, and calling them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

Whether API Gateway has permission to invoke the function is not asked: it always may.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from ....core.arns import Arn
from ....core.errors import AwsError
from ....core.hosts import Request
from .exchange import Exchange

SESSION = "BackplaneAssumeRoleSession"
"""What API Gateway calls its sessions of roles, as events show which users have published."""
FUNCTION = re.compile(r".*:lambda:path/[\d-]+/functions/(.+?)/invocations", re.DOTALL)

# https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-example-event: what CloudFront, which is in
# front of an edge-optimized API, adds to a request
CLOUDFRONT = {
    "CloudFront-Forwarded-Proto": "https",
    "CloudFront-Is-Desktop-Viewer": "true",
    "CloudFront-Is-Mobile-Viewer": "false",
    "CloudFront-Is-SmartTV-Viewer": "false",
    "CloudFront-Is-Tablet-Viewer": "false",
    "CloudFront-Viewer-Country": "US",
}


def function_of(uri: str) -> str:
    """The function that an integration's or authorizer's URI names."""
    found = FUNCTION.fullmatch(uri)
    return found.group(1) if found else uri


def invoke(
    x: Exchange, function: str, event: Any, *, asynchronous: bool = False, credentials: str = ""
) -> tuple[str, bytes]:
    """Call a function with an event (or bytes as they are): ("done" | "failed" | "refused", payload).

    ``credentials``: the access key of the session to call in; without one API Gateway calls as the service that it is.
    """
    payload = (
        event if isinstance(event, bytes) else json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    )
    arn = Arn.parse(function)
    where = {"region": arn.region, "account": arn.account} if arn is not None else {}
    params = {
        "FunctionName": function,
        "Payload": payload,
        "InvocationType": "Event" if asynchronous else "RequestResponse",
    }
    try:
        answer = x.db.scope.call(
            "lambda", "Invoke", params, caller=f"apigateway {x.api_id}", access_key=credentials, **where
        )
    except AwsError as e:
        x.log(f"Execution failed due to configuration error: {e.message}")
        return "refused", b""
    content = answer.get("Payload") or b""
    content = content.read() if hasattr(content, "read") else content
    return ("failed" if answer.get("FunctionError") else "done"), bytes(content)


def event_of(x: Exchange) -> dict[str, Any]:
    """A function's event, payload format 1.0."""
    headers = x.headers if x.tried else _headers(x)
    query = x.query or None
    body, encoded = body_of(x)
    context = {k: v for k, v in x.context.items() if k not in ("requestOverride", "responseOverride", "error")}
    return {
        "resource": x.resource["path"],
        "path": x.path,
        "httpMethod": x.request.method,
        "headers": {k: v[-1] for k, v in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {k: v[-1] for k, v in query.items()} if query else None,
        "multiValueQueryStringParameters": query,
        "pathParameters": x.path_parameters or None,
        "stageVariables": x.stage_variables or None,
        "requestContext": context,
        "body": body,
        "isBase64Encoded": encoded,
    }


def _headers(x: Exchange) -> dict[str, list[str]]:
    """The request's own and those of the machines on its way."""
    edge = x.api.record.get("endpointConfiguration", {}).get("types") == ["EDGE"]
    host, forwarded = x.request.host, x.request.source_ip
    headers = {k: list(v) for k, v in x.headers.items() if k.lower() != "host"}
    headers["Host"] = [host]
    if edge:
        headers |= {k: [v] for k, v in CLOUDFRONT.items()}
        headers["Via"] = [f"1.1 {x.context['requestId'].replace('-', '')}.cloudfront.net (CloudFront)"]
        headers["X-Amz-Cf-Id"] = [x.context["extendedRequestId"]]
        forwarded += ", 127.0.0.1"
    before = next((v[-1] for k, v in x.headers.items() if k.lower() == "x-forwarded-for"), None)
    headers = {
        k: v for k, v in headers.items() if not k.lower().startswith("x-forwarded-") and k.lower() != "x-amzn-trace-id"
    }
    headers["X-Amzn-Trace-Id"] = [x.trace]
    headers["X-Forwarded-For"] = [f"{before}, {forwarded}" if before else forwarded]
    headers["X-Forwarded-Port"] = ["443" if x.request.scheme == "https" else "80"]
    headers["X-Forwarded-Proto"] = [x.request.scheme]
    return dict(sorted(headers.items()))


def body_of(x: Exchange) -> tuple[str | None, bool]:
    """The body as text, or in base64 when its content type is one of the API's binary media types."""
    if not x.request.body:
        return None, False
    if is_binary(x, x.header("content-type")):
        return base64.b64encode(x.request.body).decode(), True
    return x.request.body.decode("utf-8", errors="replace"), False


def is_binary(x: Exchange, media_type: str | None) -> bool:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html"""
    kinds = x.api.record.get("binaryMediaTypes") or ()
    if "*/*" in kinds:
        return True
    kind = (media_type or "").split(",")[0].split(";")[0].strip().lower()
    return any(k.lower() == kind or (k.endswith("/*") and kind.startswith(k[:-1].lower())) for k in kinds)


def accepts_binary(x: Exchange, request: Request) -> bool:
    """Whether the first type that the client accepts is one of the API's binary media types."""
    return is_binary(x, request.header("accept"))
