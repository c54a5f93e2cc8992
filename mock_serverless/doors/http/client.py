"""``cloud.http``: a client for what the cloud serves over HTTP, with the attributes of httpx's client and responses.

https://www.python-httpx.org/api/ (the subset that tests use); httpx itself needn't be installed.
"""

from __future__ import annotations

import gzip
import json as json_module
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, AnyStr
from urllib.parse import urlencode, urlsplit, urlunsplit

from ...core.errors import NotSupported
from ...core.hosts import Request, request_of
from . import stubs
from .serving import not_served, serve

if TYPE_CHECKING:
    from ...cloud import Cloud
    from ...core.faults import Stub

REDIRECTS = frozenset({301, 302, 303, 307, 308})
Pairs = Mapping[str, Any] | Sequence[tuple[str, Any]]


class HttpStatusError(Exception):
    """``raise_for_status()`` of an answer which is no success; ``response`` is the answer."""

    def __init__(self, message: str, response: HttpResponse) -> None:
        super().__init__(message)
        self.response = response
        self.request = response.request


class HttpHeaders(Mapping[str, str]):
    """Headers of an answer: names in any case, several values of a name joined with ``, ``."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.raw = tuple(pairs)

    def __getitem__(self, name: str) -> str:
        values = self.get_list(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_list(name))

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(k.lower() for k, _ in self.raw))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def get_list(self, name: str) -> list[str]:
        """All values of a name, in order."""
        name = name.lower()
        return [v for k, v in self.raw if k.lower() == name]

    def multi_items(self) -> list[tuple[str, str]]:
        """Name and value of each header line."""
        return [(k.lower(), v) for k, v in self.raw]

    def __repr__(self) -> str:
        return f"HttpHeaders({dict(self)})"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What was asked for."""

    method: str
    url: str
    headers: HttpHeaders
    content: bytes

    def read(self) -> bytes:
        """The body."""
        return self.content


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, with httpx's attributes. ``elapsed`` is in the cloud's time, ``content`` is unpacked, ``raw`` as it was sent."""

    status_code: int
    headers: HttpHeaders
    content: bytes
    request: HttpRequest
    elapsed: timedelta = timedelta()
    raw: bytes = b""
    http_version: str = "HTTP/1.1"
    history: tuple[HttpResponse, ...] = ()
    is_closed: bool = True
    is_stream_consumed: bool = True

    @property
    def url(self) -> str:
        """The URL that was asked for."""
        return self.request.url

    @property
    def cookies(self) -> dict[str, str]:
        """Name and value of each cookie that the answer sets."""
        jar: SimpleCookie = SimpleCookie()
        for line in self.headers.get_list("set-cookie"):
            jar.load(line)
        return {name: morsel.value for name, morsel in jar.items()}

    @property
    def charset_encoding(self) -> str | None:
        """The charset of the content type."""
        _, _, charset = self.headers.get("content-type", "").lower().partition("charset=")
        return charset.split(";")[0].strip().strip('"') or None

    @property
    def encoding(self) -> str:
        """The charset of the content type, otherwise utf-8."""
        return self.charset_encoding or "utf-8"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(self.encoding, errors="replace")

    def json(self, **kwargs: Any) -> Any:
        """The body as JSON."""
        return json_module.loads(self.content, **kwargs)

    def read(self) -> bytes:
        """The body."""
        return self.content

    def iter_raw(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The body as it was sent, in pieces."""
        return _pieces(self.raw, chunk_size)

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """The body in pieces."""
        return _pieces(self.content, chunk_size)

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """The body as text, in pieces."""
        return _pieces(self.text, chunk_size)

    def iter_lines(self) -> Iterator[str]:
        """The lines of the body, without their ends."""
        return iter(self.text.splitlines())

    def close(self) -> None:
        """Nothing is open."""

    @property
    def num_bytes_downloaded(self) -> int:
        """The size of the body as it was sent."""
        return len(self.raw)

    @property
    def has_redirect_location(self) -> bool:
        """A redirect that says where to."""
        return self.status_code in REDIRECTS and "location" in self.headers

    @property
    def is_informational(self) -> bool:
        """1xx."""
        return 100 <= self.status_code < 200

    @property
    def reason_phrase(self) -> str:
        """``Not Found`` ..."""
        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def is_success(self) -> bool:
        """2xx."""
        return 200 <= self.status_code < 300

    @property
    def is_redirect(self) -> bool:
        """3xx."""
        return 300 <= self.status_code < 400

    @property
    def is_client_error(self) -> bool:
        """4xx."""
        return 400 <= self.status_code < 500

    @property
    def is_server_error(self) -> bool:
        """5xx."""
        return 500 <= self.status_code < 600

    @property
    def is_error(self) -> bool:
        """4xx or 5xx."""
        return 400 <= self.status_code < 600

    def raise_for_status(self) -> HttpResponse:
        """Itself when it is a success, otherwise HttpStatusError."""
        if self.is_success:
            return self
        kind = "Client error" if self.is_client_error else "Server error" if self.is_server_error else "No success"
        raise HttpStatusError(
            f"{kind} '{self.status_code} {self.reason_phrase}' for url '{self.url}': {self.text}", self
        )

    def __repr__(self) -> str:
        return f"<HttpResponse [{self.status_code} {self.reason_phrase}]>"


class HttpClient:
    """Requests to what this cloud serves, answered in process and in the caller's thread."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Pairs | None = None,
        headers: Pairs | None = None,
        json: Any = None,
        content: bytes | str | None = None,
        data: Mapping[str, Any] | bytes | str | None = None,
    ) -> HttpResponse:
        """Send a request. ``params`` go into the query string; the body is ``json``, ``content``, or ``data`` (a form).

        Redirects aren't followed. Raises NotSupported for a host that the cloud doesn't serve; it names those it does.
        """
        self._cloud.check_open()
        body, content_type = _body(json, content, data)
        given = _pairs(headers)
        request = request_of(method, _with_params(url, params), (), body)
        request = request_of(
            method, _with_params(url, params), [*_defaults(request, given, content_type), *given], body
        )
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


def _pieces(content: AnyStr, size: int | None) -> Iterator[AnyStr]:
    step = size or len(content) or 1
    return (content[at : at + step] for at in range(0, len(content), step))


def _pairs(given: Pairs | None) -> list[tuple[str, str]]:
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    return [(str(k), v.decode() if isinstance(v, bytes) else str(v)) for k, v in pairs]


def _with_params(url: str, params: Pairs | None) -> str:
    if not params:
        return url
    parts = urlsplit(url)
    added = urlencode({k: _plain(v) for k, v in params.items()} if isinstance(params, Mapping) else params, doseq=True)
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _plain(value: Any) -> Any:
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
