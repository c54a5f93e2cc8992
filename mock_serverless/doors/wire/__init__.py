"""AWS's protocols seen from the server, derived from botocore's service models: nothing of a model is restated here.

    identify_service(host, headers, path, body)               -> Address(service, region, account), or None
    parse_request(service_model, method, url, headers, body)  -> operation, params
    request_protocol(service_model, url, headers)             -> protocol, for clients other than botocore's
    serialize_response(operation_model, response, request_id) -> status, headers, body
    serialize_error(model, error, request_id)                 -> status, headers, body
    read_at_once(operation_model, error)                      -> what botocore reads from that, for the JSON protocols
    error_shape(service_model, code), error_status(shape, error): what is decided of an error
    client_protocol(service_model), protocol_headers(service_model, protocol, request_id, body): and of an answer

Used for requests which bypass botocore's ``before-call``: presigned URLs, clients of direct endpoints, retried calls.
The other side of each function is botocore's: what its serializers write is read here, what is written here its parsers
read.

    hosts, catalog   whose a host name is       incoming            a request, taken apart
    protocol         which protocol it speaks   routes              which REST operation it means
    requests         -> params                  responses, faults   -> HTTP
    rest, form_values, json_values, xml_values, cbor, scalars: the notations; mistyped: AWS's words for wrong types
"""

from .faults import error_shape, error_status, read_at_once, serialize_error
from .hosts import Address, identify_service
from .protocol import client_protocol
from .requests import parse_request, request_protocol
from .responses import protocol_headers, serialize_response

__all__ = [
    "Address",
    "client_protocol",
    "error_shape",
    "error_status",
    "identify_service",
    "parse_request",
    "protocol_headers",
    "read_at_once",
    "request_protocol",
    "serialize_error",
    "serialize_response",
]
