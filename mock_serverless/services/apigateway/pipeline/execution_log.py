"""The execution log of a stage: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html

Lines and their order are those of logs that users have published. ERROR logs what went wrong, INFO what was done, and with
data tracing the requests and answers are in it too. AWS cuts a line at 1,024 bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from ....core.hosts import Headers, Response
from ..gateway import Record
from .exchange import Exchange

LONGEST = 1024
_URI = re.compile(r"arn:[\w-]+:apigateway:([\w-]+):([\w.-]+):path/(.*)", re.DOTALL)


def method_settings(x: Exchange) -> Record:
    """The settings of the method in this stage, or those of all methods."""
    settings = x.stage.get("methodSettings") or {}
    if not settings:
        return {}
    found: Record | None = None
    if x.resource:
        path = x.resource["path"].lstrip("/").replace("/", "~1")
        found = settings.get(f"~1{path}/{x.method['httpMethod']}")
    return found or settings.get("*/*") or {}


def open_log(x: Exchange) -> None:
    """Once the method is known: is there anything to log, and what comes first."""
    settings = method_settings(x)
    level = settings.get("loggingLevel", "OFF")
    if level == "OFF" or not x.db.account.get("cloudwatchRoleArn"):
        return
    x.notes = []
    x.levels = {"ERROR"} if level == "ERROR" else {"ERROR", "INFO"}
    if settings["dataTraceEnabled"]:
        x.levels.add("DATA")
    x.note("INFO", f"Extended Request Id: {x.context['extendedRequestId']}")


def log_plan(x: Exchange) -> None:
    """The lines about the usage plan."""
    request = x.context["requestId"]
    given = x.request.header("x-api-key") if x.method["apiKeyRequired"] else None
    key = "" if not given else "*" * max(0, len(given) - 6) + given[-6:]
    there = f"{x.api_id}/{x.stage_name}"
    x.note("INFO", f"Verifying Usage Plan for request: {request}. API Key: {key} API Stage: {there}")
    x.planned = key


def log_start(x: Exchange) -> None:
    """The lines between the usage plan and the integration."""
    if x.notes is None:
        return
    key = x.planned
    if not x.method["apiKeyRequired"]:
        method = f"{x.method['httpMethod']} {x.resource['path']}"
        x.note(
            "INFO",
            f"API Key {key} authorized because method '{method}' does not require API Key. "
            "Request will not contribute to throttle or quota limits",
        )
    x.note("INFO", f"Usage Plan check succeeded for API Key {key} and API Stage {x.api_id}/{x.stage_name}")
    log_request(x)


def log_request(x: Exchange) -> None:
    """What was asked."""
    x.note("INFO", f"Starting execution for request: {x.context['requestId']}")
    x.note("INFO", f"HTTP Method: {x.request.method}, Resource Path: {x.path}")
    params = x.params()
    x.note("DATA", f"Method request path: {shown(params['path'])}")
    x.note("DATA", f"Method request query string: {shown(params['querystring'])}")
    x.note("DATA", f"Method request headers: {shown(params['header'])}")
    x.note("DATA", f"Method request body before transformations: {_text(x.request.body)}")


def log_sent(x: Exchange, uri: str, headers: Mapping[str, str], body: bytes) -> None:
    """What is sent to an integration."""
    if x.notes is None or x.integration["type"] == "MOCK":
        return
    match = _URI.fullmatch(uri)
    if match is not None:
        uri = f"https://{match[2]}.{match[1]}.{x.db.scope.dns_suffix}/{match[3]}"
    x.note("DATA", f"Endpoint request URI: {uri}")
    x.note("DATA", f"Endpoint request headers: {shown(headers)}")
    x.note("DATA", f"Endpoint request body after transformations: {_text(body)}")
    x.note("INFO", f"Sending request to {uri}")


def log_received(x: Exchange) -> None:
    """What came back."""
    if x.notes is None or x.answer is None or x.from_cache or x.integration["type"] == "MOCK":
        return
    x.note("INFO", f"Received response. Status: {x.answer.status}, Integration latency: {x.latency} ms")
    x.note("DATA", f"Endpoint response headers: {_headers(x.answer.headers)}")
    x.note("DATA", f"Endpoint response body before transformations: {_text(x.answer.body)}")


def write(x: Exchange, response: Response) -> None:
    """The last lines, and all of them to the group."""
    if x.notes is None:
        return
    log_end(x, response.status, response.body, response.headers)
    group = f"API-Gateway-Execution-Logs_{x.api_id}/{x.stage_name}"
    stream = hashlib.md5(f"{x.api_id}/{x.stage_name}".encode(), usedforsecurity=False).hexdigest()
    request = x.context["requestId"]
    lines = [(when, _cut(f"({request}) {text}")) for when, text in x.notes]
    if lines:
        x.db.scope.log(group, stream, lines)


def log_end(x: Exchange, status: int, body: bytes, headers: Headers) -> None:
    """What was answered; of a refusal, nothing more than what was said when it came."""
    if x.error is None:
        x.note("DATA", f"Method response body after transformations: {_text(body)}")
        x.note("DATA", f"Method response headers: {_headers(headers)}")
        x.note("INFO", "Successfully completed execution")
        x.note("INFO", f"Method completed with status: {status}")


def shown(values: Mapping[str, str]) -> str:
    """A map as Java prints it."""
    return "{" + ", ".join(f"{name}={value}" for name, value in values.items()) + "}"


def _headers(headers: Headers) -> str:
    return shown(dict(headers))


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")


def _cut(text: str) -> str:
    data = text.encode()
    return text if len(data) <= LONGEST else data[:LONGEST].decode("utf-8", errors="ignore") + " [TRUNCATED]"
