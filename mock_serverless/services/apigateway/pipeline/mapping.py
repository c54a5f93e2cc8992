"""Parameter mappings: ``integration.request.header.X = method.request.querystring.y`` and their like.

https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping-sources.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..templates import input_variable
from .exchange import Answer, Exchange

VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")


def request_source(x: Exchange, source: str) -> str | None:
    """The value of a source of an integration request; None when there is none."""
    if source.startswith("'"):
        return source[1:-1]
    if source.startswith("method.request."):
        return _of_request(x, source.removeprefix("method.request."))
    return _common(x, source)


def response_source(x: Exchange, answer: Answer, source: str) -> str | None:
    """The value of a source of a method response."""
    if source.startswith("'"):
        return source[1:-1]
    if not source.startswith("integration.response."):
        return _common(x, source)
    kind, _, name = source.removeprefix("integration.response.").partition(".")
    if kind in ("header", "multivalueheader"):
        values = [v for k, v in answer.headers if k.lower() == name.lower()]
        return None if not values else ", ".join(values) if kind == "multivalueheader" else values[-1]
    return _of_body(answer.body, name)


def _of_request(x: Exchange, place: str) -> str | None:
    kind, _, name = place.partition(".")
    if kind == "path":
        return x.path_parameters.get(name)
    if kind in ("querystring", "multivaluequerystring"):
        values = x.query.get(name)
        return None if not values else values[-1] if kind == "querystring" else ",".join(values)
    if kind in ("header", "multivalueheader"):
        values = next((v for k, v in x.headers.items() if k.lower() == name.lower()), None)
        return None if not values else values[-1] if kind == "header" else ",".join(values)
    return _of_body(x.request.body, name)


def _of_body(body: bytes, path: str) -> str | None:
    text = body.decode("utf-8", errors="replace")
    if not path:
        return text
    found = input_variable(text, {})["path"]("$." + path)
    return found if isinstance(found, str) or found is None else json.dumps(found)


def _common(x: Exchange, source: str) -> str | None:
    root, _, path = source.partition(".")
    found: Any = x.stage_variables if root == "stageVariables" else x.context
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return None if found is None else found if isinstance(found, str) else json.dumps(found)


def with_variables(text: str, variables: dict[str, str]) -> str:
    """A text with its ``${stageVariables.name}`` filled in."""
    return VARIABLE.sub(lambda m: variables.get(m.group(1), ""), text)
