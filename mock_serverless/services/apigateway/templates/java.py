"""What Java's strings, lists, maps and numbers can do in a template, and how Java prints them.

https://docs.oracle.com/javase/8/docs/api/java/lang/String.html (and List, Map); the methods which templates use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any


class JsonArray(list[Any]):
    """An array that came out of JSON: it is printed as JSON, a list made in the template as Java prints lists."""


def from_json(value: Any) -> Any:
    """A value out of JSON, its arrays marked as such."""
    if isinstance(value, dict):
        return {k: from_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return JsonArray(from_json(v) for v in value)
    return value


def printed(value: Any) -> str:
    """As Java's ``toString`` prints it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, JsonArray):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{printed(k)}={printed(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(printed(v) for v in value) + "]"
    if isinstance(value, float):
        return _double(value)
    return str(value)


def _double(value: float) -> str:
    """https://docs.oracle.com/javase/8/docs/api/java/lang/Double.html#toString-double-"""
    if value and not 1e-3 <= abs(value) < 1e7:
        sign, digits, exponent = Decimal(repr(value)).as_tuple()
        shown = "".join(map(str, digits)).rstrip("0")
        power = len(digits) - 1 + int(exponent)
        return f"{'-' * sign}{shown[0]}.{shown[1:] or '0'}E{power}"
    return repr(value)


def _regex(pattern: str) -> str:
    return re.sub(r"\\Q(.*?)\\E", lambda m: re.escape(m.group(1)), pattern)


def _replacement(text: str) -> Callable[[re.Match[str]], str]:
    """Java's replacement texts: ``$1`` is a group, a backslash takes the next character as it is."""

    def replace(match: re.Match[str]) -> str:
        return re.sub(r"\\(.)|\$(\d)", lambda m: m.group(1) or match.group(int(m.group(2))) or "", text)

    return replace


def _split(text: str, pattern: str, limit: int = 0) -> list[str]:
    parts = re.split(_regex(pattern), text, maxsplit=max(limit - 1, 0)) if limit != 1 else [text]
    while limit == 0 and len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def _put(target: dict[Any, Any], key: Any, value: Any) -> Any:
    old = target.get(key)
    target[key] = value
    return old


def _put_at(target: list[Any], index: int, value: Any) -> Any:
    old = target[index]
    target[index] = value
    return old


def _add(target: list[Any], *args: Any) -> Any:
    if len(args) == 2:
        target.insert(args[0], args[1])
        return None
    target.append(args[0])
    return True


def _add_all(target: list[Any], values: Any) -> bool:
    target.extend(values)
    return True


def _remove(target: list[Any], what: Any) -> Any:
    if isinstance(what, int) and not isinstance(what, bool):
        return target.pop(what)
    if what in target:
        target.remove(what)
        return True
    return False


def _put_all(target: dict[Any, Any], values: dict[Any, Any]) -> None:
    target.update(values)


def _entries(target: dict[Any, Any]) -> list[Any]:
    return [{"key": k, "value": v} for k, v in target.items()]


Methods = dict[str, Callable[..., Any]]

OBJECT: Methods = {
    "toString": printed,
    "equals": lambda a, b: a == b,
    "hashCode": lambda a: _hash(printed(a)),
}
STRING: Methods = {
    "length": len,
    "isEmpty": lambda s: not s,
    "toUpperCase": str.upper,
    "toLowerCase": str.lower,
    "trim": lambda s: s.strip(),
    "concat": lambda s, t: s + t,
    "contains": lambda s, t: t in s,
    "startsWith": lambda s, t, at=0: s.startswith(t, at),
    "endsWith": str.endswith,
    "indexOf": lambda s, t, at=0: s.find(t, at),
    "lastIndexOf": lambda s, t: s.rfind(t),
    "substring": lambda s, start, end=None: s[start:end],
    "charAt": lambda s, at: s[at],
    "replace": lambda s, a, b: s.replace(a, b),
    "replaceAll": lambda s, pattern, new: re.sub(_regex(pattern), _replacement(new), s),
    "replaceFirst": lambda s, pattern, new: re.sub(_regex(pattern), _replacement(new), s, count=1),
    "matches": lambda s, pattern: re.fullmatch(_regex(pattern), s) is not None,
    "split": _split,
    "equalsIgnoreCase": lambda s, t: s.lower() == str(t).lower(),
    "compareTo": lambda s, t: (s > t) - (s < t),
}
LIST: Methods = {
    "size": len,
    "isEmpty": lambda x: not x,
    "get": lambda x, at: x[at],
    "set": _put_at,
    "add": _add,
    "addAll": _add_all,
    "remove": _remove,
    "clear": lambda x: x.clear(),
    "contains": lambda x, item: item in x,
    "indexOf": lambda x, item: x.index(item) if item in x else -1,
    "subList": lambda x, start, end: x[start:end],
    "iterator": list,
}
MAP: Methods = {
    "size": len,
    "isEmpty": lambda m: not m,
    "get": lambda m, key: m.get(key),
    "getOrDefault": lambda m, key, default: m.get(key, default),
    "put": _put,
    "putAll": _put_all,
    "remove": lambda m, key: m.pop(key, None),
    "clear": lambda m: m.clear(),
    "containsKey": lambda m, key: key in m,
    "containsValue": lambda m, value: value in m.values(),
    "keySet": list,
    "values": lambda m: list(m.values()),
    "entrySet": _entries,
}
NUMBER: Methods = {
    "intValue": int,
    "longValue": int,
    "doubleValue": float,
    "compareTo": lambda a, b: (a > b) - (a < b),
    "parseInt": lambda _, s: int(s),
    "parseDouble": lambda _, s: float(s),
}


def _hash(text: str) -> int:
    value = 0
    for char in text:
        value = (31 * value + ord(char)) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def method_of(value: Any, name: str) -> Callable[..., Any] | None:
    """The method of a Java value; None when it has none of the name."""
    if isinstance(value, str):
        table = STRING
    elif isinstance(value, dict):
        table = MAP
    elif isinstance(value, (list, tuple)):
        table = LIST
    elif isinstance(value, (int, float)):
        table = NUMBER
    else:
        table = {}
    return table.get(name) or OBJECT.get(name)
