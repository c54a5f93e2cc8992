"""What the SDK's callers get: botocore's dictionaries, errors, streaming bodies and HTTP responses, made of ours."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from io import BytesIO
from typing import Any

from ..core.copying import copy_tree
from ..core.errors import AwsError


class Answered:
    """Stands where botocore expects the HTTP response of a call that was answered without one."""

    __slots__ = ("content", "headers", "status_code")
    raw = None

    def __init__(self, status_code: int, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.headers = headers
        self.content = b""


def success(
    model: Any, response: Mapping[str, Any], request_id: str, is_async: bool
) -> tuple[Answered, dict[str, Any]]:
    """What the hook ``before-call`` returns for a call that succeeded."""
    parsed: dict[str, Any] = copy_tree(response)
    if model.has_streaming_output:
        _open_streams(model, parsed, is_async)
    elif model.has_event_stream_output:
        member = model.get_event_stream_output()
        for name, shape in model.output_shape.members.items():
            if shape is member and name in parsed:
                parsed[name] = Events(parsed[name], shape, model.name)
    metadata = parsed.get("ResponseMetadata")
    status = 200 if metadata is None else metadata.get("HTTPStatusCode", 200)
    http = Answered(status, _headers(model, request_id))
    parsed["ResponseMetadata"] = _metadata(http, request_id)
    return http, parsed


def refusal(model: Any, error: AwsError, request_id: str) -> tuple[Any, dict[str, Any]]:
    """What the hook ``before-call`` returns for a call that AWS refuses: botocore makes its ClientError of it."""
    from . import wire

    read = wire.read_at_once(model, error)
    if read is None:
        return _parsed(model, *wire.serialize_error(model, error, request_id))
    status, parsed = read
    http = Answered(status, _headers(model, request_id))
    parsed["ResponseMetadata"] = _metadata(http, request_id)
    return http, parsed


def _parsed(model: Any, status: int, headers: dict[str, str], content: bytes) -> tuple[Answered, dict[str, Any]]:
    """An error's response as botocore's endpoint parses it: once for all errors, once for the members of this one."""
    from botocore.awsrequest import HeadersDict
    from botocore.parsers import create_parser

    from . import wire

    service = model.service_model
    response = {"status_code": status, "headers": HeadersDict(headers), "body": content, "context": {}}
    parser = create_parser(wire.client_protocol(service))
    parsed: dict[str, Any] = parser.parse(response, model.output_shape)
    shape = service.shape_for_error_code(parsed["Error"].get("Code"))
    if shape is not None:
        parsed.update(parser.parse(response, shape))
    parsed["ResponseMetadata"]["RetryAttempts"] = 0
    return Answered(status, headers), parsed


def _headers(model: Any, request_id: str) -> dict[str, str]:
    service = model.service_model
    known = _always.get(service.service_name)
    if known is None:
        from . import wire

        spoken = wire.client_protocol(service)
        headers = wire.protocol_headers(service, spoken, request_id, b"-")
        known = _always[service.service_name] = (
            next(name.lower() for name in headers if name.lower().replace("-", "").endswith("requestid")),
            headers["Content-Type"],
        )
    return {known[0]: request_id, "content-type": known[1]}


_always: dict[str, tuple[str, str]] = {}
"""Of each service: the header with the request's id, and the content type."""


def _metadata(http: Answered, request_id: str) -> dict[str, Any]:
    return {
        "RequestId": request_id,
        "HTTPStatusCode": http.status_code,
        "HTTPHeaders": http.headers,
        "RetryAttempts": 0,
    }


# ---------------------------------------------------------------------- streams


def _open_streams(model: Any, parsed: dict[str, Any], is_async: bool) -> None:
    payload = model.output_shape.serialization.get("payload")
    content = parsed.get(payload, b"")
    if hasattr(content, "read"):
        content = content.read()
    parsed[payload] = async_body(content) if is_async else body(content)


def body(content: bytes) -> Any:
    """botocore's StreamingBody over bytes."""
    from botocore.response import StreamingBody

    return StreamingBody(BytesIO(content), len(content))


def async_body(content: bytes) -> Any:
    """aiobotocore's StreamingBody over bytes."""
    response = sys.modules["aiobotocore.response"]
    return response.StreamingBody(AsyncRaw(content), str(len(content)))


class AsyncRaw:
    """As much of aiohttp's ClientResponse, and of the reader in it, as aiobotocore touches."""

    def __init__(self, content: bytes) -> None:
        self._buffer = BytesIO(content)
        self._size = len(content)
        self.content = self
        self.url = "mock_serverless"
        self.closed = False

    async def read(self, amount: int = -1) -> bytes:
        """The next bytes; all that are left by default."""
        return self._buffer.read(amount)

    def at_eof(self) -> bool:
        """Is there nothing left to read?"""
        return self._buffer.tell() == self._size

    def close(self) -> None:
        """Nothing is open."""
        self.closed = True

    release = close

    async def __aenter__(self) -> AsyncRaw:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.close()


class Events:
    """The events of an event stream, to be iterated over once, in either way. One whose shape is an error is raised."""

    def __init__(self, events: Any, shape: Any, operation: str) -> None:
        self._events: Iterator[Any] = iter(events)
        self._errors = {name for name, member in shape.members.items() if member.metadata.get("exception")}
        self._operation = operation

    def __iter__(self) -> Iterator[Any]:
        for event in self._events:
            self._raise_error(event)
            yield event

    async def __aiter__(self) -> AsyncIterator[Any]:
        for event in self._events:
            self._raise_error(event)
            yield event

    def _raise_error(self, event: Any) -> None:
        from botocore.exceptions import EventStreamError

        for name in self._errors.intersection(event):
            body = event[name]
            error = {"Code": name, "Message": body.get("Message", body.get("message", ""))}
            raise EventStreamError({"Error": error}, self._operation)

    def close(self) -> None:
        """Read no further."""
        self._events = iter(())


# ---------------------------------------------------------------------- HTTP responses, where botocore must see one


class _Raw(BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Iterator[bytes]:
        """The body in pieces."""
        while chunk := self.read(amt):
            yield chunk


def http_response(url: str, status: int, headers: Mapping[str, str], content: bytes, is_async: bool) -> Any:
    """An AWSResponse (or aiobotocore's) for the hook ``before-send``."""
    from botocore.awsrequest import AWSResponse

    headers = {**headers, "content-length": str(len(content))}
    if is_async:
        return sys.modules["aiobotocore.awsrequest"].AioAWSResponse(url, status, headers, AsyncRaw(content))
    return AWSResponse(url, status, headers, _Raw(content))
