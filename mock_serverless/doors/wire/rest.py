"""Where the members of a REST operation are: URI, query string, headers, status code, payload, body.

https://smithy.io/2.0/spec/http-bindings.html as botocore's models spell it (``location``, ``locationName``,
``payload``). The two REST protocols differ in the body alone, so they share this.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from .incoming import Incoming
from .scalars import Malformed, as_bytes, read_base64, read_text, write_text

BodyReader = Callable[[bytes, Any, "frozenset[str]"], Any]  # (body, shape, members which are elsewhere) -> value
BodyWriter = Callable[[Any, Any, bool], bytes]  # (value, shape, whether the shape is a payload member) -> body


@lru_cache(maxsize=1024)
def bound_members(shape: Any) -> frozenset[str]:
    """The members of an input or output shape which are not in its body."""
    return frozenset(name for name, member in shape.members.items() if "location" in member.serialization)


def is_json_header(shape: Any) -> bool:
    return bool(shape.serialization.get("jsonvalue")) and shape.serialization.get("location") == "header"


def is_raw(shape: Any) -> bool:
    """A payload member which is the body as it is."""
    return shape.type_name in ("blob", "string")


# ---------------------------------------------------------------------- requests


def read_request(operation: Any, request: Incoming, labels: Mapping[str, str], read_body: BodyReader) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    params = dict(_bound_values(operation, request, labels))
    payload = shape.serialization.get("payload")
    if payload is None:
        if len(bound_members(shape)) < len(shape.members):
            params.update(_body_members(shape, request, read_body))
        return params
    member = shape.members[payload]
    if is_raw(member):
        if request.body:
            params[payload] = request.body if member.type_name == "blob" else request.body.decode()
        return params
    absent = not request.body or (request.body.strip() == b"{}" and payload not in shape.required_members)
    if not absent:  # botocore sends {} for a payload which isn't given
        params[payload] = read_body(request.body, member, frozenset())
    return params


def _bound_values(operation: Any, request: Incoming, labels: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, member in operation.input_shape.members.items():
        rules = member.serialization
        where, wire_name = rules.get("location"), rules.get("name", name)
        value = None
        if where == "uri":
            value = read_text(labels[wire_name], member) if wire_name in labels else None
        elif where == "querystring":
            value = _query_value(operation, request, member, wire_name)
        elif where == "header":
            text = request.header(wire_name)
            value = None if text is None else read_header(text, member)
        elif where == "headers":
            value = read_prefixed(request.headers, wire_name, member) or None
        if value is not None:
            yield name, value


def _query_value(operation: Any, request: Incoming, member: Any, wire_name: str) -> Any:
    values = request.query_values
    if member.type_name == "map":
        taken = _named_parameters(operation)
        several = member.value.type_name == "list"
        rest = {name: texts for name, texts in values.items() if name not in taken}
        return {name: texts if several else texts[-1] for name, texts in rest.items()} or None
    if wire_name not in values:
        return None
    if member.type_name == "list":
        return [read_text(text, member.member) for text in values[wire_name]]
    return read_text(values[wire_name][-1], member)


def _named_parameters(operation: Any) -> set[str]:
    """The query parameters which are not for the map of all the others."""
    names = {part.partition("=")[0] for part in operation.http["requestUri"].partition("?")[2].split("&")}
    for name, member in operation.input_shape.members.items():
        if member.serialization.get("location") == "querystring" and member.type_name != "map":
            names.add(member.serialization.get("name", name))
    return names


def _body_members(shape: Any, request: Incoming, read_body: BodyReader) -> dict[str, Any]:
    if request.body:
        return read_body(request.body, shape, bound_members(shape))  # type: ignore[no-any-return]
    if not request.presigned:
        return {}
    # A presigned request has no body: botocore moves its members into the query string (Polly's SynthesizeSpeech).
    found = {}
    for name, member in shape.members.items():
        texts = request.query_values.get(member.serialization.get("name", name))
        if texts and "location" not in member.serialization and member.type_name not in ("structure", "list", "map"):
            found[name] = read_text(texts[-1], member)
    return found


# ---------------------------------------------------------------------- headers


def read_header(text: str, shape: Any) -> Any:
    if is_json_header(shape):
        try:
            return json.loads(read_base64(text))
        except ValueError:
            raise Malformed("The header is not base64 of JSON") from None
    if shape.type_name == "list":
        return [read_text(part, shape.member) for part in split_header(text)]
    return read_text(text, shape)


def split_header(text: str) -> Iterator[str]:
    """The elements of a header which is a list; those with commas or quotes in them are quoted."""
    part, quoted, at = "", False, 0
    was_quoted = False
    while at < len(text):
        char = text[at]
        if quoted and char == "\\" and text[at + 1 : at + 2] == '"':
            part += '"'
            at += 1
        elif char == '"' and (quoted or not part.strip()):
            quoted, was_quoted = not quoted, True
            part = part if not quoted else ""
        elif char == "," and not quoted:
            yield part if was_quoted else part.strip()
            part, was_quoted = "", False
        elif not (was_quoted and not quoted):
            part += char
        at += 1
    yield part if was_quoted else part.strip()


def read_prefixed(headers: Mapping[str, tuple[str, str]], prefix: str, shape: Any) -> dict[str, Any]:
    lowered = prefix.lower()
    return {
        sent[len(prefix) :]: read_text(text, shape.value)
        for name, (sent, text) in headers.items()
        if name.startswith(lowered)
    }


def write_header(value: Any, shape: Any) -> str:
    if is_json_header(shape):
        return base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode("ascii")
    if shape.type_name == "list":
        return ", ".join(write_text(item, shape.member, "rfc822") for item in value)
    return write_text(value, shape, "rfc822")


# ---------------------------------------------------------------------- answers


def write_answer(
    shape: Any, value: Mapping[str, Any], status: int, headers: dict[str, str], write_body: BodyWriter
) -> tuple[int, bytes]:
    """Adds to ``headers``; gives the status and the body. ``shape`` is an output shape or a modelled error's."""
    if shape is None:
        return status, b""
    for name, member in shape.members.items():
        item, where = value.get(name), member.serialization.get("location")
        if item is None or where is None:
            continue
        wire_name = member.serialization.get("name", name)
        if where == "statusCode":
            status = int(item)
        elif where == "header":
            headers[wire_name] = write_header(item, member)
        elif where == "headers":
            headers.update({f"{wire_name}{key}": write_text(text, member.value) for key, text in item.items()})
    payload = shape.serialization.get("payload")
    if payload is None:
        bound = bound_members(shape)
        if len(bound) == len(shape.members):
            return status, b""
        inside = {name: item for name, item in value.items() if name not in bound}
        return status, write_body(inside, shape, False)
    item, member = value.get(payload), shape.members[payload]
    if item is None:
        return status, b""
    return status, as_bytes(item) if is_raw(member) else write_body(item, member, True)
