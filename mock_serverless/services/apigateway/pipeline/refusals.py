"""What API Gateway itself answers: the gateway response of a type, its template and parameters rendered.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from __future__ import annotations

import json
from typing import Any

from ....core.hosts import Response
from ....core.ids import Ids
from ..gateway_responses import STATUSES, effective
from ..templates import TemplateError, input_variable, render, util_variable
from .exchange import Exchange, Refused
from .mapping import request_source

# type -> x-amzn-ErrorType, as the headers of answers show it
ERROR_TYPES = {
    "ACCESS_DENIED": "AccessDeniedException",
    "API_CONFIGURATION_ERROR": "InternalServerErrorException",
    "AUTHORIZER_CONFIGURATION_ERROR": "AuthorizerConfigurationException",
    "AUTHORIZER_FAILURE": "InternalServerErrorException",
    "BAD_REQUEST_BODY": "BadRequestException",
    "BAD_REQUEST_PARAMETERS": "BadRequestException",
    "EXPIRED_TOKEN": "ExpiredTokenException",
    "INTEGRATION_FAILURE": "InternalServerErrorException",
    "INTEGRATION_TIMEOUT": "InternalServerErrorException",
    "INVALID_API_KEY": "ForbiddenException",
    "MISSING_AUTHENTICATION_TOKEN": "MissingAuthenticationTokenException",
    "QUOTA_EXCEEDED": "LimitExceededException",
    "REQUEST_TOO_LARGE": "RequestTooLargeException",
    "THROTTLED": "TooManyRequestsException",
    "UNAUTHORIZED": "UnauthorizedException",
    "UNSUPPORTED_MEDIA_TYPE": "UnsupportedMediaTypeException",
}


def forbidden(ids: Ids) -> Response:
    """403 where there is no API or stage: https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden"""
    return Response(
        403,
        (
            ("Content-Type", "application/json"),
            ("x-amzn-RequestId", ids.uuid()),
            ("x-amzn-ErrorType", "ForbiddenException"),
            ("x-amz-apigw-id", ids.token(15) + "="),
        ),
        b'{"message":"Forbidden"}',
    )


def refusal(x: Exchange, refused: Refused) -> Response:
    """The gateway response."""
    record = effective(x.api, refused.kind)
    status = int(record.get("statusCode") or refused.status or STATUSES[refused.kind] or 500)
    if record.get("defaultResponse") and refused.status is not None:
        status = refused.status
    message = refused.message
    x.context["error"] = {
        "message": message,
        "messageString": json.dumps(message),
        "responseType": refused.kind,
        "validationErrorString": x.context.get("error", {}).get("validationErrorString"),
    }
    error_type = refused.error_type or ERROR_TYPES.get(refused.kind, "ForbiddenException")
    headers = [("x-amzn-ErrorType", error_type)]
    for target, source in (record.get("responseParameters") or {}).items():
        name, value = target.removeprefix("gatewayresponse.header."), _parameter(x, source)
        if value is not None:
            headers.append((name, value))
    content_type, body = _body(x, record["responseTemplates"])
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", content_type))
    if refused.kind == "ACCESS_DENIED" and record.get("defaultResponse"):
        body = json.dumps({"Message": message}, separators=(",", ":"))  # so it is called in this one answer
    x.log(f"Method completed with status: {status}")
    return Response(status, tuple(headers), body.encode())


def _parameter(x: Exchange, source: str) -> Any:
    return request_source(x, source.replace("gatewayresponse.", "method.request.") if source[:1] != "'" else source)


def _body(x: Exchange, templates: dict[str, str]) -> tuple[str, str]:
    accepted = (x.request.header("accept") or "").split(",")[0].strip()
    content_type = accepted if accepted in templates else "application/json"
    if content_type not in templates:
        content_type = next(iter(templates))
    variables = {**x.variables(), "input": input_variable("", x.params()), "util": util_variable()}
    try:
        return content_type, render(templates[content_type], variables)
    except TemplateError as e:
        x.log(f"Execution failed due to configuration error: Unable to transform response: {e}")
        return content_type, ""
