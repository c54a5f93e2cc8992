"""``cloud.http``: a client for what the cloud serves over HTTP, with the methods of httpx's client.

https://www.python-httpx.org/api/ (the subset that tests use); httpx itself needn't be installed.
"""

from __future__ import annotations

import gzip
import json as json_module
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

from ...core.errors import NotSupported
from ...core.hosts import Request, request_of
from . import stubs
from .responses import HttpHeaders, HttpRequest, HttpResponse, TooManyRedirects
from .serving import not_served, serve

if TYPE_CHECKING:
    from ...cloud import Cloud
    from ...core.faults import Stub

MOST_REDIRECTS = 20
Pairs = Mapping[str, Any] | Sequence[tuple[str, Any]]


class HttpClient:
    """Requests to what this cloud serves, answered in process and in the caller's thread."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Pairs | str | None = None,
        headers: Pairs | None = None,
        cookies: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        data: Mapping[str, Any] | bytes | str | None = None,
        follow_redirects: bool = False,
    ) -> HttpResponse:
        """Send a request. ``params`` go into the query string; the body is ``json``, ``content``, or ``data`` (a form).

        ``cookies`` are sent with this request only. Redirects aren't followed unless it is said: ``history`` then has the answers
        on the way, and more than 20 raise TooManyRedirects. Raises NotSupported for a host that the cloud doesn't serve; it
        names those it does.
        """
        self._cloud.check_open()
        body, content_type = _body(json, content, data)
        given = [*_pairs(headers), *_cookie(cookies)]
        response = self._send(method, _with_params(url, params), given, body, content_type)
        history: list[HttpResponse] = []
        while follow_redirects and response.has_redirect_location:
            history.append(response)
            if len(history) > MOST_REDIRECTS:
                raise TooManyRedirects(
                    f"{url}: more than {MOST_REDIRECTS} redirects, the last to {response.headers['location']}"
                )
            target = urljoin(response.url, response.headers["location"])
            if urlsplit(target).netloc != urlsplit(response.url).netloc:
                given = [(k, v) for k, v in given if k.lower() not in ("authorization", "cookie", "host")]
            method = _redirected(response)
            if method != response.request.method:  # it asks for something else, without the body
                body, content_type = b"", None
                given = [(k, v) for k, v in given if k.lower() not in ("content-type", "content-length")]
            response = self._send(method, target, given, body, content_type)
        return replace(response, history=tuple(history)) if history else response

    def _send(
        self, method: str, url: str, given: list[tuple[str, str]], body: bytes, content_type: str | None
    ) -> HttpResponse:
        request = request_of(method, url, (), body)
        request = request_of(method, url, [*_defaults(request, given, content_type), *given], body)
        started = self._cloud.clock.now()
        response = serve(self._cloud, request)
        if response is None:
            raise NotSupported(not_served(self._cloud, request.host))
        raw = b"" if request.method == "HEAD" else response.body
        headers = HttpHeaders(response.headers)
        asked = HttpRequest(request.method, request.url, HttpHeaders(request.headers), request.body)
        elapsed = self._cloud.clock.now() - started
        return HttpResponse(response.status, headers, _unpacked(raw, headers), asked, elapsed, raw)

    def stub(self, url: str, answer: Any) -> Stub:
        """Answer requests to URLs that begin like this: those of ``cloud.http``, requests, httpx and the other clients, of
        tasks of state machines, and of APIs' integrations.

        ``url`` is ``"https://api.example.com"`` or longer, with a method before it where it matters (``"POST https://..."``).
        The longest that fits a request answers it. ``answer`` is ``{"status": 200, "headers": {...}, "json": ...}`` (or
        ``"body"``: text or bytes), a callable that takes the request (method, url, headers, body, header(name)) and gives one,
        or an exception to raise; None takes a stub away. Gives the stub, which counts its ``hits``. Raises ValueError for what
        can't be meant.
        """
        return stubs.add(self._cloud, url, answer)

    def get(self, url: str, **options: Any) -> HttpResponse:
        """GET; see :meth:`request`."""
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> HttpResponse:
        """HEAD; see :meth:`request`."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Any) -> HttpResponse:
        """OPTIONS; see :meth:`request`."""
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, **options: Any) -> HttpResponse:
        """POST; see :meth:`request`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> HttpResponse:
        """PUT; see :meth:`request`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> HttpResponse:
        """PATCH; see :meth:`request`."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> HttpResponse:
        """DELETE; see :meth:`request`."""
        return self.request("DELETE", url, **options)


def _body(json: Any, content: Any, data: Any) -> tuple[bytes, str | None]:
    if content is not None:
        return (content.encode() if isinstance(content, str) else bytes(content)), None
    if isinstance(data, (bytes, str)):
        return (data.encode() if isinstance(data, str) else data), None
    if data is not None:
        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded"
    if json is not None:
        text = json_module.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode(), "application/json"
    return b"", None


def _unpacked(raw: bytes, headers: HttpHeaders) -> bytes:
    encoding = headers.get("content-encoding", "").strip().lower()
    if not raw or encoding not in ("gzip", "deflate"):
        return raw
    try:
        return gzip.decompress(raw) if encoding == "gzip" else zlib.decompress(raw)
    except (OSError, EOFError, zlib.error) as e:
        raise ValueError(f"the answer says Content-Encoding: {encoding}, but its body is not: {e}") from e


def _pairs(given: Pairs | None) -> list[tuple[str, str]]:
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    return [(str(k), v.decode() if isinstance(v, bytes) else str(v)) for k, v in pairs]


def _cookie(cookies: Mapping[str, str] | None) -> list[tuple[str, str]]:
    return [("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))] if cookies else []


def _redirected(response: HttpResponse) -> str:
    """The method with which clients follow a redirect (https://fetch.spec.whatwg.org/#http-redirect-fetch, as httpx does)."""
    method = response.request.method
    if response.status_code in (302, 303) and method != "HEAD":
        return "GET"
    return "GET" if response.status_code == 301 and method == "POST" else method


def _with_params(url: str, params: Pairs | str | None) -> str:
    if not params:
        return url
    parts = urlsplit(url)
    if isinstance(params, str):
        added = params.removeprefix("?")
    else:
        pairs = params.items() if isinstance(params, Mapping) else params
        added = urlencode([(k, _plain(v)) for k, v in pairs], doseq=True)
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _defaults(request: Request, given: list[tuple[str, str]], content_type: str | None) -> list[tuple[str, str]]:
    names = {k.lower() for k, _ in given}
    port = f":{request.port}" if request.port else ""
    defaults = [("Host", request.host + port), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate")]
    defaults += [("Connection", "keep-alive"), ("User-Agent", "mock-serverless")]
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        defaults.append(("Content-Length", str(len(request.body))))
    if content_type:
        defaults.append(("Content-Type", content_type))
    return [(k, v) for k, v in defaults if k.lower() not in names]
