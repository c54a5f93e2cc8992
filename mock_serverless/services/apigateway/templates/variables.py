"""``$input`` and ``$util``.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from .java import from_json, printed

Params = dict[str, dict[str, str]]  # path, querystring, header
INDEFINITE = re.compile(r"\.\.|\*|\?|,|\[[^\]'\"]*:")  # paths which may have several results


def input_variable(body: str, params: Params) -> dict[str, Any]:
    """``$input`` of a request or an integration's answer."""

    def path(expression: str) -> Any:
        return from_json(_at(_parsed(body), expression))

    def as_json(expression: str) -> str:
        found = _at(_parsed(body), expression)
        return '""' if found is None else json.dumps(found, separators=(",", ":"), ensure_ascii=False)

    def params_(name: str | None = None) -> Any:
        if name is None:
            return params
        return next((params[kind][name] for kind in ("path", "querystring", "header") if name in params[kind]), "")

    return {"body": body or "{}", "path": path, "json": as_json, "params": params_}


def _parsed(body: str) -> Any:
    try:
        return json.loads(body) if body.strip() else {}
    except ValueError:
        return body


def _at(value: Any, expression: str) -> Any:
    """What a JSONPath names: one value, or a list of them when the path may name several; None when there is nothing."""
    if expression in ("$", ""):
        return value
    import jsonpath

    found = jsonpath.findall(expression, value) if isinstance(value, (dict, list)) else []
    if INDEFINITE.search(expression):
        return found
    return found[0] if found else None


ESCAPES = {"'": "\\'", '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def escape_javascript(value: Any) -> str:
    """As a JavaScript string's inside: quotes, backslashes, control characters and everything that isn't ASCII escaped."""
    out = []
    for char in printed(value):
        code = ord(char)
        if char in ESCAPES:
            out.append(ESCAPES[char])
        elif 32 <= code < 127:
            out.append(char)
        else:
            units = char.encode("utf-16-be")
            out += [f"\\u{units[i]:02X}{units[i + 1]:02X}" for i in range(0, len(units), 2)]
    return "".join(out)


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode("utf-8", errors="replace")


def util_variable() -> dict[str, Any]:
    """``$util``."""
    return {
        "escapeJavaScript": escape_javascript,
        "parseJson": lambda text: from_json(json.loads(text)),
        "urlEncode": lambda text: quote_plus(printed(text), safe="*-._"),
        "urlDecode": lambda text: unquote_plus(printed(text)),
        "base64Encode": lambda text: base64.b64encode(printed(text).encode()).decode(),
        "base64Decode": lambda text: _decoded(printed(text)),
    }
