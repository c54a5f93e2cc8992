"""JSONPath: ``$.a.b[0]``, ``$$.Execution.Id``, ``$variable.member``, and the full grammar behind each.

A reference path (https://states-language.net/#ref-paths) names one place and is walked here, by hand; everything else goes
to the library python-jsonpath, but for what that takes and Jayway's implementation, which AWS uses, does not
(https://github.com/json-path/JsonPath#operators). As with Jayway's, a path that may name several places gives an array, empty
where nothing is there (recorded), and a path that names one place fails where nothing is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ....core.errors import NotSupported
from .aggregates import FUNCTIONS, OPERATORS, NothingToCalculate, as_functions, operator

_HEAD = re.compile(r"\$\$|\$(?:(?!\d)\w+)?")
_STEP = re.compile(
    r"""\.([^\s.\[\]()*?@,:'"$|&<>=!~]+)      # .name
      | \.?\[\s*'((?:[^'\\]|\\.)*)'\s*\]      # ['name']
      | \.?\[\s*"((?:[^"\\]|\\.)*)"\s*\]      # ["name"]
      | \.?\[\s*(-?\d+)\s*\]                  # [0]
    """,
    re.VERBOSE,
)
_NAMES = re.compile(r"""\[\s*(?:'[^']*'|"[^"]*")(?:\s*,\s*(?:'[^']*'|"[^"]*"))+\s*\]""")
_FUNCTION = re.compile(r"\.(\w+)\(\)$")
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|=~\s*/(?:[^/\\]|\\.)*/""")
# the library's own: compound paths, keys, words for operators, functions in filters, filters without parentheses
_FOREIGN = re.compile(
    r"""(?<!\|)\|(?!\|) | (?<!&)&(?!&) | ~ | <> | \?(?!\s*\() | (?<![.\w-])(?:and|or|not|undefined|missing)(?![\w-])
      | (?<![.\w-])\w+\(""",
    re.VERBOSE,
)
Step = str | int | tuple[str, ...]


class PathSyntaxError(Exception):
    """The text is no JSONPath."""


class NotFound(Exception):
    """A path that names one place names none in this value; the text is Jayway's."""


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path. ``source`` is ``$`` (the data), ``$$`` (the context object), or a variable's name."""

    text: str
    source: str
    steps: tuple[Step, ...] | None
    search: Any = None
    function: str | None = None

    @property
    def is_reference(self) -> bool:
        """Does it name exactly one place?"""
        return self.steps is not None and self.function is None and not any(type(s) is tuple for s in self.steps)

    def find(self, value: Any) -> Any:
        """What is there; raises NotFound."""
        found = self._walk(value) if self.steps is not None else self.search(value)
        if self.function is not None:
            try:
                return FUNCTIONS[self.function](found)
            except NothingToCalculate as e:
                raise NotFound(str(e)) from None
        return found

    def _walk(self, value: Any) -> Any:
        steps = self.steps
        assert steps is not None
        for i, step in enumerate(steps):
            kind = type(step)
            if kind is str:
                if type(value) is dict and step in value:
                    value = value[step]
                    continue
            elif kind is int:
                if type(value) is list and -len(value) <= step < len(value):  # type: ignore[operator]
                    value = value[step]  # type: ignore[index]
                    continue
            elif type(value) is dict:
                value = {k: value[k] for k in step if k in value}  # type: ignore[union-attr]
                continue
            raise NotFound(self._nothing_at(steps[: i + 1], value, i == len(steps) - 1))
        return value

    def _nothing_at(self, steps: tuple[Step, ...], value: Any, last: bool) -> str:
        # "No results for path" is recorded, the others are Jayway's messages for the other cases
        if isinstance(value, dict) or value is None:
            where = steps if last else steps[:-1] or steps
            return f"{'No results for path' if last else 'Missing property in path'}: {bracketed(where)}"
        if isinstance(value, list):
            return f"No results for path: {bracketed(steps)}"
        return (
            f"Expected to find an object with property ['{steps[-1]}'] in path {bracketed(steps[:-1])} but found "
            f"'{_JAVA_KINDS.get(type(value), 'java.lang.Object')}'. This is not a json object according to the "
            "JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider'."
        )


_JAVA_KINDS = {str: "java.lang.String", bool: "java.lang.Boolean", int: "java.lang.Integer", float: "java.lang.Double"}


def bracketed(steps: tuple[Step, ...]) -> str:
    """A path as Jayway prints it: ``$['a'][0]``."""
    parts = []
    for step in steps:
        if isinstance(step, tuple):
            parts.append("[" + ",".join(f"'{s}'" for s in step) + "]")
        else:
            parts.append(f"['{step}']" if isinstance(step, str) else f"[{step}]")
    return "$" + "".join(parts)


@lru_cache(maxsize=8192)
def compile(text: str) -> Path:
    """The path of a text; raises PathSyntaxError, or NotSupported for Jayway's functions."""
    head = _HEAD.match(text)
    if head is None:
        raise PathSyntaxError(text)
    source = head.group()
    name = source if source in ("$", "$$") else source[1:]
    rest = text[head.end() :]
    called = _FUNCTION.search(rest)
    function = None
    if called is not None:
        function = called.group(1)
        if function not in FUNCTIONS:
            raise NotSupported(
                f"the JSONPath function {function}() in {text!r} is not supported by mock_serverless; "
                "compute the value with an intrinsic function or in the task"
            )
        rest = rest[: called.start()]
    steps = _steps(rest)
    if steps is not None:
        return Path(text, name, steps, function=function)
    return Path(text, name, None, _library("$" + rest, text), function)


def _steps(rest: str) -> tuple[Step, ...] | None:
    """The steps of a path that names one place, or None."""
    steps: list[Step] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            names = _NAMES.match(rest, at)
            if names is None or names.end() != len(rest):
                return None
            steps.append(tuple(re.findall(r"""['"]([^'"]*)['"]""", names.group())))
            return tuple(steps)
        dotted, single, double, index = found.groups()
        if dotted is not None:
            steps.append(dotted)
        elif index is not None:
            steps.append(int(index))
        else:
            steps.append(re.sub(r"\\(.)", r"\1", single if single is not None else double))
        at = found.end()
    return tuple(steps)


@lru_cache(maxsize=1)
def _environment() -> Any:
    import jsonpath

    environment = jsonpath.JSONPathEnvironment()
    for name in OPERATORS:
        environment.function_extensions[f"jayway_{name}"] = operator(name)
    return environment


def _library(text: str, whole: str) -> Any:
    import jsonpath

    bare = _QUOTED.sub("''", text)
    if text.endswith((".", "[")) or _FOREIGN.search(bare):
        raise PathSyntaxError(whole)
    try:
        compiled = _environment().compile(as_functions(text))
    except (jsonpath.JSONPathError, ValueError) as e:
        raise PathSyntaxError(whole) from e
    return compiled.findall
