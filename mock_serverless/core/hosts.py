"""HTTP requests and answers, and who serves which host name.

A service that has a data plane of its own (an API behind API Gateway, a function's URL) registers it::

    @host(r"(?P<api>[a-z0-9]+)\\.execute-api\\.(?P<region>[a-z0-9-]+)\\.amazonaws\\.com")
    def serve(cloud, request, match) -> Response: ...

and the HTTP door finds it by the request's host name, without knowing the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote_plus, urlsplit

if TYPE_CHECKING:
    from ..cloud import Cloud

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``path`` and ``query`` are as sent (percent-encoded), ``host`` is in lower case, without the port."""

    method: str
    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    headers: Headers
    body: bytes
    source_ip: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """The whole URL."""
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{self.host}{port}{self.path}" + (f"?{self.query}" if self.query else "")

    def header(self, name: str) -> str | None:
        """The last value of a header; its name in any case."""
        name = name.lower()
        return next((v for k, v in reversed(self.headers) if k.lower() == name), None)

    @property
    def access_key(self) -> str:
        """Of its signature (which nobody verifies), in the headers or in the query string; empty when it has none."""
        return access_key_of(self.header("authorization") or "", self.query)


def access_key_of(authorization: str, query: str) -> str:
    """The access key of a signature, ``Credential=<key>/<date>/...``; empty when a request is unsigned.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
    """
    found = _CREDENTIAL.search(authorization) or _CREDENTIAL.search(query.replace("%2F", "/"))
    return "" if found is None else found.group(1)


_CREDENTIAL = re.compile(r"\bCredential=([^/,&]+)/")


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The last value of a header; its name in any case."""
        name = name.lower()
        return next((v for k, v in reversed(self.headers) if k.lower() == name), None)


def request_of(method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
    """A request from a whole URL."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError(f"a URL starts with http:// or https:// and a host: {url!r}")
    default = {"http": 80, "https": 443}[parts.scheme]
    port = None if parts.port in (None, default) else parts.port
    given = tuple(headers)
    return Request(method.upper(), parts.scheme, parts.hostname, port, parts.path or "/", parts.query, given, body)


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query string in order, decoded; a name without ``=`` has the empty value."""
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((unquote_plus(name), unquote_plus(value)))
    return pairs


Serve = Callable[["Cloud", Request, Any], Response]
F = TypeVar("F", bound=Serve)

_SERVING: list[tuple[re.Pattern[str], Serve]] = []


def host(pattern: str) -> Callable[[F], F]:
    """Serve the hosts whose whole name fits the regular expression: ``function(cloud, request, match)``."""

    def register(function: F) -> F:
        _SERVING.append((re.compile(pattern), function))
        return function

    return register


def server_of(name: str) -> tuple[Serve, re.Match[str]] | None:
    """Who serves a host name (in lower case), and how the name fitted; None when nobody does."""
    for pattern, function in _SERVING:
        match = pattern.fullmatch(name)
        if match:
            return function, match
    return None
