"""Over real service models: what botocore writes is read as it was, what is written botocore reads as it was."""

from __future__ import annotations

import random
from typing import Any

import pytest
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.parsers import PROTOCOL_PARSERS, create_parser
from botocore.serialize import SERIALIZERS, create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless.core.errors import AwsError
from mock_serverless.doors import answers
from mock_serverless.doors.wire import client_protocol, parse_request, serialize_error, serialize_response
from mock_serverless.doors.wire.catalog import catalog, service_model
from mock_serverless.doors.wire.protocol import protocols_of

from .shape_values import Values

SERVICES = (
    "dynamodb", "dynamodbstreams", "lambda", "apigateway", "apigatewayv2", "stepfunctions", "sqs", "sns", "s3", "iam",
    "sts", "ec2", "cloudwatch", "events", "kinesis", "logs", "cognito-idp", "route53", "cloudformation", "lex-runtime",
    "workspaces-web", "s3control", "arc-region-switch",
)  # fmt: skip
EXAMPLES = 60

# Two operations with one method and URI: the deprecated one is never meant, ListDirectoryBuckets has a host of its own.
SHADOWED = {
    "GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification", "ListDirectoryBuckets",
}  # fmt: skip
# botocore reads GetBucketLocation in a handler of its own (test_wire_clients.py); in GetBucketNotification two members of
# one structure have one element name.
UNREADABLE = {"GetBucketLocation", "GetBucketNotification"}

seeds = st.integers(0, 2**32)


def protocols(service: str) -> list[str]:
    if service not in catalog().by_name:
        pytest.skip(f"this botocore doesn't know {service}")
    return [p for p in protocols_of(service_model(service)) if p in SERIALIZERS and p in PROTOCOL_PARSERS]


def draw(service: str, seed: int) -> tuple[random.Random, str, Any]:
    rng = random.Random(seed)
    model = service_model(service)
    return rng, rng.choice(protocols(service)), model.operation_model(rng.choice(model.operation_names))


@pytest.mark.parametrize("service", SERVICES)
def test_requests(service: str) -> None:
    protocols(service)

    @settings(max_examples=EXAMPLES)
    @given(seed=seeds)
    def check(seed: int) -> None:
        rng, protocol, operation = draw(service, seed)
        if operation.has_event_stream_input or operation.name in SHADOWED:
            return
        params = Values(rng, protocol, answer=False).root(operation.input_shape)
        drop_silent_payload(params, operation.input_shape)
        wire = create_serializer(protocol, include_validation=False).serialize_to_request(params, operation)
        prepare_request_dict(wire, "https://example.com")
        sent = create_request_object(wire).prepare()
        name, found = parse_request(service_model(service), sent.method, sent.url, sent.headers, sent.body)
        assert name == operation.name
        assert found == params | {name: found[name] for name in http_members(operation.input_shape) if name in found}

    check()


@pytest.mark.parametrize("service", SERVICES)
def test_answers(service: str) -> None:
    protocols(service)

    @settings(max_examples=EXAMPLES)
    @given(seed=seeds)
    def check(seed: int) -> None:
        rng, protocol, operation = draw(service, seed)
        if operation.has_event_stream_output or operation.name in UNREADABLE:
            return
        answer = Values(rng, protocol, answer=True).root(operation.output_shape)
        status, headers, body = serialize_response(operation, answer, "id-1", protocol)
        found = read(protocol, status, headers, body, operation.output_shape)
        meta = found.pop("ResponseMetadata", {})
        if operation.output_shape is not None:
            assert meta["RequestId"] == "id-1"
        assert found == as_botocore_completes(answer, operation.output_shape, found)

    check()


@pytest.mark.parametrize("service", SERVICES)
def test_errors(service: str) -> None:
    protocols(service)
    model = service_model(service)

    @settings(max_examples=EXAMPLES)
    @given(seed=seeds)
    def check(seed: int) -> None:
        rng, protocol, operation = draw(service, seed)
        shapes = model.error_shapes
        shape = rng.choice(shapes) if shapes else None
        code = shape.error_code if shape else "SomethingElse"
        fields = Values(rng, protocol, answer=True).root(shape)
        for name in ("message", "Message", "Type"):  # those which every error has anyway
            fields.pop(name, None)
        error = AwsError(code, "what <is> wrong: é", 400, **fields)
        status, headers, body = serialize_error(rng.choice((model, operation)), error, "id-1", protocol)
        if not body:
            assert operation.http["method"] == "HEAD"
            return
        found = read(protocol, status, headers, body, operation.output_shape)
        assert found["Error"]["Message"] == error.message
        assert found["ResponseMetadata"]["RequestId"] == "id-1"
        if service == "sqs":  # its codes of old: test_wire_clients.py
            return
        assert found["Error"]["Code"] == code
        known = model.shape_for_error_code(code)
        if known is shape and shape is not None:
            members = read(protocol, status, headers, body, shape)
            assert {name: value for name, value in members.items() if name in fields} == fields

    check()


@pytest.mark.parametrize("service", SERVICES)
def test_errors_answered_without_http_are_those_which_botocore_parses(service: str) -> None:
    """Status, Error.Code, Error.Type, messages and members: the same as the endpoint of botocore reads from the response."""
    protocols(service)
    model = service_model(service)
    protocol = client_protocol(model)
    operations = [model.operation_model(name) for name in model.operation_names]
    operation = next(o for o in operations if o.http.get("method") != "HEAD")
    asked = [operation, *[o for o in operations if o.http.get("method") == "HEAD"][:1]]
    rng = random.Random(7)
    errors = [
        AwsError("ValidationException", "bad"),
        AwsError("MadeUp", "", 403),
        AwsError("Gone", "é", 503),
    ]
    for shape in model.error_shapes:
        fields = Values(rng, protocol, answer=True).root(shape)
        fields = {name: item for name, item in fields.items() if name.lower() not in ("message", "type", "code")}
        errors += [
            AwsError(shape.error_code, "told", 409, **fields),
            AwsError(shape.name, "told"),
            AwsError(shape.name, ""),
        ]
    for error in errors:
        for operation in asked:
            status, headers, body = serialize_error(operation, error, "id-1")
            expected = read(protocol, status, headers, body, operation.output_shape)
            shape = model.shape_for_error_code(expected["Error"].get("Code"))
            if shape is not None:
                expected |= read(protocol, status, headers, body, shape)
            http, found = answers.refusal(operation, error, "id-1")
            meta, expected_meta = found.pop("ResponseMetadata"), expected.pop("ResponseMetadata")
            assert found == expected
            for name in ("HTTPStatusCode", "RequestId"):
                assert meta.get(name) == expected_meta.get(name)
            assert meta["RetryAttempts"] == 0
            assert http.status_code == status
            for name in set(meta["HTTPHeaders"]) & set(expected_meta["HTTPHeaders"]):
                assert meta["HTTPHeaders"][name] == expected_meta["HTTPHeaders"][name]


def read(protocol: str, status: int, headers: dict[str, str], body: bytes, shape: Any) -> dict[str, Any]:
    response = {"status_code": status, "headers": HeadersDict(headers), "body": body, "context": {}}
    if shape is not None and status < 300 and "payload" in shape.serialization:
        response["body"] = Raw(body)  # botocore decodes the bytes of a payload which doesn't stream as UTF-8
    parsed: dict[str, Any] = create_parser(protocol).parse(response, shape)
    return {name: item.content if isinstance(item, Raw) else item for name, item in parsed.items()}


class Raw(bytes):
    @property
    def content(self) -> bytes:
        return bytes(self)

    def decode(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().decode(*args, **kwargs)
        except UnicodeDecodeError:
            return self


def drop_silent_payload(params: dict[str, Any], shape: Any) -> None:
    """An empty payload is sent as none: no bytes, or the {} which botocore sends without a payload, too."""
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is None or params.get(payload) not in (b"", "", {}):
        return
    if params[payload] == {} and payload in shape.required_members:
        return
    del params[payload]


def http_members(shape: Any) -> list[str]:
    """Members bound to headers which the HTTP client sets by itself."""
    members = shape.members.items() if shape is not None else ()
    return [
        name
        for name, member in members
        if member.serialization.get("location") == "header"
        and member.serialization.get("name", "").lower() in ("content-type", "content-length")
    ]


def as_botocore_completes(answer: dict[str, Any], shape: Any, found: dict[str, Any]) -> dict[str, Any]:
    """botocore gives some members even when the service didn't: payloads, header maps, the status, HTTP's own headers."""
    expected = dict(answer)
    if shape is None:
        return expected
    for name, member in shape.members.items():
        where = member.serialization.get("location")
        if (where in ("headers", "statusCode") or name in http_members(shape)) and name in found:
            expected.setdefault(name, found[name])
    payload = shape.serialization.get("payload")
    if payload is not None:
        kind = shape.members[payload].type_name
        expected.setdefault(payload, {"blob": b"", "string": ""}.get(kind, {}))
        if kind == "blob" and isinstance(found[payload], str):
            expected[payload] = expected[payload].decode()
    return expected
