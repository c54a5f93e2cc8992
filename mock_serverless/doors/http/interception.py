"""Unchanged user code: requests through requests, urllib3, urllib.request, http.client, httpx and aiohttp.

``install`` and ``uninstall`` are called with the first cloud that opens and the last that closes. Between them a handful of
methods is replaced, where each library is about to connect (a table, below); the replacements ask the calling thread's
cloud whether it claims the host, and otherwise do what the library does. A library which is imported meanwhile is caught
by a finder on ``sys.meta_path`` that waits for its module.
"""

from __future__ import annotations

import http.client
import importlib.util
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from ...core.current import cloud_of_this_thread
from ...core.errors import NotSupported
from ...core.hosts import Request, Response, request_of
from .exchange import BODILESS, Socket, Transport
from .serving import METADATA, claims, not_served, serve

if TYPE_CHECKING:
    from ...cloud import Cloud

Wrap = Callable[[Any], Any]


def _claimant(host: str | None, port: int | None) -> Cloud | None:
    """The cloud that answers requests to a host; None when they are to go their way."""
    cloud = cloud_of_this_thread()
    return cloud if cloud is not None and host and claims(cloud, host, port) else None


def _refuse_metadata(host: str) -> None:
    """As if nothing answered there: those who ask for credentials then look elsewhere."""
    if host in METADATA:
        raise ConnectionRefusedError(f"{host}: no instance or container metadata is read while a mock is active")


def _answer(cloud: Cloud, request: Request) -> Response:
    _refuse_metadata(request.host)
    response = serve(cloud, request)
    if response is None:
        raise NotSupported(not_served(cloud, request.host))
    return response


# ---------------------------------------------------------------------- http.client, and what is built on it


def _connect(original: Any) -> Any:
    @wraps(original)
    def connect(self: Any) -> None:
        host, port = self._tunnel_host or self.host, self._tunnel_port or self.port
        cloud = _claimant(host, port)
        if cloud is None:
            original(self)
            return
        _attach(self, cloud, host, port)

    return connect


def _putrequest(original: Any) -> Any:
    """Connections are kept for later requests: one made before the mock isn't to be used in it."""

    @wraps(original)
    def putrequest(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        host, port = self._tunnel_host or self.host, self._tunnel_port or self.port
        if url.startswith(("http://", "https://")):  # through a proxy
            there = request_of(method, url)
            host, port = there.host, there.port
        cloud = _claimant(host, port)
        if cloud is not None and not isinstance(self.sock, Socket):
            if self.sock is not None:
                self.sock.close()
            _attach(self, cloud, host, port)
        elif cloud is None and isinstance(self.sock, Socket):
            self.sock = None
        return original(self, method, url, *args, **kwargs)

    return putrequest


def _attach(connection: Any, cloud: Cloud, host: str, port: int | None) -> None:
    _refuse_metadata(host)
    secure = isinstance(connection, http.client.HTTPSConnection) or connection.default_port == 443
    scheme = "https" if secure else "http"
    connection.sock = Socket(connection, cloud, _answer, scheme, host, port or connection.default_port)
    if hasattr(connection, "is_verified"):  # urllib3
        connection.is_verified = True


# ---------------------------------------------------------------------- httpx


def _request_from_httpx(request: Any, body: bytes) -> Request:
    headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw]
    return request_of(request.method, str(request.url), headers, body)


def _response_for_httpx(request: Request, response: Response) -> Any:
    import httpx

    headers = list(response.headers)
    if response.header("content-length") is None and response.status not in BODILESS:
        headers.append(("Content-Length", str(len(response.body))))
    body = b"" if request.method == "HEAD" or response.status in BODILESS else response.body
    # a stream, not yet read, so that the client measures what has elapsed and its user may read it raw
    stream = httpx.ByteStream(body)
    return httpx.Response(response.status, headers=headers, stream=stream, extensions={"http_version": b"HTTP/1.1"})


def _handle_request(original: Any) -> Any:
    @wraps(original)
    def handle_request(self: Any, request: Any) -> Any:
        cloud = _claimant(request.url.host, request.url.port)
        if cloud is None:
            return original(self, request)
        asked = _request_from_httpx(request, request.read())
        return _response_for_httpx(asked, _answer(cloud, asked))

    return handle_request


def _handle_async_request(original: Any) -> Any:
    @wraps(original)
    async def handle_async_request(self: Any, request: Any) -> Any:
        cloud = _claimant(request.url.host, request.url.port)
        if cloud is None:
            return await original(self, request)
        asked = _request_from_httpx(request, await request.aread())
        return _response_for_httpx(asked, _answer(cloud, asked))

    return handle_async_request


# ---------------------------------------------------------------------- aiohttp


def _aiohttp_connect(original: Any) -> Any:
    @wraps(original)
    async def connect(self: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
        cloud = _claimant(req.url.host, req.url.port)
        if cloud is None:
            return await original(self, req, *args, **kwargs)
        from aiohttp.connector import Connection

        protocol = self._factory()
        url = req.url
        protocol.connection_made(Transport(self._loop, protocol, cloud, _answer, url.scheme, url.host, url.port))
        self._acquired.add(protocol)
        return Connection(self, req.connection_key, protocol, self._loop)

    return connect


# ---------------------------------------------------------------------- putting it in place

# module -> (class, method, replacement)
PLACES: dict[str, tuple[tuple[str, str, Wrap], ...]] = {
    "http.client": (
        ("HTTPConnection", "connect", _connect),
        ("HTTPConnection", "putrequest", _putrequest),
        ("HTTPSConnection", "connect", _connect),
    ),
    "urllib3.connection": (("HTTPConnection", "connect", _connect), ("HTTPSConnection", "connect", _connect)),
    "httpx._transports.default": (
        ("HTTPTransport", "handle_request", _handle_request),
        ("AsyncHTTPTransport", "handle_async_request", _handle_async_request),
    ),
    "aiohttp.connector": (("BaseConnector", "connect", _aiohttp_connect),),
}

_replaced: list[tuple[type, str, Any]] = []
_wrapped: dict[tuple[type, str, Any], Any] = {}


def install() -> None:
    """Answer requests from user code from now on."""
    for name in PLACES:
        module = sys.modules.get(name)
        if module is not None:
            _replace(module)
    sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Leave requests from user code alone again."""
    while _replaced:
        kind, method, original = _replaced.pop()
        setattr(kind, method, original)
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)


def _replace(module: Any) -> None:
    for class_name, method, wrap in PLACES[module.__name__]:
        kind = getattr(module, class_name, None)
        original = getattr(kind, "__dict__", {}).get(method)
        if kind is None or original is None:
            continue
        key = (kind, method, original)
        if key not in _wrapped:
            _wrapped[key] = wrap(original)
        _replaced.append(key)
        setattr(kind, method, _wrapped[key])


class _Finder:
    """Waits for the modules of the table; finds them like everybody else, and replaces their methods once they are loaded."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The import system asks for a module."""
        if name not in PLACES or name in _waiting:
            return None
        _waiting.add(name)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            _waiting.discard(name)
        if spec is not None and spec.loader is not None:
            _watch(spec.loader)
        return spec


def _watch(loader: Any) -> None:
    load = loader.exec_module

    def exec_module(module: Any) -> None:
        load(module)
        if _finder in sys.meta_path:
            _replace(module)

    loader.exec_module = exec_module


_waiting: set[str] = set()
_finder = _Finder()
