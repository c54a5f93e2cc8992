"""From an HTTP request to an operation's name and its parameters, for each of AWS's protocols.

| protocol | the operation is in | the parameters are in |
| --- | --- | --- |
| json | the header X-Amz-Target | the body |
| query, ec2 | Action in the form, or in the query string of a presigned request | the same |
| rest-json, rest-xml | method and URI | URI, query string, headers, body |
| smithy-rpc-v2-cbor | the URI | the body |

A client's own additions stay as they are on the wire: checksums which an SDK computes are parameters, and what
botocore's handlers change before they send it (URL-encoded CopySource, base64 of RunInstances' UserData, MD5 of a
customer's key) is found changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from mock_serverless.core.errors import AwsError, NotSupported

from .form_values import read_form
from .hosts import bucket_of
from .incoming import Incoming, read_incoming
from .json_values import CBOR as CBOR_NOTATION
from .json_values import JSON, Reader
from .mistyped import TOKEN_SERVICES
from .protocol import CBOR, spoken_protocol
from .rest import read_request
from .routes import find_route
from .scalars import Malformed
from .xml_values import local_name, read_document, read_members, read_value

Parsed = tuple[str, dict[str, Any]]
RPC_PATH = re.compile(r".*/service/([^/]+)/operation/([^/]+)/?")


def parse_request(service_model: Any, method: str, url: str, headers: Mapping[str, Any], body: Any) -> Parsed:
    """The operation and its parameters as a boto3 caller would have given them.

    ``service_model`` is botocore's ServiceModel, ``url`` absolute or a path with its query string, ``body`` bytes,
    text, a file or None. Blobs come as bytes, moments as aware datetimes in UTC. Raises AwsError as the protocol's
    front end does when the operation is unknown or the request can't be read, NotSupported for event streams and
    browsers' form uploads.
    """
    protocol = "json"
    try:
        request = read_incoming(method, url, headers, body)
        protocol = spoken_protocol(service_model, request)
        return PARSERS[protocol](service_model, request)
    except Malformed as problem:
        raise _malformed(service_model, protocol, str(problem)) from None


def request_protocol(service_model: Any, url: str, headers: Mapping[str, Any]) -> str | None:
    """What the answer has to be written in, for a client which isn't this botocore's; None: whatever botocore speaks."""
    try:
        return spoken_protocol(service_model, read_incoming("POST", url, headers, None))
    except (Malformed, NotSupported):
        return None


def _operation(service_model: Any, name: str) -> Any:
    operation = service_model.operation_model(name)
    if operation.has_event_stream_input:
        raise NotSupported(
            f"{service_model.service_name}: {name} takes an event stream, which is not read from HTTP requests; "
            "stub the operation"
        )
    return operation


# ---------------------------------------------------------------------- one function per family


def _parse_json(service_model: Any, request: Incoming) -> Parsed:
    prefix, _, name = (request.header("x-amz-target") or "").rpartition(".")
    if prefix != service_model.metadata.get("targetPrefix") or name not in service_model.operation_names:
        raise AwsError("UnknownOperationException", "")  # as dynalite recorded it from DynamoDB
    shape = _operation(service_model, name).input_shape
    if not request.body and service_model.service_name in TOKEN_SERVICES:
        raise AwsError("SerializationException", "")  # recorded there, too
    if shape is None or not request.body:
        return name, {}
    return name, Reader(JSON, service_model.service_name).body(request.body, shape)


def _parse_cbor(service_model: Any, request: Incoming) -> Parsed:
    found = RPC_PATH.fullmatch(request.path)
    if found is None or found[2] not in service_model.operation_names:
        raise AwsError("UnknownOperationException", "", 404)  # Smithy's reference servers answer so
    shape = _operation(service_model, found[2]).input_shape
    if shape is None or not request.body:
        return found[2], {}
    return found[2], Reader(CBOR_NOTATION, service_model.service_name).body(request.body, shape)


def _parse_query(service_model: Any, request: Incoming) -> Parsed:
    return _parse_form(service_model, request, ec2=False)


def _parse_ec2(service_model: Any, request: Incoming) -> Parsed:
    return _parse_form(service_model, request, ec2=True)


def _parse_form(service_model: Any, request: Incoming, ec2: bool) -> Parsed:
    form = request.form
    name = form.get("Action")
    if not name:
        raise AwsError("MissingAction", "Missing Action")  # a guess
    if name not in service_model.operation_names:
        raise AwsError("InvalidAction", _invalid_action(service_model, name, form.get("Version"), ec2))
    shape = _operation(service_model, name).input_shape
    return name, {} if shape is None else read_form(form, shape, ec2)


def _invalid_action(service_model: Any, name: str, version: str | None, ec2: bool) -> str:
    """EC2's words are those people report of it; the others' are those of STS, for the other services a guess."""
    if ec2:
        return f"The action {name} is not valid for this web service."
    return f"Could not find operation {name} for version {version or service_model.api_version}"


def _parse_rest_json(service_model: Any, request: Incoming) -> Parsed:
    reader = Reader(JSON, service_model.service_name)
    return _parse_rest(service_model, request, _path(service_model, request), reader.body)


def _parse_rest_xml(service_model: Any, request: Incoming) -> Parsed:
    strict = service_model.service_name == "s3"

    def read_body(body: bytes, shape: Any, bound: frozenset[str]) -> Any:
        try:
            root = read_document(body)
            wanted = shape.serialization.get("name")
            if strict and wanted and local_name(root.tag) != wanted:
                raise Malformed(f"The document is no {wanted}")
            return read_members(root, shape, bound) if bound else read_value(root, shape)
        except Malformed:
            raise _bad_document(service_model) from None

    path = request.path
    if strict:
        bucket = bucket_of(request.host)
        path = f"/{quote(bucket, safe='')}{path}" if bucket else path
        if request.method == "POST" and (request.header("content-type") or "").startswith("multipart/form-data"):
            raise NotSupported("s3: POST Object, the upload from a browser's form; use put_object or a presigned PUT")
    return _parse_rest(service_model, request, path, read_body)


def _parse_rest(
    service_model: Any, request: Incoming, path: str, read_body: Callable[[bytes, Any, frozenset[str]], Any]
) -> Parsed:
    found = find_route(service_model, request, path)
    if found is None:
        raise _unknown_route(service_model)
    name, labels = found
    if name == "ListBuckets" and request.host.startswith("s3express-control"):
        name = "ListDirectoryBuckets"  # the same method and URI at another host
    return name, read_request(_operation(service_model, name), request, labels, read_body)


def _path(service_model: Any, request: Incoming) -> str:
    """The management API of a WebSocket API is below the stage: ``/prod/@connections/...``."""
    if service_model.service_name != "apigatewaymanagementapi":
        return request.path
    found = re.fullmatch(r".*?/(?:@|%40)(connections/.*)", request.path)
    return f"/@{found[1]}" if found else request.path


PARSERS: dict[str, Callable[[Any, Incoming], Parsed]] = {
    "json": _parse_json,
    "rest-json": _parse_rest_json,
    "query": _parse_query,
    "ec2": _parse_ec2,
    "rest-xml": _parse_rest_xml,
    CBOR: _parse_cbor,
}


# ---------------------------------------------------------------------- what can't be understood


def _unknown_route(service_model: Any) -> AwsError:
    service = service_model.service_name
    if service == "s3":  # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
        return AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    if service in ("apigateway", "apigatewayv2"):  # a guess
        return AwsError("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
    return AwsError("UnknownOperationException", "", 404)  # Smithy's reference servers answer so


def _bad_document(service_model: Any) -> AwsError:
    if service_model.service_name in ("s3", "s3control"):  # the same page
        return AwsError(
            "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
        )
    return AwsError("MalformedInput", "Unexpected element or invalid XML in the request")  # a guess


def _malformed(service_model: Any, protocol: str, problem: str) -> AwsError:
    """For values which can't be read; apart from the JSON ones the codes are guesses."""
    if protocol in ("json", "rest-json", CBOR):
        return AwsError("SerializationException", problem)
    if protocol == "query":
        return AwsError("MalformedInput", problem)
    if protocol == "ec2":
        return AwsError("InvalidParameterValue", problem)
    return AwsError("InvalidArgument" if service_model.service_name == "s3" else "InvalidInput", problem)
