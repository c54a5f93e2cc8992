"""HTTP/1.1 as bytes, the server's side: for clients which write a request to a socket and read the answer from it.

https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import io
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ...core.hosts import Request, Response, request_of

if TYPE_CHECKING:
    from ...cloud import Cloud

Answer = Callable[["Cloud", Request], Response]
BODILESS = frozenset({204, 304})


class Reader:
    """Takes the bytes of requests as they come and gives the next request once it is complete."""

    def __init__(self, scheme: str, host: str, port: int) -> None:
        default = {"http": 80, "https": 443}[scheme]
        self._origin = f"{scheme}://{host}" + ("" if port == default else f":{port}")
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes."""
        self._data += data

    def next_request(self) -> Request | None:
        """The request, taken off; None while it is incomplete."""
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return None
        lines = bytes(self._data[:end]).decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = [(k, v.strip(" \t")) for k, _, v in (line.partition(":") for line in lines[1:])]
        body = self._body(end + 4, {k.lower(): v for k, v in headers})
        if body is None:
            return None
        url = target if target.startswith(("http://", "https://")) else self._origin + target
        return request_of(method, url, headers, body)

    def wants_continue(self) -> bool:
        """Whether the sender waits for ``100 Continue`` before it sends the body."""
        end = self._data.find(b"\r\n\r\n")
        return end >= 0 and b"expect: 100-continue" in bytes(self._data[:end]).lower()

    def _body(self, start: int, headers: dict[str, str]) -> bytes | None:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks(start)
        length = int(headers.get("content-length") or 0)
        if len(self._data) < start + length:
            return None
        body = bytes(self._data[start : start + length])
        del self._data[: start + length]
        return body

    def _chunks(self, at: int) -> bytes | None:
        body = bytearray()
        while True:
            line_end = self._data.find(b"\r\n", at)
            if line_end < 0:
                return None
            size = int(bytes(self._data[at:line_end]).split(b";")[0], 16)
            at = line_end + 2
            if size == 0:
                end = self._data.find(b"\r\n", at)
                if end < 0:
                    return None
                del self._data[: end + 2]
                return bytes(body)
            if len(self._data) < at + size + 2:
                return None
            body += self._data[at : at + size]
            at += size + 2


def to_bytes(request: Request, response: Response) -> bytes:
    """The answer as it goes over the wire."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{k}: {v}" for k, v in response.headers)]
    names = {k.lower() for k, _ in response.headers}
    if "content-length" not in names and response.status not in BODILESS:
        lines.append(f"Content-Length: {len(response.body)}")
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", errors="replace")
    return head if request.method == "HEAD" or response.status in BODILESS else head + response.body


class Unreadable:
    """The file of an answer which there is none of: reading it raises what went wrong."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self.closed = False

    def readline(self, *args: Any) -> bytes:
        """Raises."""
        raise self._error

    read = readinto = peek = read1 = readline

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Closed."""
        self.closed = True


class Socket:
    """What a connection of http.client's (and so of urllib3's and requests') gets in place of a socket.

    It collects what is sent; reading serves the request. It leaves its connection then, so that it is never reused.
    """

    def __init__(self, connection: Any, cloud: Cloud, answer: Answer, scheme: str, host: str, port: int) -> None:
        self.cloud = cloud
        self._connection = connection
        self._answer = answer
        self._reader = Reader(scheme, host, port)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Collect."""
        self._reader.feed(bytes(data))

    def send(self, data: Any, flags: int = 0) -> int:
        """Collect."""
        self.sendall(data)
        return len(data)

    def makefile(self, mode: str = "rb", *args: Any, **kwargs: Any) -> Any:
        """Serve what was sent; a file with the answer."""
        if self._connection.sock is self:
            self._connection.sock = None
        request = self._reader.next_request()
        try:
            if request is None:
                raise ConnectionError("the request is incomplete")
            answer = to_bytes(request, self._answer(self.cloud, request))
        except BaseException as e:
            return Unreadable(e)
        return io.BufferedReader(io.BytesIO(answer))

    def fileno(self) -> int:
        """There is none."""
        raise OSError("a connection to a fake has no file descriptor")

    def getpeercert(self, binary_form: bool = False) -> Any:
        """No certificate."""
        return b"" if binary_form else {}

    def gettimeout(self) -> None:
        """None."""

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        """There is nothing to do."""

    settimeout = setsockopt = setblocking = shutdown = close = selected_alpn_protocol = _nothing


class Transport:
    """What a protocol of aiohttp's gets in place of asyncio's transport."""

    def __init__(
        self, loop: Any, protocol: Any, cloud: Cloud, answer: Answer, scheme: str, host: str, port: int
    ) -> None:
        self._loop = loop
        self._protocol = protocol
        self._cloud = cloud
        self._answer = answer
        self._reader = Reader(scheme, host, port)
        self._closing = False
        self._lost = False
        self._continued = False

    def write(self, data: Any) -> None:
        """Collect; serve the request when it is complete."""
        self._reader.feed(bytes(data))
        if not self._continued and self._reader.wants_continue():
            self._continued = True
            self._loop.call_soon(self._protocol.data_received, b"HTTP/1.1 100 Continue\r\n\r\n")
        request = self._reader.next_request()
        if request is not None:
            self._loop.call_soon(self._serve, request)

    def writelines(self, parts: Any) -> None:
        """As write."""
        self.write(b"".join(bytes(p) for p in parts))

    def _serve(self, request: Request) -> None:
        try:
            data = to_bytes(request, self._answer(self._cloud, request))
        except BaseException as e:
            self._closing = True
            self._protocol.set_exception(e)
            if not isinstance(e, Exception):
                raise
        else:
            self._protocol.data_received(data)
            self._closing = True  # it is not to be reused: the mock may have ended by then

    def is_closing(self) -> bool:
        """True when the answer was given."""
        return self._closing

    def close(self) -> None:
        """The end of it; the protocol is told once."""
        self._closing = True
        if not self._lost:
            self._lost = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known."""
        return default

    def get_write_buffer_size(self) -> int:
        """All is written."""
        return 0

    def can_write_eof(self) -> bool:
        """No."""
        return False

    def get_protocol(self) -> Any:
        """The protocol."""
        return self._protocol

    def is_reading(self) -> bool:
        """Yes."""
        return True

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        """There is nothing to do."""

    pause_reading = resume_reading = set_write_buffer_limits = write_eof = set_protocol = _nothing
