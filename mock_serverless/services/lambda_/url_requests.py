"""Requests to function URLs: the event that the function gets of one, and the answer made of what it gives.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html (payload format 2.0), urls-auth.html and
urls-configuration.html (CORS) beside it.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ...core.errors import AwsError
from ...core.hosts import Request, Response, host, query_pairs
from .permissions import NOBODY, lets_in
from .store import Function, State

if TYPE_CHECKING:
    from ...cloud import Cloud

TEXT = ("text/", "application/json", "application/javascript", "application/xml", "application/x-www-form-urlencoded")


@host(r"[a-z0-9]+\.lambda-url\.(?P<region>[a-z0-9-]+)\.on\.aws")
def serve(cloud: Cloud, request: Request, match: Any) -> Response:
    """The answer of a function URL."""
    found = _url(cloud, request.host)
    if found is None:
        return _message(403, "Forbidden")
    state, function, key = found
    config = function.urls[key]
    cors = _cors(config.get("cors") or {}, request)
    if request.method == "OPTIONS" and cors and request.header("access-control-request-method"):
        return Response(200, cors)
    if not _allowed(state, function, key, request):
        where = "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
        return _message(403, f"Forbidden. For troubleshooting Function URL authorization issues, see: {where}")
    params = {
        "FunctionName": state.arn(function.name, key or None),
        "Payload": json.dumps(_event(state, request, config["auth"])).encode(),
    }
    try:
        invoked = state.scope.call("lambda", "Invoke", params, caller="lambda")
    except AwsError as e:
        return _message(e.status, e.message)
    payload = invoked.get("Payload") or b"null"
    answer = None if invoked.get("FunctionError") else _answer(payload.read() if hasattr(payload, "read") else payload)
    if answer is None:
        return Response(502, (("Content-Type", "text/plain"),), b"Internal Server Error")
    return Response(answer.status, (*answer.headers, *cors), answer.body)


def _url(cloud: Cloud, name: str) -> tuple[State, Function, str] | None:
    for state in cloud.states_of("lambda"):
        for function in state.functions.values():
            for key, config in function.urls.items():
                if config["host"] == name:
                    return state, function, key
    return None


def _message(status: int, text: str) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps({"Message": text}).encode())


def _allowed(state: State, function: Function, key: str, request: Request) -> bool:
    """AWS_IAM: a signature of the function's own account, or of one whom its policy lets in. NONE: its policy must let
    everybody in.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """
    auth = function.urls[key]["auth"]
    context = {"lambda:functionurlauthtype": (auth,)}
    if auth == "AWS_IAM":
        access_key = request.access_key
        who = state.scope.principal(access_key)
        if not access_key or who.expires <= state.scope.timestamp():
            return False
        return lets_in(state, function, key, who, "InvokeFunctionUrl", context) is None
    return lets_in(state, function, key, NOBODY, "InvokeFunctionUrl", context) is None


def _identity(state: State, request: Request) -> dict[str, Any]:
    """Who calls a URL with AWS_IAM: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    who = state.scope.principal(request.access_key)
    return {
        "accessKey": request.access_key,
        "accountId": who.account,
        "callerId": who.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": who.arn,
        "userId": who.user_id,
    }


# ---------------------------------------------------------------------- the event


def _event(state: State, request: Request, auth: str) -> dict[str, Any]:
    scope, now = state.scope, state.scope.now()
    headers: dict[str, str] = {}
    for name, value in (
        *request.headers,
        ("x-forwarded-proto", request.scheme),
        ("x-forwarded-for", request.source_ip),
    ):
        name = name.lower()
        if name != "cookie":
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    headers.setdefault("host", request.host)
    cookies = [c.strip() for k, v in request.headers if k.lower() == "cookie" for c in v.split(";")]
    query: dict[str, str] = {}
    for name, value in query_pairs(request.query):
        query[name] = f"{query[name]},{value}" if name in query else value
    path = unquote(request.path)
    prefix = request.host.split(".")[0]
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": prefix,
            "domainName": request.host,
            "domainPrefix": prefix,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": scope.ids.uuid(),
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(scope.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if auth == "AWS_IAM":
        authorizer = {"iam": _identity(state, request)}
        event["requestContext"] |= {"accountId": scope.account, "authentication": None, "authorizer": authorizer}
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = query
    if request.body:
        text = _text(request.body) if headers.get("content-type", "text/plain").startswith(TEXT) else None
        event["body"] = base64.b64encode(request.body).decode() if text is None else text
        event["isBase64Encoded"] = text is None
    return event


def _text(body: bytes) -> str | None:
    try:
        return body.decode()
    except ValueError:
        return None


# ---------------------------------------------------------------------- the answer


def _answer(payload: bytes) -> Response | None:
    """The response that a function's answer means; None when it is malformed."""
    try:
        given = json.loads(payload)
        if not isinstance(given, dict) or "statusCode" not in given:
            body = given if isinstance(given, str) else "" if given is None else payload.decode()
            return Response(200, (("Content-Type", "application/json"),), body.encode())
        return _response(given)
    except (ValueError, TypeError, AttributeError):
        return None


def _response(given: dict[str, Any]) -> Response | None:
    status = int(given["statusCode"])
    headers = [(name, str(value)) for name, value in (given.get("headers") or {}).items()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    cookies = given.get("cookies") or []
    if not isinstance(cookies, list) or not 100 <= status <= 599:
        return None
    headers += [("Set-Cookie", str(cookie)) for cookie in cookies]
    content: Any = given.get("body")
    text = content if isinstance(content, str) else "" if content is None else json.dumps(content)
    sent = base64.b64decode(text) if given.get("isBase64Encoded") else text.encode()
    return Response(status, tuple(headers), sent)


def _cors(settings: dict[str, Any], request: Request) -> tuple[tuple[str, str], ...]:
    """The headers that a CORS configuration adds for an origin which it allows."""
    origin, allowed = request.header("origin"), settings.get("AllowOrigins") or []
    if origin is None or not ({"*", origin} & set(allowed)):
        return ()
    headers = [("Access-Control-Allow-Origin", origin if "*" not in allowed else "*")]
    for member, name in (("AllowMethods", "Methods"), ("AllowHeaders", "Headers")):
        if settings.get(member) and request.method == "OPTIONS":
            headers.append((f"Access-Control-Allow-{name}", ",".join(settings[member])))
    if settings.get("ExposeHeaders"):
        headers.append(("Access-Control-Expose-Headers", ",".join(settings["ExposeHeaders"])))
    if settings.get("MaxAge") and request.method == "OPTIONS":
        headers.append(("Access-Control-Max-Age", str(settings["MaxAge"])))
    if settings.get("AllowCredentials"):
        headers.append(("Access-Control-Allow-Credentials", "true"))
    return tuple(headers)
