"""What AWS refuses in a definition: one function per rule, each yielding problems.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html. Wordings marked
"recorded" come from AWS's answers; "reported" from answers quoted by users; the others are guesses in the same style.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import choice, intrinsics, paths, times
from .definition import SCHEMA, Level, Problem, levels, objects, parse
from .expressions import is_expression
from .fields import (
    ALTERNATIVES,
    FIELDS,
    JSONATA_FIELDS,
    JSONATA_ONLY,
    JSONPATH_ONLY,
    MACHINE_FIELDS,
    REQUIRED,
    is_jsonata,
    kinds,
    kinds_inside,
    required,
    unsupported,
)  # fmt: skip
from .map_fields import distributed, express
from .references import expressions
from .transitions import ends, names, unknown_targets

ResourceCheck = Callable[[str], str | None]
"""A resource's ARN -> what is wrong with it."""
Rule = Callable[[Level, str, str, dict[str, Any]], Iterator[Problem]]

LANGUAGES = "Value should be one of the following: [JSONPath, JSONata]"
"""Measured by users of AWS (https://github.com/floci-io/floci); the other lists are worded after it."""
TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
REFERENCES = ("ResultPath",)
ANY_PATHS = ("InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath",
             "HeartbeatSecondsPath", "MaxConcurrencyPath")  # fmt: skip
PATH_OR_CALL = ("ErrorPath", "CausePath")


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
        if level.body.get("QueryLanguage", "JSONPath") not in ("JSONPath", "JSONata"):
            yield Problem(SCHEMA, LANGUAGES, "/QueryLanguage")
    if not level.body.get("States", {"": 1}):
        yield Problem(SCHEMA, "Value must not be empty", f"{level.path}/States")
    for name, state in level.body["States"].items() if isinstance(level.body.get("States"), dict) else ():
        if not isinstance(state, dict):
            yield Problem(SCHEMA, "Expected value of type [OBJECT]", f"{level.path}/States/{name}")
    for path, name, state in level.states():
        for rule in RULES:
            yield from rule(level, path, name, state)
        yield from express(path, state, type)
        if state.get("Type") == "Task" and isinstance(state.get("Resource"), str):
            yield from resource(path, state["Resource"], type, check_resource)


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
    language = state.get("QueryLanguage")
    if language == "JSONPath" and level.language == "JSONata":
        yield Problem(SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", path)
    elif language not in (None, "JSONPath", "JSONata"):
        yield Problem(SCHEMA, LANGUAGES, f"{path}/QueryLanguage")


def transition(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Every state but Choice, Succeed and Fail goes on or ends."""
    if state.get("Type") in ("Pass", "Task", "Wait", "Parallel", "Map") and ("Next" in state) == (
        state.get("End") is True
    ):
        yield Problem(SCHEMA, "Exactly one of these fields is required: [Next, End]", path)


def wait(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Exactly one way to say how long; the wording for timestamps is recorded."""
    if state.get("Type") != "Wait":
        return
    ways = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"]
    if is_jsonata(level, state):
        ways = ["Seconds", "Timestamp"]
    if sum(w in state for w in ways) != 1:
        yield Problem(SCHEMA, f"Exactly one of these fields is required: [{', '.join(ways)}]", path)
    timestamp = state.get("Timestamp")
    if is_jsonata(level, state) and is_expression(timestamp):
        return
    if timestamp is not None and (not isinstance(timestamp, str) or times.parse(timestamp) is None):
        yield Problem(SCHEMA, "String does not match RFC3339 timestamp", f"{path}/Timestamp")


def exclusive(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """A field, or its path; the new name of a field, or its old one."""
    for one, other in ALTERNATIVES:
        if one in state and other in state:
            yield Problem(SCHEMA, f"Only one of these fields is allowed: [{one}, {other}]", path)
    timeout, heartbeat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
        # https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html, the wording is a guess
        yield Problem(SCHEMA, "HeartbeatSeconds must be smaller than TimeoutSeconds", path)


def variables(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html; the wording is a guess."""
    for where, body in _assigning(path, state):
        names = body.get("Assign")
        for variable in names if isinstance(names, dict) else ():
            plain = variable.removesuffix(".$")
            if is_jsonata(level, state) and variable != plain:
                plain = variable
            if not plain.isidentifier() or plain == "states" or len(plain) > 80:
                yield Problem(SCHEMA, f"Invalid variable name: {plain}", f"{where}/Assign")


def _assigning(path: str, state: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    places = [(path, state)]
    for field in ("Catch", "Choices"):
        places += [(f"{path}/{field}[{i}]", c) for i, c in enumerate(objects(state.get(field)))]
    return places


def templates(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Members named ``x.$`` hold a path or a call (reported)."""
    if is_jsonata(level, state):
        return
    for where, body in _assigning(path, state):
        for field in TEMPLATES:
            if field in body:
                yield from _template(f"{where}/{field}", body[field])


def _template(path: str, template: Any) -> Iterator[Problem]:
    if isinstance(template, list):
        for item in template:
            yield from _template(path, item)
    if not isinstance(template, dict):
        return
    for name, value in template.items():
        if name.endswith(".$"):
            if not (is_path(value) or is_call(value)):
                message = (
                    f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                )
                yield Problem(SCHEMA, message, path)
        else:
            yield from _template(f"{path}/{name}" if isinstance(value, dict) else path, value)


def paths_of_fields(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Fields which are paths (reported: "Value is not a Reference Path")."""
    if is_jsonata(level, state):
        return
    for field in ANY_PATHS:
        if state.get(field) is not None and not is_path(state[field]):
            yield Problem(SCHEMA, "Value is not a valid JSONPath", f"{path}/{field}")
    for field in PATH_OR_CALL:
        if field in state and not (is_path(state[field]) or is_call(state[field])):
            yield Problem(SCHEMA, "Value is not a valid JSONPath or a valid intrinsic function call", f"{path}/{field}")
    for where, body in [(path, state)] + [(f"{path}/Catch[{i}]", c) for i, c in enumerate(objects(state.get("Catch")))]:
        for field in REFERENCES:
            if body.get(field) is not None and not is_reference(body[field]):
                yield Problem(SCHEMA, "Value is not a Reference Path", f"{where}/{field}")


def is_path(text: Any) -> bool:
    """A JSONPath of data, context object or a variable?"""
    try:
        return isinstance(text, str) and text.startswith("$") and bool(paths.compile(text))
    except paths.PathSyntaxError:
        return False


def is_reference(text: Any) -> bool:
    """A path into the data that names one place?"""
    if not is_path(text):
        return False
    path = paths.compile(text)
    return path.is_reference and path.source == "$"


def is_call(text: Any) -> bool:
    """A call of an intrinsic function?"""
    try:
        return isinstance(text, str) and text.startswith("States.") and bool(intrinsics.parse(text))
    except intrinsics.SyntaxError:
        return False


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
            if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
                yield Problem(SCHEMA, "Value must be a non-empty array of strings", f"{where}/ErrorEquals")
            elif "States.ALL" in names and (len(names) > 1 or i < len(entries) - 1):
                message = "'States.ALL' must appear alone and in the last " + (
                    "Retrier" if field == "Retry" else "Catcher"
                )
                yield Problem(SCHEMA, message, f"{where}/ErrorEquals")
            rate = entry.get("BackoffRate", 1) if field == "Retry" else 1
            if isinstance(rate, bool) or not isinstance(rate, (int, float)) or rate < 1:
                yield Problem(SCHEMA, "Value must be a number of at least 1", f"{where}/BackoffRate")


def choices(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Rules of a Choice state (reported: Next is required)."""
    if state.get("Type") != "Choice" or "Choices" not in state:
        return
    rules = state["Choices"]
    if not isinstance(rules, list) or not rules:
        yield Problem(SCHEMA, "Value must be a non-empty array", f"{path}/Choices")
        return
    for i, rule in enumerate(rules):
        where = f"{path}/Choices[{i}]"
        if isinstance(rule, dict):
            yield from required(where, rule, ["Condition", "Next"] if is_jsonata(level, state) else ["Next"])
        if is_jsonata(level, state):
            yield from _condition(where, rule)
        else:
            yield from _choice_rule(where, rule, True)


def _condition(path: str, rule: Any) -> Iterator[Problem]:
    if not isinstance(rule, dict):
        return  # told elsewhere
    for name in rule:
        if name == "Variable" or name in choice.ALL_OPERATORS:
            only = f"field '{name}' is only supported for the 'JSONPath' QueryLanguage"
            yield Problem(SCHEMA, f"The QueryLanguage is set to 'JSONata', but {only}", path)
        elif name not in ("Condition", "Next", "Output", "Assign", "Comment"):
            yield Problem(SCHEMA, f"Field '{name}' is not supported", path)
    condition = rule.get("Condition", True)
    if not isinstance(condition, bool) and not is_expression(condition):
        # a guess
        yield Problem(SCHEMA, "Value must be a boolean or a JSONata expression", f"{path}/Condition")


def _choice_rule(path: str, rule: Any, top: bool) -> Iterator[Problem]:
    if not isinstance(rule, dict):
        yield Problem(SCHEMA, "Expected value of type [OBJECT]", path)
        return
    operators = [k for k in rule if k in choice.ALL_OPERATORS]
    extra = {"Next", "Assign", "Comment"} if top else {"Comment"}
    yield from unsupported(path, rule, frozenset({*choice.ALL_OPERATORS, "Variable", *extra}))
    if len(operators) != 1:
        yield Problem(SCHEMA, "A choice rule must have exactly one comparison operator", path)
        return
    name, operand = operators[0], rule[operators[0]]
    if name in choice.COMBINED:
        inner = [operand] if name == "Not" else operand
        if not isinstance(inner, list) or not inner:
            yield Problem(SCHEMA, "Value must be a non-empty array", f"{path}/{name}")
            return
        for i, r in enumerate(inner):
            yield from _choice_rule(f"{path}/{name}" + ("" if name == "Not" else f"[{i}]"), r, False)
        return
    yield from required(path, rule, ["Variable"])
    if "Variable" in rule and not is_path(rule["Variable"]):
        yield Problem(SCHEMA, "Value is not a valid JSONPath", f"{path}/Variable")
    if not _fits(name, operand):
        yield Problem(SCHEMA, f"Value is not of the type that {name} compares with", f"{path}/{name}")


def _fits(name: str, operand: Any) -> bool:
    if name in choice.OPERATORS:
        return choice.OPERATORS[name][0](operand) is not None
    if name.endswith("Path"):
        return is_path(operand)
    return isinstance(operand, str if name == "StringMatches" else bool)


def lines(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Branches and item processors."""
    if state.get("Type") == "Parallel" and "Branches" in state and (
        not isinstance(state["Branches"], list) or not state["Branches"]
    ):  # fmt: skip
        yield Problem(SCHEMA, "Value must be a non-empty array", f"{path}/Branches")
    if state.get("Type") != "Map":
        return
    if "Iterator" not in state:
        yield from required(path, state, ["ItemProcessor"])


def credentials(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Recorded."""
    given = state.get("Credentials")
    if isinstance(given, dict) and not {"RoleArn", "RoleArn.$"} & set(given):
        yield Problem(SCHEMA, "The field 'RoleArn' is required but was missing", f"{path}/Credentials")


RULES: tuple[Rule, ...] = (
    kinds_inside,
    type_and_fields, query_language, transition, wait, exclusive, variables, templates, paths_of_fields, errors, choices, lines,
    credentials, expressions, distributed,
)  # fmt: skip


def resource(path: str, arn: str, type: str, check: ResourceCheck | None) -> Iterator[Problem]:
    """Recorded: unknown resources, and what an express machine can't wait for (two spaces in one of the messages)."""
    if type == "EXPRESS" and ":activity:" in arn:
        yield Problem(SCHEMA, "Express state machine does not support Activity ARN", f"{path}/Resource")
    elif type == "EXPRESS" and arn.endswith((".sync", ".sync:2")):
        yield Problem(SCHEMA, "Express state machine does not support '.sync' service integration", f"{path}/Resource")
    elif type == "EXPRESS" and arn.endswith(".waitForTaskToken"):
        message = "Express state machine does not support '.waitForTaskToken' service integration "
        yield Problem(SCHEMA, message, f"{path}/Resource")
    elif check is not None and (wrong := check(arn)) is not None:
        yield Problem(SCHEMA, wrong, f"{path}/Resource")
