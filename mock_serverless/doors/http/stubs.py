"""Hosts of somebody else's, stubbed: ``cloud.http.stub("https://api.example.com/charges", {"json": {"ok": True}})``."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...core.copying import copy_tree
from ...core.faults import Stub
from ...core.hosts import Request, Response

if TYPE_CHECKING:
    from ...cloud import Cloud

SERVICE = "http"
"""Under this name stubs of URLs stand among the cloud's stubs, and are rolled back with them."""
MEMBERS = frozenset(("status", "headers", "json", "body"))


def add(cloud: Cloud, url: str, answer: Any) -> Stub:
    """See ``HttpClient.stub``."""
    cloud.check_open()
    method, _, address = url.rpartition(" ")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or (method and not method.isalpha()):
        raise ValueError(f"a URL starts with http:// or https:// and a host, with a method before it or not: {url!r}")
    key = (SERVICE, f"{method.upper()} {address}".strip())
    if answer is None:
        return cloud.doubles.stubs.pop(key, Stub(*key, None))
    if not callable(answer) and not isinstance(answer, BaseException):
        response_of(answer)
    cloud.doubles.stubs[key] = stub = Stub(*key, answer)
    return stub


def has_host(cloud: Cloud, host: str) -> bool:
    """Is some URL of this host stubbed?"""
    return any(
        service == SERVICE and urlsplit(url.rpartition(" ")[2]).hostname == host for service, url in cloud.doubles.stubs
    )


def find(cloud: Cloud, request: Request) -> Callable[[], Response] | None:
    """What answers a request: the stub whose URL is the longest beginning of the request's; one with a method before others."""
    found = [
        (len(url), bool(method), stub)
        for (service, name), stub in cloud.doubles.stubs.items()
        if service == SERVICE
        for method, _, url in (name.rpartition(" "),)
        if method in ("", request.method) and _begins(request.url, url)
    ]
    if not found:
        return None
    stub = max(found, key=lambda entry: entry[:2])[2]
    return lambda: _answer(cloud, request, stub)


def _begins(url: str, beginning: str) -> bool:
    return url.startswith(beginning) and (url[len(beginning) :][:1] in ("", "/", "?") or beginning.endswith("/"))


def _answer(cloud: Cloud, request: Request, stub: Stub) -> Response:
    stub.hits += 1
    answer = stub.answer
    if callable(answer) and not isinstance(answer, type):
        with cloud.guest(f"stub of {stub.operation}"):
            answer = copy_tree(answer(request))
    if isinstance(answer, BaseException) or (isinstance(answer, type) and issubclass(answer, BaseException)):
        raise answer
    return response_of(answer)


def response_of(answer: Any) -> Response:
    """A response out of ``{"status": 200, "headers": {...}, "json": ...}``, or with ``body`` (text or bytes) for ``json``."""
    if isinstance(answer, Response):
        return answer
    if not isinstance(answer, Mapping) or not answer.keys() <= MEMBERS or {"json", "body"} <= answer.keys():
        raise ValueError(f"an answer has status, headers, and json or body (a text or bytes), not {answer!r}")
    headers = [(str(k), str(v)) for k, v in dict(answer.get("headers") or {}).items()]
    body = answer.get("body", b"")
    if "json" in answer:
        body = json.dumps(answer["json"])
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
    return Response(
        int(answer.get("status", 200)), tuple(headers), body.encode() if isinstance(body, str) else bytes(body)
    )
