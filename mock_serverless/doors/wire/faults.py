"""From an AwsError to an HTTP response, as botocore's parsers take it: code, message, and the modelled error's members.

``read_at_once`` is what botocore's JSON parsers make of that response, without the bytes in between: errors are answers
like others, and tests run into many of them.

A code on the wire isn't always the name of the error's shape. Query services have codes of their own (``error.code``
in the model: SNS's NotFoundException is NotFound); services which used to speak the query protocol send their old code
in the header x-amzn-query-error
(https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#awsquerycompatible-trait). ``AwsError.code`` may be either;
on the wire stands what AWS puts there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mock_serverless.core.copying import copy_tree
from mock_serverless.core.errors import AwsError
from mock_serverless.core.faults import is_fault, modelled_status

from .json_values import CBOR as CBOR_NOTATION
from .json_values import JSON, Notation, write_value
from .protocol import CBOR, client_protocol
from .responses import Response, host_id, namespace_of, protocol_headers, put_default
from .rest import bound_members, write_answer
from .xml_values import element, element_name, escape, text_element
from .xml_values import write_value as write_xml_value

# What stands before the "#" of __type. DynamoDB's are recorded by dynalite; SQS's is in its API reference.
NAMESPACES = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810",
    "sqs": "com.amazonaws.sqs",
}
FRONT_END_NAMESPACE = "com.amazon.coral.service"
FRONT_END_CODES = frozenset({
    "SerializationException", "UnknownOperationException", "AccessDeniedException", "UnrecognizedClientException",
    "MissingAuthenticationTokenException", "IncompleteSignatureException", "InvalidSignatureException",
})  # fmt: skip
# SQS's codes of its query protocol, which newer models leave out (its API reference, "Errors" of each action).
SQS_CODES = {
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "PurgeQueueInProgress": "AWS.SimpleQueueService.PurgeQueueInProgress",
    "QueueDeletedRecently": "AWS.SimpleQueueService.QueueDeletedRecently",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}


# Errors which spell Message with a capital when they have a certain member, although the model has it small: botocore finds no
# "message" in them then (recorded by a public test suite on AWS).
CAPITAL_WITH = {("dynamodb", "ConditionalCheckFailedException"): "Item"}


def serialize_error(model: Any, error: AwsError, request_id: str, protocol: str | None = None) -> Response:
    """Status, headers and body. ``model`` is an OperationModel or, where no operation is known, a ServiceModel."""
    operation = model if hasattr(model, "service_model") else None
    service = operation.service_model if operation is not None else model
    spoken = protocol or client_protocol(service)
    shape, code = error_shape(service, error.code)
    headers: dict[str, str] = {}
    status, body = WRITERS[spoken](service, shape, code, error, request_id, headers)
    if operation is not None and operation.http.get("method") == "HEAD":
        body = b""  # botocore then takes the status for the code, as it has to with AWS
    for name, text in protocol_headers(service, spoken, request_id, body).items():
        put_default(headers, name, text)
    return status, headers, body


# ---------------------------------------------------------------------- shapes and codes


def error_shape(service_model: Any, code: str) -> tuple[Any, str]:
    """The modelled error which a code, old or new, means (None if there is none), and its code on the wire."""
    key = (service_model.service_name, code)
    found = _known.get(key)
    if found is None:
        found = _known[key] = _look_up(service_model, code)
    return found


_known: dict[tuple[str, str], tuple[Any, str]] = {}


def _look_up(service_model: Any, code: str) -> tuple[Any, str]:
    legacy = SQS_CODES if service_model.service_name == "sqs" else {}
    by_name = None
    for shape in service_model.error_shapes:
        wire_code = legacy.get(shape.name, shape.error_code)
        if wire_code == code:
            return shape, code
        if shape.name == code:
            by_name = shape, wire_code
    return by_name or (None, code)


def error_status(shape: Any, error: AwsError) -> int:
    """The error's own status, unless that is the default and the model knows better."""
    return error.status if error.status != 400 else modelled_status(shape) or 400


def sender_or_receiver(shape: Any, status: int) -> str:
    """Whose fault it is."""
    return "Receiver" if status >= 500 or (shape is not None and is_fault(shape)) else "Sender"


def is_query_compatible(service_model: Any) -> bool:
    """Whether a service which used to speak the query protocol still sends its codes of then."""
    return service_model.metadata.get("awsQueryCompatible") is not None


def _shape_name(shape: Any, code: str) -> str:
    return code if shape is None else str(shape.name)


def _message_name(shape: Any) -> str | None:
    """The modelled member which has the message."""
    names = () if shape is None else shape.members
    return "message" if "message" in names else "Message" if "Message" in names else None


def _is_capital(service: Any, error: AwsError) -> bool:
    return CAPITAL_WITH.get((service.service_name, error.code)) in error.fields


def _message_member(shape: Any) -> str:
    name = _message_name(shape)
    return "message" if name is None else str(shape.members[name].serialization.get("name", name))


# ---------------------------------------------------------------------- as botocore reads it


AT_ONCE = frozenset({"json", "rest-json"})


def read_at_once(operation: Any, error: AwsError) -> tuple[int, dict[str, Any]] | None:
    """The status and what botocore reads from a JSON response of :func:`serialize_error`; None for other responses.

    Members which no model describes are kept here: they come from a test's own ClientError.
    """
    service = operation.service_model
    if client_protocol(service) not in AT_ONCE or operation.http.get("method") == "HEAD":
        return None
    shape, code = error_shape(service, error.code)
    status = error_status(shape, error)
    if is_query_compatible(service):
        kind = sender_or_receiver(shape, status)
        told = {"Message": error.message, "Code": code, "QueryErrorCode": _shape_name(shape, code), "Type": kind}
        shape = service.shape_for_error_code(code)  # which is where botocore looks for the members
    else:
        told = {"Message": error.message, "Code": error.code}
    parsed: dict[str, Any] = {"Error": told}
    name = None if _is_capital(service, error) else _message_name(shape)
    if name is not None and error.message:
        parsed[name] = error.message
    parsed.update((name, copy_tree(item)) for name, item in error.fields.items() if item is not None)
    return status, parsed


# ---------------------------------------------------------------------- JSON and CBOR


def _write_rpc(
    service: Any, shape: Any, code: str, error: AwsError, headers: dict[str, str], notation: Notation
) -> tuple[int, bytes]:
    status = error_status(shape, error)
    kind = error.code
    if is_query_compatible(service):
        headers["x-amzn-query-error"] = f"{code};{sender_or_receiver(shape, status)}"
        kind = _shape_name(shape, code)
    namespace = NAMESPACES.get(service.service_name)
    if namespace:
        kind = f"{FRONT_END_NAMESPACE if error.code in FRONT_END_CODES else namespace}#{kind}"
    front_end = namespace is not None and error.code in FRONT_END_CODES  # they spell Message with a capital
    capital = front_end or _is_capital(service, error)
    body = {"__type": kind} | _members(shape, error, notation, "Message" if capital else _message_member(shape))
    return status, notation.dumps(body)


def _members(shape: Any, error: AwsError, notation: Notation, message: str) -> dict[str, Any]:
    """The message and the other members; a member which the model doesn't have is written as it is."""
    body: dict[str, Any] = {message: error.message} if error.message else {}
    members = shape.members if shape is not None else {}
    bound = bound_members(shape) if shape is not None else frozenset()
    for name, item in error.fields.items():
        if item is None or name in bound:
            continue
        member = members.get(name)
        if member is None:
            body[name] = item
        else:
            body[member.serialization.get("name", name)] = write_value(item, member, notation)
    return body


def _write_json(
    service: Any, shape: Any, code: str, error: AwsError, request_id: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    return _write_rpc(service, shape, code, error, headers, JSON)


def _write_cbor(
    service: Any, shape: Any, code: str, error: AwsError, request_id: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    return _write_rpc(service, shape, code, error, headers, CBOR_NOTATION)


def _write_rest_json(
    service: Any, shape: Any, code: str, error: AwsError, request_id: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    status = error_status(shape, error)
    if shape is not None:
        write_answer(shape, error.fields, status, headers, lambda value, shape, payload: b"")
    for name in [name for name in headers if name.lower() == "x-amzn-errortype"]:
        del headers[name]  # a few models have it as a member
    headers["x-amzn-ErrorType"] = error.code
    return status, JSON.dumps(_members(shape, error, JSON, _message_member(shape)))


# ---------------------------------------------------------------------- XML


def _fields_xml(shape: Any, error: AwsError) -> str:
    members = shape.members if shape is not None else {}
    bound = bound_members(shape) if shape is not None else frozenset()
    parts = []
    for name, item in error.fields.items():
        if item is None or name in bound:
            continue
        member = members.get(name)
        if member is None:
            parts.append(_plain_xml(name, item))
        else:
            parts.append(write_xml_value(item, member, element_name(member, name)))
    return "".join(parts)


def _plain_xml(name: str, value: Any) -> str:
    """A member which no model describes (S3's errors have many)."""
    if isinstance(value, Mapping):
        return element(name, "".join(_plain_xml(key, item) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return "".join(_plain_xml(name, item) for item in value)
    return text_element(name, ("true" if value else "false") if isinstance(value, bool) else str(value))


def _code_and_message(code: str, error: AwsError) -> str:
    return text_element("Code", code) + text_element("Message", error.message)


def _write_query(
    service: Any, shape: Any, code: str, error: AwsError, request_id: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    status = error_status(shape, error)
    kind = text_element("Type", sender_or_receiver(shape, status))
    inner = element("Error", kind + _code_and_message(code, error) + _fields_xml(shape, error))
    document = element(
        "ErrorResponse", inner + text_element("RequestId", request_id), f' xmlns="{escape(namespace_of(service))}"'
    )
    return status, document.encode()


def _write_ec2(
    service: Any, shape: Any, code: str, error: AwsError, request_id: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    inner = element("Errors", element("Error", _code_and_message(code, error) + _fields_xml(shape, error)))
    document = element("Response", inner + text_element("RequestID", request_id))
    return error_status(shape, error), f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()


def _write_rest_xml(
    service: Any, shape: Any, code: str, error: AwsError, request_id: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    status = error_status(shape, error)
    if shape is not None:
        write_answer(shape, error.fields, status, headers, lambda value, shape, payload: b"")
    if status == 304:
        return status, b""
    if service.service_name != "s3":
        return _write_query(service, shape, code, error, request_id, headers)
    ids = text_element("RequestId", request_id) + text_element("HostId", host_id(request_id))
    document = element("Error", _code_and_message(code, error) + _fields_xml(shape, error) + ids)
    return status, f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()


WRITERS: dict[str, Callable[[Any, Any, str, AwsError, str, dict[str, str]], tuple[int, bytes]]] = {
    "json": _write_json,
    "rest-json": _write_rest_json,
    "query": _write_query,
    "ec2": _write_ec2,
    "rest-xml": _write_rest_xml,
    CBOR: _write_cbor,
}
