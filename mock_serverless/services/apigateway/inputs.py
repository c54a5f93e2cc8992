"""Requests checked as API Gateway's front end checks them: enums, in its own order and with its own paths, from botocore's model.

Recorded: members of the body are called ``createRestApiInput.endpointConfiguration.types``, members of the path only by
their name, and come after them; a list of enum values is one constraint of the whole list; lengths and patterns, but for that
of status codes, are left to the operations.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...core.constraints import NOT_NULL, validation_error, violation
from ...core.errors import AwsError
from ...core.operation import service_model

# The order in which AWS lists values, recorded; for the others it is taken to be the model's (a guess)
ORDERS = {
    "EndpointType": "PRIVATE, EDGE, REGIONAL",
    "IpAddressType": "ipv4, dualstack",
    "IntegrationType": "HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS",
    "Op": "add, remove, move, test, replace, copy",
    "DocumentationPartType": "RESPONSE_BODY, RESPONSE, METHOD, MODEL, AUTHORIZER, RESPONSE_HEADER, RESOURCE, PATH_PARAMETER, "
    "REQUEST_BODY, QUERY_PARAMETER, API, REQUEST_HEADER",
    "GatewayResponseType": "REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, "
    "MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, "
    "AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, WAF_FILTERED, "
    "QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, INTEGRATION_FAILURE, EXPIRED_TOKEN",
}
# enums which are checked by the operations, in words of their own
OWN_WORDS = frozenset({"PutMode"})
STATUS_CODE = re.compile(r"[1-5]\d\d")


def check(operation: str, request: dict[str, Any]) -> None:
    """Raises ValidationException, or SerializationException for a member of the wrong JSON type."""
    shape = _input_shape(operation)
    found: list[str] = []
    body = operation[:1].lower() + operation[1:] + "Input."
    for name in sorted(request, key=lambda name: _is_in_path(shape, name)):
        member, value = shape.members.get(name), request[name]
        if member is not None and value is not None:
            prefix = "" if member.serialization.get("location") else body
            _check(value, member, prefix + name, found)
    for name in shape.required_members:
        if request.get(name) is None:
            prefix = "" if shape.members[name].serialization.get("location") else body
            found.append(violation(None, prefix + name, NOT_NULL))
    if found:
        raise validation_error(found)


def _is_in_path(shape: Any, name: str) -> bool:
    return name in shape.members and bool(shape.members[name].serialization.get("location"))


@cache
def _input_shape(operation: str) -> Any:
    return service_model("apigateway").operation_model(operation).input_shape


def _check(value: Any, shape: Any, path: str, found: list[str]) -> None:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _check(value[name], member, f"{path}.{name}", found)
    elif kind == "list" and isinstance(value, (list, tuple)):
        _check_list(value, shape, path, found)
    elif kind == "map" and isinstance(value, dict):
        for item in value.values():
            if item is not None:
                _check(item, shape.value, path, found)
    elif kind == "string":
        if not isinstance(value, str):
            raise _not_a_string(value)
        if shape.enum and value not in shape.enum and shape.name not in OWN_WORDS:
            found.append(violation(value, path, _constraint(shape)))
        elif shape.name == "StatusCode" and not STATUS_CODE.fullmatch(value):
            found.append(
                violation(value, path, f"Member must satisfy regular expression pattern: {STATUS_CODE.pattern}")
            )


def _check_list(value: Any, shape: Any, path: str, found: list[str]) -> None:
    if shape.member.type_name == "string" and shape.member.enum:
        if any(item not in shape.member.enum for item in value):
            constraint = f"Member must satisfy constraint: [{_constraint(shape.member)}]"
            found.append(violation(list(value), path, constraint))
        return
    for i, item in enumerate(value, 1):
        if item is not None:
            _check(item, shape.member, f"{path}.{i}.member", found)


def _constraint(shape: Any) -> str:
    return f"Member must satisfy enum value set: [{ORDERS.get(shape.name) or ', '.join(shape.enum)}]"


# recorded for a number in a map of texts; the classes of the other types are those which AWS's JSON services name
JAVA_CLASSES = {int: "numbers.TruncatingBigNumber", float: "numbers.TruncatingBigNumber"}


def _not_a_string(value: Any) -> AwsError:
    java = JAVA_CLASSES.get(type(value))
    if java is not None:
        message = f"class com.amazon.coral.value.json.{java} can not be converted to an String"
    elif isinstance(value, bool):
        message = f"{str(value).upper()}_VALUE can not be converted to a String"
    else:
        start = "Start of list" if isinstance(value, (list, tuple)) else "Start of structure or map"
        message = f"{start} found where not expected."
    return AwsError("SerializationException", message, 400)
