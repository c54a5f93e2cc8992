"""The integration response and the method response: what of an integration's answer the client gets.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html
"""

from __future__ import annotations

import base64
import re
from typing import Any

from ....core.hosts import Response
from ..gateway import Record
from ..templates import TemplateError, input_variable, render, util_variable
from .exchange import Answer, Exchange, misconfigured
from .functions import accepts_binary, is_binary
from .mapping import response_source

JSON = "application/json"


def integration_response(x: Exchange) -> None:
    """Choose the integration response, transform the body, map the headers. Proxies have answered already."""
    if x.response is not None:
        return
    assert x.answer is not None
    record = chosen(x, x.answer)
    if record["statusCode"] not in (x.method.get("methodResponses") or {}):
        raise misconfigured(f"Output mapping refers to an invalid method response: {record['statusCode']}", x)
    body, content_type = transformed(x, x.answer, record)
    headers = mapped(x, x.answer, record)
    override = x.context.get("responseOverride") or {}
    for name, value in (override.get("header") or {}).items():
        headers[str(name)] = str(value)
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    x.response = Response(_status(record, override), tuple(headers.items()), body)


def _status(record: Record, override: dict[str, Any]) -> int:
    status = override.get("status")
    fine = isinstance(status, int) and not isinstance(status, bool) and 100 <= status < 600
    return int(status) if fine else int(record["statusCode"])  # type: ignore[arg-type]


def chosen(x: Exchange, answer: Answer) -> Record:
    """The integration response whose selection pattern fits all of the status (or a function's error), else the default."""
    responses = list((x.integration.get("integrationResponses") or {}).values())
    for record in responses:
        pattern = record.get("selectionPattern")
        if pattern and re.fullmatch(pattern, answer.selected_by or str(answer.status), re.DOTALL):
            return record  # type: ignore[no-any-return]
    default = next((r for r in responses if not r.get("selectionPattern")), None)
    if default is None:
        raise misconfigured(
            "No match for output mapping and no default output mapping configured. "
            f"Endpoint Response Status Code: {answer.status}",
            x,
        )
    return default  # type: ignore[no-any-return]


def transformed(x: Exchange, answer: Answer, record: Record) -> tuple[bytes, str]:
    """Body and content type: what the response template makes, or the body as it came."""
    body = converted(x, answer, record.get("contentHandling"))
    templates = {k: v for k, v in (record.get("responseTemplates") or {}).items() if v}
    if not templates:
        return body, JSON
    accepted = (x.header("accept") or "").split(",")[0].strip()
    name = accepted if accepted in templates else JSON if JSON in templates else next(iter(templates))
    text = body.decode("utf-8", errors="replace")
    x.context.setdefault("responseOverride", {"header": {}})
    variables = {**x.variables(), "input": input_variable(text, x.params()), "util": util_variable()}
    try:
        return render(templates[name], variables).encode(), name if name != "$default" else JSON
    except TemplateError as e:
        raise misconfigured(f"Unable to transform response: {e}", x) from None


def converted(x: Exchange, answer: Answer, handling: str | None) -> bytes:
    """The table of AWS's page on content type conversions: text and binary into each other."""
    binary = is_binary(x, next((v for k, v in answer.headers if k.lower() == "content-type"), None))
    to_text = handling == "CONVERT_TO_TEXT" or (not handling and not accepts_binary(x, x.request))
    if binary:
        return base64.b64encode(answer.body) if to_text else answer.body
    if to_text or (not handling and not answer.body):
        return answer.body.decode("utf-8", errors="replace").encode()
    try:
        return base64.b64decode(answer.body, validate=True)
    except ValueError:
        raise misconfigured("Unable to base64 decode the body.", x) from None


def mapped(x: Exchange, answer: Answer, record: Record) -> dict[str, str]:
    """The headers of the method response."""
    headers = {}
    for target, source in (record.get("responseParameters") or {}).items():
        value = response_source(x, answer, source)
        if value is not None:
            headers[target.removeprefix("method.response.header.")] = value
    return headers
