"""Where an expression's value comes from: a state's data, the context object, the variables.

``Sources`` is what every evaluator here takes; a payload template (``Parameters``, ``ResultSelector``, ``Assign`` ...) is
walked as it is: members whose name ends with ``.$`` hold a path or an intrinsic function, everything else is itself.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from . import paths
from .document import Document, dumps
from .errors import Fault


class Chance(Protocol):
    """The part of the environment that intrinsic functions use."""

    def random(self) -> float: ...
    def uuid(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """What paths are looked up in."""

    data: Document
    context: Callable[[], dict[str, Any]]
    variables: dict[str, Any]
    chance: Chance

    def with_data(self, data: Document) -> Sources:
        """The same with other data."""
        return Sources(data, self.context, self.variables, self.chance)


def look_up(text: str, sources: Sources) -> Any:
    """A path's value; raises paths.NotFound."""
    path = paths.compile(text)
    if path.source == "$":
        return path.find(sources.data.value)
    if path.source == "$$":
        return path.find(sources.context())
    if path.source not in sources.variables:
        raise paths.NotFound(f"No results for path: $['{path.source}']")
    return path.find(sources.variables[path.source])


def evaluate(text: str, field: str, sources: Sources) -> Any:
    """The value of a path or an intrinsic function in a field; a path to nothing is a Fault in AWS's words (recorded)."""
    if text.startswith("States."):
        from . import intrinsics

        return intrinsics.call(text, field, sources)
    try:
        return look_up(text, sources)
    except paths.Beyond:
        return None  # measured by users of AWS: https://github.com/floci-io/floci/issues/2870
    except paths.NotFound:
        # what was searched is shown (as Step Functions Local does: https://github.com/floci-io/floci/issues/2870)
        shown = dumps(sources.context()) if text.startswith("$$") else sources.data.text
        raise Fault(
            f"The JSONPath '{text}' specified for the field '{field}' could not be found in the input '{shown}'"
        ) from None
    except paths.Inapplicable as e:
        raise Fault(str(e)) from None  # the library's words, as in calls of intrinsic functions
    except paths.PathSyntaxError:
        raise Fault(f"The value for the field '{field}' must be a valid JSONPath: {text}") from None


def fill(template: Any, sources: Sources) -> Any:
    """The value of a payload template.

    Its members come in AWS's order (recorded): the constant ones first, then those that are evaluated as a HashMap has them.
    """
    kind = type(template)
    if kind is dict:
        filled = {}
        evaluated = []
        for name, item in template.items():
            if name.endswith(".$"):
                evaluated.append(name[:-2])
            else:
                filled[name] = fill(item, sources) if type(item) in _CONTAINERS else item
        for bare in evaluated if len(evaluated) < 2 else hash_ordered(tuple(evaluated)):
            name = bare + ".$"
            filled[bare] = evaluate(template[name], name, sources)
        return filled
    if kind is list:
        return [fill(item, sources) if type(item) in _CONTAINERS else item for item in template]
    return template


@lru_cache(maxsize=4096)
def hash_ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names in the order of a java.util.HashMap into which they were put."""
    size = 16
    while len(names) > size * 0.75:
        size *= 2
    return tuple(sorted(names, key=lambda name: _spread(name) & (size - 1)))


def _spread(name: str) -> int:
    code = 0
    units = name.encode("utf-16-be", "surrogatepass")
    for at in range(0, len(units), 2):
        code = (31 * code + (units[at] << 8) + units[at + 1]) & 0xFFFFFFFF
    return code ^ (code >> 16)


_CONTAINERS = frozenset({dict, list})


def shown(value: Any) -> str:
    """A value in an error message: texts bare, the rest as JSON."""
    return value if isinstance(value, str) else dumps(value)
