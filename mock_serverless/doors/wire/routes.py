"""Which operation a REST request means: method, URI pattern, literal query parts, required parameters.

``/{Bucket}/{Key+}?uploads``: a label takes one segment, a greedy one the rest, a literal query part must be there (with
its value, if it has one). Of several that match the most specific wins
(https://smithy.io/2.0/spec/http-bindings.html#http-trait): a literal segment before a label before a greedy label, more
literal query parts before fewer. S3 goes beyond that: GetObject and ListParts, PutObject and CopyObject differ only in
a required parameter or header, so an operation whose required ones are all there goes before one which requires fewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from .incoming import Incoming

LABEL = re.compile(r"\{([^}]+)\}")
LITERAL, MIXED, ONE_LABEL, GREEDY, END = range(5)


@dataclass(frozen=True, slots=True)
class Route:
    operation: str
    pattern: re.Pattern[str]
    labels: tuple[str, ...]
    segments: tuple[int, ...]  # how specific each is, and an end: what goes on is more specific
    literals: tuple[tuple[str, str], ...]
    needs_query: tuple[str, ...]
    needs_headers: tuple[str, ...]
    deprecated: bool

    def match(self, path: str) -> dict[str, str] | None:
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return {label: unquote(value) for label, value in zip(self.labels, found.groups(), strict=True)}

    def asked_by(self, request: Incoming) -> bool:
        values = request.query_values
        return all(name in values and (not value or value in values[name]) for name, value in self.literals)

    def rank(self, request: Incoming) -> tuple[Any, ...]:
        """Smaller is more specific."""
        needs = len(self.needs_query) + len(self.needs_headers)
        missing = sum(name not in request.query_values for name in self.needs_query) + sum(
            request.header(name) is None for name in self.needs_headers
        )
        hinted = self.operation not in request.query_values.get("x-id", ())  # SDKs in JavaScript name the operation
        return (
            hinted, self.segments, -len(self.literals), missing, -needs if not missing else needs, self.deprecated,
        )  # fmt: skip


def find_route(service_model: Any, request: Incoming, path: str) -> tuple[str, dict[str, str]] | None:
    """The operation's name and its URI labels."""
    matches = []
    for route in routes_of(service_model).get(request.method, ()):
        labels = route.match(path)
        if labels is not None and route.asked_by(request):
            matches.append((route.rank(request), route.operation, labels))
    if not matches:
        return None
    _, operation, labels = min(matches, key=lambda match: match[0])
    return operation, labels


def knows_path(service_model: Any, path: str) -> bool:
    """Whether the service has such a path, with any method."""
    return any(route.match(path) is not None for routes in routes_of(service_model).values() for route in routes)


@lru_cache(maxsize=64)
def routes_of(service_model: Any) -> dict[str, tuple[Route, ...]]:
    by_method: dict[str, list[Route]] = {}
    for name in service_model.operation_names:
        operation = service_model.operation_model(name)
        by_method.setdefault(operation.http["method"], []).append(_route(operation))
    return {method: tuple(routes) for method, routes in by_method.items()}


def _route(operation: Any) -> Route:
    path, _, query = operation.http["requestUri"].partition("?")
    path = operation.http.get("authPath", path)  # S3's, as it was before a client's call took {Bucket} out of it
    path = path.rstrip("/")
    pieces = LABEL.split(path)  # text, label, text, label, ... text
    pattern = "".join(_piece(piece, bool(i % 2)) for i, piece in enumerate(pieces))
    if not path.endswith("+}"):
        pattern += "/?"
    return Route(
        operation=operation.name,
        pattern=re.compile(pattern, re.DOTALL),
        labels=tuple(label.rstrip("+") for label in pieces[1::2]),
        segments=(*(_specificity(segment) for segment in path.split("/")[1:]), END),
        literals=tuple(parse_qsl(query, keep_blank_values=True)),
        needs_query=tuple(_required(operation, "querystring")),
        needs_headers=tuple(_required(operation, "header")),
        deprecated=bool(operation.deprecated),
    )


def _piece(text: str, label: bool) -> str:
    if not label:
        return re.escape(text)
    return "(.+)" if text.endswith("+") else "([^/]+)"


def _specificity(segment: str) -> int:
    if "{" not in segment:
        return LITERAL
    if segment.endswith("+}"):
        return GREEDY
    return ONE_LABEL if LABEL.fullmatch(segment) else MIXED


def _required(operation: Any, location: str) -> Iterator[str]:
    shape = operation.input_shape
    if shape is None:
        return
    for name in shape.required_members:
        rules = shape.members[name].serialization
        if rules.get("location") == location:
            yield rules.get("name", name)
