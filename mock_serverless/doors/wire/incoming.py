"""An HTTP request as the server sees it, taken apart once: path, query, headers, body.

Three things are undone here because they belong to the transport and not to the operation: S3's ``aws-chunked``
bodies with trailing checksums (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html), gzip
request compression (https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait) and presigning, which
moves headers and body members into the query string and adds parameters of its own
(https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .scalars import Malformed

# Signature version 4 and 2 (HMAC, still what botocore presigns S3 with in old regions) in the query string.
SIGV4_PARAMETERS = frozenset({
    "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders", "x-amz-signature",
    "x-amz-security-token", "x-amz-content-sha256", "x-amz-region-set", "x-amz-user-agent",
})  # fmt: skip
SIGV2_PARAMETERS = frozenset({
    "AWSAccessKeyId", "Signature", "Expires", "SignatureMethod", "SignatureVersion", "Timestamp",
})  # fmt: skip
HOISTED = ("x-amz-", "content-", "cache-control", "expires")


@dataclass(frozen=True)
class Incoming:
    """``path`` is still percent-encoded; ``query`` is decoded, in order, without what signing added."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, tuple[str, str]]  # lower-cased name -> (name as sent, value)
    body: bytes
    presigned: bool

    def header(self, name: str) -> str | None:
        found = self.headers.get(name.lower())
        return found[1] if found else None

    @cached_property
    def query_values(self) -> dict[str, list[str]]:
        values: dict[str, list[str]] = {}
        for name, value in self.query:
            values.setdefault(name, []).append(value)
        return values

    @cached_property
    def is_form(self) -> bool:
        return (self.header("content-type") or "").startswith("application/x-www-form-urlencoded")

    @cached_property
    def form(self) -> dict[str, str]:
        """The parameters of a query protocol request: its body's, and those of its query string."""
        pairs = list(self.query)
        if self.body and (self.is_form or self.header("content-type") is None):
            try:
                pairs += parse_qsl(self.body.decode(), keep_blank_values=True)
            except UnicodeDecodeError:
                raise Malformed("The request body is not a form") from None
        return dict(pairs)


def read_incoming(method: str, url: str, headers: Mapping[str, Any], body: Any) -> Incoming:
    """``body`` may be bytes, text, None, or a file as SDKs have it."""
    parts = urlsplit(url)
    fields = _headers(headers)
    host = parts.netloc.rpartition("@")[2] or (fields["host"][1] if "host" in fields else "")
    raw = _decoded_body(_bytes(body), fields)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    names = {name for name, _ in pairs}
    v4 = any(name.lower() == "x-amz-signature" for name in names)
    v2 = {"Signature", "AWSAccessKeyId"} <= names
    query = tuple(pair for pair in pairs if not _signing(pair[0], v4, v2))
    if v4 or v2:
        _unhoist(query, fields)
    return Incoming(method.upper(), host.lower(), parts.path or "/", query, fields, raw, v4 or v2)


def _signing(name: str, v4: bool, v2: bool) -> bool:
    return (v4 and name.lower() in SIGV4_PARAMETERS) or (v2 and name in SIGV2_PARAMETERS)


def _unhoist(query: tuple[tuple[str, str], ...], fields: dict[str, tuple[str, str]]) -> None:
    """SDKs sign headers of a presigned URL by moving them into the query string; S3 takes them from either place."""
    for name, value in query:
        if name.lower().startswith(HOISTED):
            fields.setdefault(name.lower(), (name, value))


def _headers(headers: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    fields: dict[str, tuple[str, str]] = {}
    for name, value in headers.items():
        key = name.decode("latin-1") if isinstance(name, bytes) else str(name)
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
        fields[key.lower()] = (key, text)
    return fields


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _bytes(body.read())
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    return b"".join(body)


# ---------------------------------------------------------------------- content encodings


def _decoded_body(body: bytes, fields: dict[str, tuple[str, str]]) -> bytes:
    encodings = [e.strip() for e in fields["content-encoding"][1].split(",")] if "content-encoding" in fields else []
    streaming = "x-amz-content-sha256" in fields and fields["x-amz-content-sha256"][1].startswith("STREAMING-")
    if "aws-chunked" in encodings or streaming:
        body = _unchunk(body, fields)
        encodings = [e for e in encodings if e != "aws-chunked"]
        length = fields.pop("x-amz-decoded-content-length", None)
        if length:
            fields["content-length"] = ("Content-Length", length[1])
        _set_encodings(fields, encodings)
    if encodings == ["gzip"] and _compressed_request(fields):
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError, zlib.error):
            raise Malformed("The request body is not gzip") from None
        _set_encodings(fields, [])
    return body


def _compressed_request(fields: dict[str, tuple[str, str]]) -> bool:
    """SDKs compress structured bodies only; an object which is stored in gzip form is left as it is."""
    kind = fields["content-type"][1] if "content-type" in fields else ""
    return kind.startswith(("application/x-amz-json", "application/x-www-form-urlencoded", "application/cbor"))


def _set_encodings(fields: dict[str, tuple[str, str]], encodings: list[str]) -> None:
    if encodings:
        fields["content-encoding"] = ("Content-Encoding", ",".join(encodings))
    else:
        fields.pop("content-encoding", None)


def _unchunk(body: bytes, fields: dict[str, tuple[str, str]]) -> bytes:
    """``size[;chunk-signature=...]CRLF data CRLF ... 0CRLF trailer:value CRLF CRLF``; trailers become headers."""
    out = bytearray()
    at = 0
    while True:
        end = body.find(b"\r\n", at)
        try:
            size = int(body[at:end].split(b";")[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        if size < 0 or end + 2 + size > len(body):
            raise Malformed("The aws-chunked body is incomplete")
        at = end + 2
        if size == 0:
            break
        out += body[at : at + size]
        at += size + 2
    for line in body[at:].split(b"\r\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), (name.strip(), value.strip()))
    fields.pop("x-amz-trailer", None)
    return bytes(out)
