"""What ``cloud.http`` gives: requests and responses with the attributes of httpx's.

https://www.python-httpx.org/api/#response (the subset that tests use); httpx itself needn't be installed.
"""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any, AnyStr

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class TooManyRedirects(Exception):
    """``follow_redirects=True`` and no end of them."""


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


def _pieces(content: AnyStr, size: int | None) -> Iterator[AnyStr]:
    step = size or len(content) or 1
    return (content[at : at + step] for at in range(0, len(content), step))
