"""The integration request, and the integration.

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-method-settings.html

A kind of integration is one ``@integration`` function: the exchange and the rendered request in, the answer out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from ....core.errors import NotSupported
from ..integrations import URI
from ..templates import TemplateError, input_variable, render, util_variable
from . import caching
from .exchange import Answer, Exchange, Refused, misconfigured
from .execution_log import log_sent
from .functions import SESSION, is_binary
from .mapping import request_source, with_variables

PATH_VARIABLE = re.compile(r"\{([^{}]+)\}")
WEB = re.compile(r"https?://(?!.*\$\{)[^/{}$]+.*", re.DOTALL)
ADDRESSES = {"AWS": URI, "HTTP": WEB, "HTTP_PROXY": WEB}
"""What an endpoint's address must be, by the integration's type."""


@dataclass(frozen=True, slots=True)
class Integrated:
    """What is sent to an integration: its URI filled in, and what parameter mappings and templates made of the request."""

    uri: str
    method: str
    headers: dict[str, str]
    query: dict[str, str]
    body: bytes


Kind = Callable[[Exchange, Integrated], Answer]
KINDS: dict[str, Kind] = {}


def integration(name: str) -> Callable[[Kind], Kind]:
    """The function of a kind of integration."""

    def register(function: Kind) -> Kind:
        KINDS[name] = function
        return function

    return register


def integrate(x: Exchange) -> None:
    """Make the integration request and send it; 504 when the answer takes longer than the integration's timeout."""
    record = x.method.get("methodIntegration")
    if record is None:
        raise misconfigured("No integration defined for method", x)
    kind = KINDS.get(record["type"])
    if kind is None:
        raise NotSupported(f"integrations of type {record['type']} are not implemented by mock_serverless")
    if record["type"] == "AWS_PROXY":  # whose event says of a binary body that it is in base64, whatever is set
        body = x.request.body
    else:
        body = converted(x) if record["type"] == "HTTP_PROXY" else transformed(x)
    request = _request(x, body)
    settings = caching.settings_of(x)
    if settings is None:
        _ask(x, kind, request)
        return
    key = caching.key_of(x, request)
    if not caching.found(x, key, settings):
        _ask(x, kind, request)
        caching.keep(x, key, settings)


def _ask(x: Exchange, kind: Kind, request: Integrated) -> None:
    record = x.integration
    address = ADDRESSES.get(record["type"])
    if address is not None and not address.fullmatch(request.uri):
        raise misconfigured("Invalid endpoint address", x)
    if record["type"] != "AWS_PROXY":
        log_sent(x, request.uri, request.headers, request.body)
    started = x.db.scope.timestamp()
    x.answer = kind(x, request)
    x.latency = int((x.db.scope.timestamp() - started) * 1000)
    if (x.db.scope.timestamp() - started) * 1000 > record["timeoutInMillis"]:
        x.log("Execution failed due to a timeout error")
        raise Refused("INTEGRATION_TIMEOUT", "Endpoint request timed out")


OF_CALLER = re.compile(r"arn:[\w-]+:iam::\*:user/\*")


def access_key(x: Exchange) -> str:
    """Of the session in which the integration is called: that of its role, or the caller's own (``arn:aws:iam::*:user/*``).

    Empty without ``credentials``. https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
    """
    credentials = with_variables(x.integration.get("credentials") or "", x.stage_variables)
    if not OF_CALLER.fullmatch(credentials):
        return x.db.scope.assume(credentials, SESSION)
    own: str | None = x.context["identity"].get("accessKey")
    if own is None:
        raise misconfigured("Missing caller credentials for the integration", x)  # a guess at the words
    return own


def _request(x: Exchange, body: bytes) -> Integrated:
    record = x.integration
    mapped: dict[str, dict[str, str]] = {"header": {}, "querystring": {}, "path": {}}
    for target, source in (record.get("requestParameters") or {}).items():
        place, name = target.removeprefix("integration.request.").split(".", 1)
        value = request_source(x, source)
        if value is not None:
            mapped[place][name] = value
    override = x.context.get("requestOverride") or {}
    for place, values in override.items():
        if place in mapped and isinstance(values, dict):
            mapped[place] |= {str(k): str(v) for k, v in values.items()}
    uri = with_variables(record.get("uri") or "", x.stage_variables)
    if record["type"] != "AWS_PROXY":
        uri = PATH_VARIABLE.sub(lambda m: quote(mapped["path"].get(m.group(1), m.group()), safe="/{}"), uri)
    method = record.get("httpMethod")
    method = x.request.method if method in (None, "ANY") else method
    return Integrated(uri, method, mapped["header"], mapped["querystring"], body)


def converted(x: Exchange) -> bytes:
    """The body as the integration's content handling wants it: text and binary into each other.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
    """
    body, handling = x.request.body, x.integration.get("contentHandling")
    binary = is_binary(x, x.header("content-type"))
    if handling == "CONVERT_TO_TEXT" and binary:
        return base64.b64encode(body)
    if handling == "CONVERT_TO_BINARY" and not binary:
        try:
            return base64.b64decode(body, validate=True)
        except ValueError:
            raise misconfigured("Unable to base64 decode the body.", x) from None
    return body


def transformed(x: Exchange) -> bytes:
    """The body that the request template makes, or as it came where the passthrough behaviour lets it through; otherwise 415.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
    """
    record = x.integration
    templates: dict[str, str] = record.get("requestTemplates") or {}
    content_type = (x.header("content-type") or "application/json").split(";")[0].strip()
    template = templates.get(content_type, templates.get("$default"))
    if template is None:
        behaviour = record["passthroughBehavior"]
        if behaviour == "NEVER" or (behaviour == "WHEN_NO_TEMPLATES" and templates):
            raise Refused("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
        return converted(x)
    text = converted(x).decode("utf-8", errors="replace")
    x.context.setdefault("requestOverride", {"header": {}, "querystring": {}, "path": {}})
    x.context.setdefault("responseOverride", {"header": {}})
    variables = {**x.variables(), "input": input_variable(text, x.params()), "util": util_variable()}
    try:
        return render(template, variables).encode()
    except TemplateError as e:
        raise misconfigured(f"Unable to transform request: {e}", x) from None
