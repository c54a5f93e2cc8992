"""Intrinsic functions: ``States.Format('{} of {}', $.a, States.ArrayLength($.b))``. Lexer, parser and evaluator.

https://states-language.net/#appendix-b; the functions themselves are in functions.py. A call is parsed into nested tuples:
``("call", name, arguments, text)``, ``("path", text)``, ``("text", value, raw)`` (raw as written between the quotes: in the
template of States.Format an escaped brace is no placeholder), ``("value", value)``. A backslash stands before what is reserved
and nowhere else (recorded: the machine is refused).
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from .errors import Fault
from .functions import FUNCTIONS, FunctionFailed
from .paths import Inapplicable, NotFound
from .paths import PathSyntaxError as PathError
from .paths import compile as compile_path
from .values import Sources, look_up

Node = tuple[Any, ...]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>States\.\w+)
      | '(?P<text>(?:[^'\\]|\\['\\{}])*)'
      | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<word>true|false|null)\b
      | (?P<path>\$)
      | (?P<mark>[(),])
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(['\\{}])")
_WORDS = {"true": True, "false": False, "null": None}
NESTING = 10
"""Functions may be nested this deep: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html"""


class SyntaxError(Exception):
    """The text is no call of an intrinsic function."""


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """The call that a text is; raises SyntaxError."""
    node, end = _expression(text, 0, 1)
    if node[0] != "call" or text[end:].strip():
        raise SyntaxError(text)
    return node


def _token(text: str, at: int) -> re.Match[str]:
    found = _TOKEN.match(text, at)
    if found is None:
        raise SyntaxError(text)
    return found


def _expression(text: str, at: int, depth: int) -> tuple[Node, int]:
    token = _token(text, at)
    kind = token.lastgroup
    if kind == "name":
        return _call(text, token, depth)
    if kind == "text":
        raw = token.group("text")
        return ("text", _ESCAPE.sub(r"\1", raw), raw), token.end()
    if kind == "number":
        number = token.group("number")
        return ("value", float(number) if re.search(r"[.eE]", number) else int(number)), token.end()
    if kind == "word":
        return ("value", _WORDS[token.group("word")]), token.end()
    if kind == "path":
        start = token.start("path")
        end = _end_of_path(text, start)
        path = text[start:end].rstrip()
        try:
            compile_path(path)
        except PathError:
            raise SyntaxError(text) from None
        return ("path", path), end
    raise SyntaxError(text)


def _call(text: str, token: re.Match[str], depth: int) -> tuple[Node, int]:
    name = token.group("name")
    opening = _token(text, token.end())
    if opening.group("mark") != "(" or name not in FUNCTIONS or depth > NESTING:
        raise SyntaxError(text)
    arguments: list[Node] = []
    at = opening.end()
    closing = _TOKEN.match(text, at)
    if closing is not None and closing.group("mark") == ")":
        at = closing.end()
    else:
        while True:
            argument, at = _expression(text, at, depth + 1)
            arguments.append(argument)
            mark = _token(text, at)
            at = mark.end()
            if mark.group("mark") == ")":
                break
            if mark.group("mark") != ",":
                raise SyntaxError(text)
    if not FUNCTIONS[name].takes(len(arguments)):
        raise SyntaxError(text)
    return ("call", name, tuple(arguments), text[token.start("name") : at]), at


def _end_of_path(text: str, at: int) -> int:
    """Where a path among arguments ends: at a comma or bracket which is not inside brackets or quotes of its own."""
    depth, quote = 0, ""
    while at < len(text):
        c = text[at]
        if quote:
            if c == "\\":
                at += 1
            elif c == quote:
                quote = ""
        elif c in "'\"" and depth:
            quote = c
        elif c in "[(":
            depth += 1
        elif c in "])":
            if depth == 0:
                break
            depth -= 1
        elif c == "," and depth == 0:
            break
        at += 1
    return at


# ---------------------------------------------------------------------- evaluating


def call(text: str, field: str, sources: Sources) -> Any:
    """The value of a call in a field; a Fault when it is none or fails.

    Causes name the whole expression as it is written, and the argument (measured by users of AWS,
    https://github.com/floci-io/floci/issues/2870); what a function itself says of its arguments is a guess.
    """
    try:
        node = parse(text)
    except SyntaxError:
        raise Fault(f"The value for the field '{field}' must be a valid intrinsic function call: {text}") from None
    try:
        return _value(node, sources)
    except FunctionFailed as e:
        raise Fault(f"The function '{text}' had the following error: {e}", "States.IntrinsicFailure") from None
    except (NotFound, Inapplicable) as e:
        raise Fault(f"The function '{text}' had the following error: {e}") from None


def _value(node: Node, sources: Sources) -> Any:
    kind = node[0]
    if kind == "call":
        function = FUNCTIONS[node[1]]
        arguments = [_value(a, sources) for a in node[2]]
        if function.raw_text and node[2][0][0] == "text":
            arguments[0] = node[2][0][2]
        return function(arguments, sources.chance)
    if kind == "path":
        try:
            return look_up(node[1], sources)
        except NotFound:
            shown = node[1].removeprefix("$") if node[1].startswith("$$") else node[1]
            raise NotFound(
                f"The JsonPath argument for the field '{shown}' could not be found in the input '{sources.data.text}'"
            ) from None
    return node[1]


def unparse(node: Node) -> str:
    """The text of a call; parse(unparse(x)) == x."""
    kind = node[0]
    if kind == "call":
        return f"{node[1]}({', '.join(map(unparse, node[2]))})"
    if kind == "text":
        return f"'{node[2]}'"
    if kind == "path":
        return str(node[1])
    return json.dumps(node[1])
