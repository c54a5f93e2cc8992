"""Which variables each state of a definition refers to, as describe tells."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from .language import Problem, parse
from .language.definition import inner_bodies, levels
from .language.expressions import inside, is_expression
from .language.fields import is_jsonata
from .language.references import variables

_VARIABLE = re.compile(r"(?<![\w$.])\$([A-Za-z_]\w*)")


@lru_cache(maxsize=256)
def _references(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    definition = parse(text)
    if isinstance(definition, Problem):
        return ()
    found: dict[str, list[str]] = {}
    for level in levels(definition):
        for _, name, state in level.states():
            inner = {place.split("[")[0] for place, _ in inner_bodies(state)}
            own = {k: v for k, v in state.items() if k not in inner}
            for variable in _in_expressions(own) if is_jsonata(level, state) else _in(own):
                names = found.setdefault(name, [])
                if variable not in names:
                    names.append(variable)
    return tuple((k, tuple(v)) for k, v in found.items())


def references(text: str) -> dict[str, list[str]]:
    """State -> names of variables, for those states which have any."""
    return {k: list(v) for k, v in _references(text)}


def _in(value: Any, expression: bool = False) -> list[str]:
    if isinstance(value, dict):
        return [v for k, item in value.items() for v in _in(item, k.endswith((".$", "Path")) or k == "Variable")]
    if isinstance(value, list):
        return [v for item in value for v in _in(item)]
    if expression and isinstance(value, str):
        return _VARIABLE.findall(re.sub(r"'(?:[^'\\]|\\.)*'", "''", value))
    return []


def _in_expressions(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [v for item in value.values() for v in _in_expressions(item)]
    if isinstance(value, list):
        return [v for item in value for v in _in_expressions(item)]
    return list(variables(inside(value))) if is_expression(value) else []
