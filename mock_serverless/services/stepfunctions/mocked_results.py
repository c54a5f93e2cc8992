"""What TestState says of a mocked result that the real API could not give; all wordings are recorded.

https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation_names, service_model
from .integrations import resources
from .integrations.parameters import Renaming, renaming

KINDS: dict[str, tuple[Any, str]] = {
    "string": (str, "a string"),
    "blob": (str, "a string"),
    "timestamp": (str, "a string"),
    "integer": ((int, float), "a number"),
    "long": ((int, float), "a number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "boolean": (bool, "a boolean"),
    "list": (list, "an array"),
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
}


def check(state: dict[str, Any], result: Any, mode: str) -> None:
    """Raises ValidationException; modes are STRICT, PRESENT (required members may be missing) and NONE."""
    if state["Type"] != "Task":
        _check_lines(state, result)
        return
    resource = resources.parse(state["Resource"])
    if (
        mode == "NONE"
        or resource is None
        or resource.operation not in operation_names(resource.service or "sts").values()
    ):
        return  # nothing is checked, or no operation of the API stands behind the action
    shape = service_model(resource.service).operation_model(resource.operation).output_shape
    if shape is None:
        return
    if not isinstance(result, dict):
        raise AwsError("ValidationException", "Mocked result must be a JSON object.")
    free = frozenset({"Payload"} if (resource.type, resource.action) == ("lambda", "invoke") else ())
    for problem in _problems(result, shape, mode == "STRICT", renaming(resource), free):
        raise AwsError("ValidationException", f"Mock result schema validation error: {problem}")


def _check_lines(state: dict[str, Any], result: Any) -> None:
    if "Resource" in state.get("ResultWriter", {}):
        if not isinstance(result, dict):
            raise AwsError("ValidationException", "Mocked result must be a JSON object.")
        return
    if not isinstance(result, list):
        raise AwsError("ValidationException", "Mocked result must be an array.")
    if state["Type"] == "Parallel" and len(result) != len(state["Branches"]):
        message = "Mocked result must contain the same number of items as number of Parallel branches."
        raise AwsError("ValidationException", message)


def _problems(
    value: Any, shape: Any, strict: bool, rename: Renaming, free: frozenset[str] = frozenset()
) -> Iterator[str]:
    """What is wrong with a structure's members, which are written as the state sees them."""
    members = {rename(shape, name): member for name, member in shape.members.items()}
    if strict:
        for name in shape.required_members:
            if rename(shape, name) not in value:
                yield f"Required field '{rename(shape, name)}' is missing"
    for name, item in value.items():
        if name in members and name not in free and item is not None:
            yield from _member(name, item, members[name], strict, rename)


def _member(name: str, value: Any, shape: Any, strict: bool, rename: Renaming) -> Iterator[str]:
    kind, called = KINDS.get(shape.type_name, (object, ""))
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        yield f"Field '{name}' must be {called}"
    elif shape.type_name == "structure":
        yield from _problems(value, shape, strict, rename)
    elif shape.type_name == "list":
        for item in value:
            yield from _member(name, item, shape.member, strict, rename)
    elif shape.type_name == "map":
        for item in value.values():
            yield from _member(name, item, shape.value, strict, rename)
    else:
        yield from _limits(name, value, shape)


def _limits(name: str, value: Any, shape: Any) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if isinstance(value, str):
        if shape.metadata.get("enum") and value not in shape.metadata["enum"]:
            yield f"Field '{name}' is not an expected value"
        if least is not None and len(value) < least:
            yield f"Field '{name}' is smaller than the minimum length"
        if most is not None and len(value) > most:
            yield f"Field '{name}' exceeds the maximum length"
    elif not isinstance(value, bool):
        if least is not None and value < least:
            yield f"Field '{name}' is less than the minimum value"
        if most is not None and value > most:
            yield f"Field '{name}' exceeds the maximum value"
