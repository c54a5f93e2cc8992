"""From an operation's answer to an HTTP response, for each of AWS's protocols, as botocore's parsers take it.

An answer may say more about its response than the model has room for: ``ResponseMetadata.HTTPStatusCode`` (206 for a
part of an object) and ``ResponseMetadata.HTTPHeaders``.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from mock_serverless.core.errors import NotSupported

from .json_values import CBOR as CBOR_NOTATION
from .json_values import JSON, write_members, write_value
from .mistyped import TOKEN_SERVICES
from .protocol import CBOR, client_protocol
from .rest import write_answer
from .xml_values import attributes, element, escape, text_element
from .xml_values import write_members as write_xml_members

Response = tuple[int, dict[str, str], bytes]
Written = tuple[int, bytes]  # status and body; headers are added to a dict

# The document elements of S3's answers, which botocore's model leaves out ("Response Syntax" in its API reference).
S3_DOCUMENTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}
S3_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def serialize_response(
    operation_model: Any, response: Mapping[str, Any], request_id: str, protocol: str | None = None
) -> Response:
    """Status, headers and body. Without ``protocol`` it is the one which botocore's client of the service speaks."""
    service = operation_model.service_model.service_name
    if operation_model.has_event_stream_output:
        raise NotSupported(
            f"{service}: {operation_model.name} answers with an event stream, which is not written to HTTP responses; "
            "call it with boto3"
        )
    headers: dict[str, str] = {}
    spoken = protocol or client_protocol(operation_model.service_model)
    status, body = WRITERS[spoken](operation_model, response, request_id, headers)
    meta = response.get("ResponseMetadata") or {}
    for name, text in (meta.get("HTTPHeaders") or {}).items():
        put_default(headers, str(name), str(text))
    for name, text in protocol_headers(operation_model.service_model, spoken, request_id, body).items():
        put_default(headers, name, text)
    return int(meta.get("HTTPStatusCode") or status), headers, body


def put_default(headers: dict[str, str], name: str, text: str) -> None:
    if name.lower() not in (known.lower() for known in headers):
        headers[name] = text


# ---------------------------------------------------------------------- headers


def protocol_headers(service_model: Any, protocol: str, request_id: str, body: bytes) -> dict[str, str]:
    """Those which are on every answer, good or bad. There is no Date: time belongs to the cloud's clock."""
    service = service_model.service_name
    headers = {"Content-Type": content_type(service_model, protocol)} if body else {}
    if service in ("s3", "s3control"):
        headers |= {"x-amz-request-id": request_id, "x-amz-id-2": host_id(request_id)}
    else:
        headers["x-amzn-RequestId"] = request_id
    if protocol == CBOR:
        headers["smithy-protocol"] = "rpc-v2-cbor"
    if service in TOKEN_SERVICES:
        headers["x-amz-crc32"] = str(zlib.crc32(body))
    headers["Content-Length"] = str(len(body))
    return headers


def content_type(service_model: Any, protocol: str) -> str:
    if protocol == "json":
        return f"application/x-amz-json-{service_model.metadata.get('jsonVersion', '1.1')}"
    return {
        "rest-json": "application/json",
        "query": "text/xml",
        "ec2": "text/xml;charset=UTF-8",
        "rest-xml": "application/xml" if service_model.service_name == "s3" else "text/xml",
        CBOR: "application/cbor",
    }[protocol]


def host_id(request_id: str) -> str:
    """S3's second id of a request, made of the first."""
    return base64.b64encode(hashlib.sha384(request_id.encode()).digest()).decode("ascii")


# ---------------------------------------------------------------------- one function per family


def _write_json(operation: Any, response: Mapping[str, Any], request_id: str, headers: dict[str, str]) -> Written:
    return _write_rpc(operation, response, JSON)


def _write_cbor(operation: Any, response: Mapping[str, Any], request_id: str, headers: dict[str, str]) -> Written:
    return _write_rpc(operation, response, CBOR_NOTATION)


def _write_rpc(operation: Any, response: Mapping[str, Any], notation: Any) -> Written:
    shape = operation.output_shape
    return 200, b"" if shape is None else notation.dumps(write_members(dict(response), shape, notation))


def _write_query(operation: Any, response: Mapping[str, Any], request_id: str, headers: dict[str, str]) -> Written:
    shape, name = operation.output_shape, operation.name
    content = ""
    if shape is not None:
        content = write_xml_members(dict(response), shape)
        wrapper = shape.serialization.get("resultWrapper")
        content = element(wrapper, content) if wrapper else content
    meta = element("ResponseMetadata", text_element("RequestId", request_id))
    return 200, _document(f"{name}Response", content + meta, namespace_of(operation.service_model))


def _write_ec2(operation: Any, response: Mapping[str, Any], request_id: str, headers: dict[str, str]) -> Written:
    shape = operation.output_shape
    content = write_xml_members(dict(response), shape) if shape is not None else element("return", "true")
    root = f"{operation.name}Response"
    namespace = namespace_of(operation.service_model).rstrip("/") + "/"
    return 200, _declared(root, text_element("requestId", request_id) + content, namespace)


def _write_rest_json(operation: Any, response: Mapping[str, Any], request_id: str, headers: dict[str, str]) -> Written:
    modelled = int(operation.http.get("responseCode", 200))

    def write_body(value: Any, shape: Any, payload: bool) -> bytes:
        return b"" if modelled == 204 and not value else JSON.dumps(write_value(value, shape, JSON))

    status, body = write_answer(operation.output_shape, response, modelled, headers, write_body)
    return 200 if status == 204 and body else status, body  # a few models say 204 and have members all the same


def _write_rest_xml(operation: Any, response: Mapping[str, Any], request_id: str, headers: dict[str, str]) -> Written:
    service, name = operation.service_model, operation.name

    def write_body(value: Any, shape: Any, payload: bool) -> bytes:
        if (service.service_name, name) == ("s3", "GetBucketLocation"):  # the one answer without an element around it
            return _declared("LocationConstraint", escape(value.get("LocationConstraint") or ""), S3_NAMESPACE)
        unnamed = shape.name if payload else S3_DOCUMENTS.get(name, shape.name)
        root = shape.serialization.get("name", unnamed)
        extra = attributes(value, shape)
        if "xmlns=" not in extra:
            extra = f' xmlns="{namespace_of(service)}"{extra}'
        return (XML_DECLARATION + element(root, write_xml_members(value, shape), extra)).encode()

    status = int(operation.http.get("responseCode", 200))
    return write_answer(operation.output_shape, response, status, headers, write_body)


WRITERS: dict[str, Callable[[Any, Mapping[str, Any], str, dict[str, str]], Written]] = {
    "json": _write_json,
    "rest-json": _write_rest_json,
    "query": _write_query,
    "ec2": _write_ec2,
    "rest-xml": _write_rest_xml,
    CBOR: _write_cbor,
}


# ---------------------------------------------------------------------- XML documents


def _document(root: str, content: str, namespace: str) -> bytes:
    return element(root, content, f' xmlns="{escape(namespace)}"' if namespace else "").encode()


def _declared(root: str, content: str, namespace: str) -> bytes:
    return XML_DECLARATION.encode() + _document(root, content, namespace)


@lru_cache(maxsize=64)
def namespace_of(service_model: Any) -> str:
    """A service's XML namespace: of the model itself, or the one its requests have (Route 53, CloudFront)."""
    given = service_model.metadata.get("xmlNamespace")
    if given:
        return str(given["uri"] if isinstance(given, Mapping) else given)
    if service_model.service_name == "s3":
        return S3_NAMESPACE
    for name in service_model.operation_names:
        shape = service_model.operation_model(name).input_shape
        namespace = shape.serialization.get("xmlNamespace") if shape is not None else None
        if namespace:
            return str(namespace["uri"] if isinstance(namespace, Mapping) else namespace)
    return ""
