"""``apigateway:invoke`` and ``http:invoke``: requests over HTTP, to what the cloud serves and to hosts that a test has stubbed.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-api-gateway.html and call-https-apis.html: fields, results, the
names of errors. Both go through ``cloud.http``, as every HTTP request; a host that is neither served nor stubbed is refused
by name.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ....core.arns import Arn
from ....core.errors import AwsError
from ..language import StateError
from ..language.document import dumps, loads
from .resources import Resource
from .tasks import integration

if TYPE_CHECKING:
    from ..flow import World

UNREADABLE = re.compile(r"application/octet-stream|image/.*|video/.*|audio/.*")
MOST_BYTES = 256 * 1024
CONNECTION_ERRORS = ("ResourceNotFound", "AccessDenied", "ConcurrentModification")
"""Of "Events.ConnectionResource", the ones that an API's own answers are; which of them become which is a guess."""


@integration("apigateway", "invoke")
def invoke_api(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """Call an API behind API Gateway."""
    endpoint, method = _text(parameters, "ApiEndpoint"), _method(parameters)
    path = "/".join(
        part for part in (str(parameters.get("Stage", "")), str(parameters.get("Path", "")).lstrip("/")) if part
    )
    query = [(name, value) for name, values in _lists(parameters.get("QueryParameters")) for value in values]
    url = f"https://{endpoint}/{path}" + (f"?{urlencode(query)}" if query else "")
    headers = [(name, value) for name, values in _lists(parameters.get("Headers")) for value in values]
    body = parameters.get("RequestBody")
    if isinstance(body, dict) and not parameters.get("AllowNullValues"):
        body = {name: value for name, value in body.items() if value is not None}
    response = _sent(world, method, url, headers, _json_body(body, headers))
    if not 200 <= response.status_code < 300:
        raise StateError(f"ApiGateway.{response.status_code}", response.text)
    return _result(response)


@integration("http", "invoke")
def invoke_url(world: World, resource: Resource, parameters: dict[str, Any], credentials: Any) -> Any:
    """Call any HTTPS API, with the credentials of an EventBridge connection."""
    method, url = _method(parameters), _text(parameters, "ApiEndpoint")
    connection = _connection(world, parameters)
    region = world.db.scope.region
    pairs = [("User-Agent", f"Amazon|StepFunctions|HttpInvoke|{region}"), ("Range", f"bytes=0-{MOST_BYTES}")]
    given = [(name, value) for name, values in _lists(parameters.get("Headers")) for value in values]
    for others in (given, list(connection.headers.items())):
        names = {name.lower() for name, _ in others}
        pairs = [(name, value) for name, value in pairs if name.lower() not in names] + others
    if query := _query(parameters.get("QueryParameters"), connection.query):
        url += ("&" if "?" in url else "?") + query
    body = parameters.get("RequestBody")
    if connection.body:
        if body is not None and not isinstance(body, dict):
            cause = "The body of the request and that of the connection could not be merged"  # a guess
            raise StateError("States.Runtime", cause)
        body = {**(body or {}), **connection.body}
    content = _encoded(body, pairs, parameters.get("Transform") or {})
    response = _sent(world, method, url, pairs, content)
    if not 200 <= response.status_code < 300:
        raise StateError(f"States.Http.StatusCode.{response.status_code}", response.text)
    if UNREADABLE.match(response.headers.get("content-type", "")):
        kind = response.headers["content-type"]
        raise StateError("States.Runtime", f"The content type '{kind}' of the response is not supported")  # a guess
    return _result(response)


# ---------------------------------------------------------------------- requests


def _text(parameters: dict[str, Any], name: str) -> str:
    value = parameters.get(name)
    if not isinstance(value, str) or not value:
        raise StateError("States.Runtime", f"The field '{name}' is required and must be a string")  # a guess
    return value


def _method(parameters: dict[str, Any]) -> str:
    return _text(parameters, "Method")


def _query(given: Any, connection: list[tuple[str, str]]) -> str:
    """A request's query; what the connection says goes before what the task says."""
    names = {name for name, _ in connection}
    if isinstance(given, dict):
        pairs = [pair for pair in _pairs(given, "REPEAT") if pair[0] not in names]
        return urlencode([*pairs, *connection])
    texts = given if isinstance(given, list) else [given] if given else []
    return "&".join(filter(None, (*map(_plain, texts), urlencode(connection))))


def _lists(given: Any) -> Iterator[tuple[str, list[str]]]:
    """Names with their values; API Gateway's are lists."""
    for name, values in (given or {}).items():
        yield str(name), [_plain(v) for v in (values if isinstance(values, list) else [values])]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else dumps(value)


def _json_body(body: Any, headers: list[tuple[str, str]]) -> bytes:
    if body is None:
        return b""
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    return _plain(body).encode()


def _encoded(body: Any, headers: list[tuple[str, str]], transform: dict[str, Any]) -> bytes:
    """The body as JSON, or as a form: "Applying URL-encoding on request body"."""
    if transform.get("RequestBodyEncoding") != "URL_ENCODED" or not isinstance(body, dict):
        return _json_body(body, headers)
    style = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    return urlencode(list(_pairs(body, style)), quote_via=quote).encode()


def _pairs(given: Any, style: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """A form's pairs; nested objects as ``a[b]``, lists by the style."""
    for key, value in given.items():
        name = f"{prefix}[{key}]" if prefix else str(key)
        if isinstance(value, dict):
            yield from _pairs(value, style, name)
        elif isinstance(value, list) and style == "COMMAS":
            yield name, ",".join(map(_plain, value))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                suffix = {"INDICES": f"[{number}]", "BRACKETS": "[]"}.get(style, "")
                if isinstance(item, dict):
                    yield from _pairs(item, style, name + suffix)
                else:
                    yield name + suffix, _plain(item)
        else:
            yield name, _plain(value)


def _sent(world: World, method: str, url: str, headers: list[tuple[str, str]], body: bytes) -> Any:
    return world.db.scope.cloud.http.request(method, url, headers=headers, content=body)


def _result(response: Any) -> dict[str, Any]:
    headers: dict[str, list[str]] = {}
    for name, value in response.headers.raw:
        headers.setdefault(name, []).append(value)
    try:
        body = loads(response.text) if response.text else ""
    except ValueError:
        body = response.text
    return {
        "Headers": headers,
        "ResponseBody": body,
        "StatusCode": response.status_code,
        "StatusText": response.reason_phrase,
    }


# ---------------------------------------------------------------------- EventBridge's connections


class _Connection:
    """What a connection adds to a request."""

    __slots__ = ("body", "headers", "query")

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.query: list[tuple[str, str]] = []
        self.body: dict[str, Any] = {}

    def add(self, given: dict[str, Any]) -> None:
        """InvocationHttpParameters, in EventBridge's spelling or in that of its secrets."""
        parts = {k.replace("_", "").lower(): v for k, v in given.items()}
        self.headers |= {entry["Key"]: entry["Value"] for entry in map(_entry, parts.get("headerparameters") or ())}
        self.query += [(e["Key"], e["Value"]) for e in map(_entry, parts.get("querystringparameters") or ())]
        self.body |= {entry["Key"]: entry["Value"] for entry in map(_entry, parts.get("bodyparameters") or ())}


def _entry(given: dict[str, Any]) -> dict[str, str]:
    return {k.capitalize(): str(v) for k, v in given.items() if k.lower() in ("key", "value")}


def _connection(world: World, parameters: dict[str, Any]) -> _Connection:
    """Read a connection and its secret, as the execution's role would: DescribeConnection and GetSecretValue."""
    found = _Connection()
    nested = parameters.get("Authentication") or parameters.get("InvocationConfig") or {}
    text = nested.get("ConnectionArn")
    arn = Arn.parse(text) if isinstance(text, str) else None
    if arn is None:
        raise StateError("States.Runtime", "The field 'Authentication.ConnectionArn' is required")  # a guess
    name = arn.resource.split("/")[1] if "/" in arn.resource else arn.resource
    scope, caller = world.db.scope, world.execution.machine_name
    where = {"region": arn.region or scope.region, "account": arn.account or scope.account}
    try:
        described = scope.call("events", "DescribeConnection", {"Name": name}, caller=caller, **where)
        secret_id = {"SecretId": described.get("SecretArn") or f"events!connection/{name}"}
        secret = scope.call("secretsmanager", "GetSecretValue", secret_id, caller=caller, **where)
    except AwsError as e:
        name = next((name for name in CONNECTION_ERRORS if e.code.startswith(name)), "InternalError")
        raise StateError(f"Events.ConnectionResource.{name}", e.message) from None
    if (state := described.get("ConnectionState", "AUTHORIZED")) != "AUTHORIZED":
        name = "AuthInProgress" if state == "AUTHORIZING" else "InvalidConnectionState"
        cause = f"The connection {text} is in the state {state}"  # a guess
        raise StateError(f"Events.ConnectionResource.{name}", cause)
    secrets = loads(secret["SecretString"])
    _authorize(world, found, described.get("AuthorizationType", ""), secrets)
    extra = secrets.get("invocation_http_parameters") or (described.get("AuthParameters") or {}).get(
        "InvocationHttpParameters"
    )
    if extra:
        found.add(extra)
    return found


def _authorize(world: World, found: _Connection, kind: str, secret: dict[str, Any]) -> None:
    """The ways of a connection: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html"""
    if kind == "BASIC":
        pair = f"{secret.get('username', '')}:{secret.get('password', '')}".encode()
        found.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    elif kind == "API_KEY":
        found.headers[str(secret.get("api_key_name", ""))] = str(secret.get("api_key_value", ""))
    elif kind == "OAUTH_CLIENT_CREDENTIALS":
        form = {
            "grant_type": "client_credentials",
            "client_id": secret.get("client_id", ""),
            "client_secret": secret.get("client_secret", ""),
        }
        response = _sent(
            world,
            secret.get("http_method", "POST"),
            secret["authorization_endpoint"],
            [("Content-Type", "application/x-www-form-urlencoded")],
            urlencode(form).encode(),
        )
        if response.status_code != 200:
            raise StateError(f"States.Http.StatusCode.{response.status_code}", response.text)
        found.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
