"""What AWS refuses in a definition: one function per rule, each yielding problems.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html. Wordings marked
"recorded" come from AWS's answers; "reported" from answers quoted by users; the others are guesses in the same style.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from . import times
from .choice_rules import choices
from .definition import SCHEMA, Level, Problem, levels, parse
from .expressions import is_expression
from .fields import (
    ALTERNATIVES,
    EMPTY,
    FIELDS,
    JSONATA_FIELDS,
    JSONATA_ONLY,
    JSONPATH_ONLY,
    MACHINE_FIELDS,
    REQUIRED,
    is_jsonata,
    kinds,
    kinds_inside,
    number,
    only_one,
    only_one_of_these,
    required,
    unsupported,
)
from .map_fields import distributed, express
from .path_fields import assigning, paths_of_fields, templates
from .references import expressions
from .transitions import ends, names, unknown_targets


class ResourceCheck(Protocol):
    """What is known of resources."""

    def __call__(self, arn: str) -> str | None:
        """What is wrong with a resource's ARN."""
        ...

    def parameters(self, arn: str, given: dict[str, Any], language: str) -> Iterator[str]:
        """What is wrong with the parameters that are written for it in a state of that language."""
        ...


Rule = Callable[[Level, str, str, dict[str, Any]], Iterator[Problem]]

LANGUAGES = "Value should be one of the following: [JSONPath, JSONata]"
"""Measured by users of AWS (https://github.com/floci-io/floci); the other lists are worded after it."""


def validate(text: str, type: str = "STANDARD", check_resource: ResourceCheck | None = None) -> list[Problem]:
    """All that is wrong with a definition, in AWS's order: fields first, then where states lead."""
    definition = parse(text)
    if isinstance(definition, Problem):
        return [definition]
    found = [p for level in levels(definition) for p in _check_level(level, type, check_resource)]
    return found or [p for rule in (names, unknown_targets, ends) for p in rule(definition)]


def check_state(
    state: dict[str, Any], check_resource: ResourceCheck | None = None, language: str = "JSONPath"
) -> list[Problem]:
    """All that is wrong with one state by itself; where it leads doesn't count."""
    level = Level("", {"StartAt": "", "States": {"": state}, "QueryLanguage": language}, language, 0)
    return [p for inner in levels(level.body) for p in _check_level(inner, "STANDARD", check_resource)]


def _check_level(level: Level, type: str, check_resource: ResourceCheck | None) -> Iterator[Problem]:
    yield from required(level.path or "/", level.body, ["StartAt", "States"])
    if level.depth == 0:
        yield from kinds("/", level.body)
        yield from unsupported("/", level.body, MACHINE_FIELDS)
        yield from _no_language("/QueryLanguage", level.body)
    if level.body.get("States") == {}:
        yield Problem(SCHEMA, EMPTY, f"{level.path}/States")
    for name, state in level.body["States"].items() if isinstance(level.body.get("States"), dict) else ():
        if not isinstance(state, dict):
            yield Problem(SCHEMA, "Expected value of type [OBJECT]", f"{level.path}/States/{name}")
    for path, name, state in level.states():
        for rule in RULES:
            yield from rule(level, path, name, state)
        yield from express(path, state, type)
        if state.get("Type") == "Task" and isinstance(state.get("Resource"), str):
            yield from resource(path, state, type, is_jsonata(level, state), check_resource)


# ---------------------------------------------------------------------- rules for one state


def type_and_fields(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Each type has its fields; what belongs to JSONata is named as such (reported)."""
    if "Type" not in state:
        yield from required(path, state, ["Type"])
        return
    language, other = ("JSONata", "JSONPath") if is_jsonata(level, state) else ("JSONPath", "JSONata")
    fields, others = (JSONATA_FIELDS, JSONPATH_ONLY) if language == "JSONata" else (FIELDS, JSONATA_ONLY)
    allowed = fields.get(state["Type"]) if isinstance(state["Type"], str) else None
    if allowed is None:
        yield Problem(SCHEMA, f"Value should be one of the following: [{', '.join(FIELDS)}]", f"{path}/Type")
        return
    if state.get("QueryLanguage") == "JSONPath" and level.language == "JSONata":
        return  # that is a problem by itself, and hides this one (reported)
    for field in state:
        if field in others and field not in allowed:
            only = f"field '{field}' is only supported for the '{other}' QueryLanguage"
            yield Problem(SCHEMA, f"The QueryLanguage is set to '{language}', but {only}", path)
        elif field not in allowed:
            yield Problem(SCHEMA, f"Field '{field}' is not supported", path)
    yield from required(path, state, REQUIRED.get(state["Type"], []))


def query_language(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Recorded: a state can't go back to JSONPath."""
    if state.get("QueryLanguage") == "JSONPath" and level.language == "JSONata":
        yield Problem(SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", path)
    yield from _no_language(f"{path}/QueryLanguage", state)


def _no_language(place: str, body: dict[str, Any]) -> Iterator[Problem]:
    """Measured: see definition.language_of()."""
    language = body.get("QueryLanguage", "JSONPath")
    if not isinstance(language, str):
        yield Problem(SCHEMA, "Expected value of type [STRING]", place)
    elif language not in ("JSONPath", "JSONata"):
        yield Problem(SCHEMA, LANGUAGES, place)


def transition(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Every state but Choice, Succeed and Fail goes on or ends."""
    if state.get("Type") in ("Pass", "Task", "Wait", "Parallel", "Map") and ("Next" in state) == (
        state.get("End") is True
    ):
        yield Problem(SCHEMA, (only_one if "Next" in state else only_one_of_these)(("Next", "End")), path)


def wait(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Exactly one way to say how long; the wording for timestamps is recorded."""
    if state.get("Type") != "Wait":
        return
    ways = ("SecondsPath", "Seconds", "TimestampPath", "Timestamp")
    given = sum(w in state for w in ways)
    if given != 1:
        yield Problem(SCHEMA, (only_one if given else only_one_of_these)(ways), path)
    timestamp = state.get("Timestamp")
    if is_jsonata(level, state) and is_expression(timestamp):
        return
    if timestamp is not None and (not isinstance(timestamp, str) or times.parse(timestamp) is None):
        yield Problem(SCHEMA, "String does not match RFC3339 timestamp", f"{path}/Timestamp")


def exclusive(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """A field, or its path; the new name of a field, or its old one."""
    for one, other in ALTERNATIVES:
        if one in state and other in state:
            yield Problem(SCHEMA, only_one((one, other)), path)
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        # https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html, the wording is a guess
        yield Problem(SCHEMA, "HeartbeatSeconds must be smaller than TimeoutSeconds", path)


def variables(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html; the words for a long name are a guess."""
    for where, body in assigning(path, state):
        names = body.get("Assign")
        for variable in names if isinstance(names, dict) else ():
            plain = variable if is_jsonata(level, state) else variable.removesuffix(".$")
            if plain == "states":
                yield Problem(
                    "RESERVED_VARIABLE_NAME", "Cannot assign to reserved variable '$states'.", f"{where}/Assign"
                )
            elif not plain.isidentifier() or plain.startswith("_"):
                message = f"Invalid variable name '{plain}': the variable name contains invalid characters."
                yield Problem("INVALID_VARIABLE_NAME", message, f"{where}/Assign")
            elif len(plain) > 80:
                message = f"Invalid variable name '{plain}': the variable name exceeds the 80-character limit."
                yield Problem("INVALID_VARIABLE_NAME", message, f"{where}/Assign")


def errors(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Retriers and catchers; States.ALL stands alone, in the last of them."""
    for field, needed in (("Retry", ["ErrorEquals"]), ("Catch", ["ErrorEquals", "Next"])):
        entries = state.get(field, [])
        if not isinstance(entries, list):
            continue
        for i, entry in enumerate(entries):
            where = f"{path}/{field}[{i}]"
            if not isinstance(entry, dict):
                continue
            yield from required(where, entry, needed)
            names = entry.get("ErrorEquals", [""])
            if names == []:
                yield Problem(SCHEMA, EMPTY, f"{where}/ErrorEquals")
            elif not isinstance(names, list):
                continue  # told elsewhere
            elif not all(isinstance(n, str) for n in names):
                at = next(i for i, n in enumerate(names) if not isinstance(n, str))
                yield Problem(SCHEMA, "Expected value of type [STRING]", f"{where}/ErrorEquals[{at}]")
            elif "States.ALL" in names and (len(names) > 1 or i < len(entries) - 1):
                yield Problem(SCHEMA, "States.ALL must appear alone and at end of list", f"{where}/ErrorEquals")
            if field == "Retry" and "BackoffRate" in entry:
                yield from number(f"{where}/BackoffRate", entry["BackoffRate"], 1.0)


def lines(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Branches and item processors."""
    if state.get("Type") == "Parallel" and state.get("Branches") == []:
        yield Problem(SCHEMA, EMPTY, f"{path}/Branches")
    if state.get("Type") != "Map":
        return
    if "Iterator" not in state and "ItemProcessor" not in state:
        yield Problem(SCHEMA, only_one_of_these(("ItemProcessor", "Iterator")), path)


def credentials(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Recorded; for activities it was measured (cdk-preflight, rule pf-sfn-asl-credentials)."""
    given = state.get("Credentials")
    if given is not None and ":activity:" in str(state.get("Resource")):
        message = "The field 'Credentials' is not supported for activities"
        yield Problem(SCHEMA, message, f"{path}/Credentials")
    elif isinstance(given, dict) and not {"RoleArn", "RoleArn.$"} & set(given):
        yield Problem(SCHEMA, "The field 'RoleArn' is required but was missing", f"{path}/Credentials")


RULES: tuple[Rule, ...] = (
    kinds_inside,
    type_and_fields, query_language, transition, wait, exclusive, variables, templates, paths_of_fields, errors, choices, lines,
    credentials, expressions, distributed,
)  # fmt: skip


def resource(
    path: str, state: dict[str, Any], type: str, jsonata: bool, check: ResourceCheck | None
) -> Iterator[Problem]:
    """Unknown resources, what an express machine can't wait for (both recorded, two spaces in one of the messages), parameters.

    The others were measured: cdk-preflight, rules pf-sfn-asl-resource-arn, -integration-parameters, pf-sfn-express-unsupported.
    """
    arn: str = state["Resource"]
    place = f"{path}/Resource"
    if check is not None and not arn.startswith("arn:"):
        yield Problem(SCHEMA, "Value is not a valid resource ARN", place)
    elif type == "EXPRESS" and ":activity:" in arn:
        yield Problem(SCHEMA, "Express state machine does not support Activity ARN", place)
    elif type == "EXPRESS" and arn.endswith((".sync", ".sync:2")):
        yield Problem(SCHEMA, "Express state machine does not support '.sync' service integration", place)
    elif type == "EXPRESS" and arn.endswith(".waitForTaskToken"):
        message = "Express state machine does not support '.waitForTaskToken' service integration "
        yield Problem(SCHEMA, message, place)
    elif check is not None and (wrong := check(arn)) is not None:
        yield Problem(SCHEMA, wrong, place)
    elif check is not None and ":states:::" in arn:
        yield from _arguments(path, state, arn, "Arguments" if jsonata else "Parameters", check)


def _arguments(path: str, state: dict[str, Any], arn: str, field: str, check: ResourceCheck) -> Iterator[Problem]:
    given = state.get(field)
    if field not in state:
        yield Problem(SCHEMA, f"{field} field is required for resource ARN: {arn}", f"{path}/Resource")
    elif isinstance(given, dict):
        for wrong in check.parameters(arn, given, "JSONata" if field == "Arguments" else "JSONPath"):
            yield Problem(SCHEMA, wrong, f"{path}/{field}")
