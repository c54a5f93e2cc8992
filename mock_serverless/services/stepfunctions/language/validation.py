"""What AWS refuses in a definition: one function per rule, each yielding problems.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html. Wordings marked
"recorded" come from AWS's answers; "reported" from answers quoted by users; the others are guesses in the same style.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from . import choice, intrinsics, paths, times
from .definition import Level, Problem, levels, objects, parse
from .transitions import ends, unknown_targets

SCHEMA = "SCHEMA_VALIDATION_FAILED"
ResourceCheck = Callable[[str], str | None]
"""A resource's ARN -> what is wrong with it."""
Rule = Callable[[Level, str, str, dict[str, Any]], Iterator[Problem]]

COMMON = frozenset({"Type", "Comment", "QueryLanguage"})
FLOW = frozenset({"Next", "End"})
PATHS = frozenset({"InputPath", "OutputPath"})
RESULTS = frozenset({"Parameters", "ResultSelector", "ResultPath"})
ERRORS = frozenset({"Retry", "Catch"})
JSONATA_ONLY = frozenset({"Arguments", "Output", "Items"})
# field tables: https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html and each state's page
FIELDS: dict[str, frozenset[str]] = {
    "Pass": COMMON | FLOW | PATHS | {"Result", "ResultPath", "Parameters", "Assign"},
    "Task": COMMON | FLOW | PATHS | RESULTS | ERRORS
    | {"Resource", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath", "Credentials", "Assign"},
    "Choice": COMMON | PATHS | {"Choices", "Default", "Assign"},
    "Wait": COMMON | FLOW | PATHS | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Assign"},
    "Succeed": COMMON | PATHS,
    "Fail": COMMON | {"Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": COMMON | FLOW | PATHS | RESULTS | ERRORS | {"Branches", "Assign"},
    "Map": COMMON | FLOW | PATHS | RESULTS | ERRORS
    | {"ItemProcessor", "Iterator", "ItemsPath", "ItemSelector", "MaxConcurrency", "MaxConcurrencyPath", "Assign",
       "ItemReader", "ItemBatcher", "ResultWriter", "Label", "ToleratedFailureCount", "ToleratedFailureCountPath",
       "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
}  # fmt: skip
REQUIRED = {"Task": ["Resource"], "Choice": ["Choices"], "Parallel": ["Branches"]}
MACHINE_FIELDS = frozenset({"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"})
OBJECT, ARRAY, TEXT, FLAG = (dict, "Object"), (list, "Array"), (str, "String"), (bool, "Boolean")
KINDS: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("Type", "Comment", "StartAt", "Next", "Default", "Resource", "Error", "Cause", "Timestamp"), TEXT),
    **dict.fromkeys(("Retry", "Catch", "Branches", "Choices", "ErrorEquals"), ARRAY),
    **dict.fromkeys(("ItemProcessor", "Iterator", "ProcessorConfig", "Credentials", "Assign", "States"), OBJECT),
    "End": FLAG,
}
"""What JSON may stand in a field (the wording is a guess)."""
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
    return found or [p for rule in (unknown_targets, ends) for p in rule(definition)]


def check_state(state: dict[str, Any], check_resource: ResourceCheck | None = None) -> list[Problem]:
    """All that is wrong with one state by itself; where it leads doesn't count."""
    level = Level("", {"StartAt": "", "States": {"": state}}, "JSONPath", 0)
    return [p for inner in levels(level.body) for p in _check_level(inner, "STANDARD", check_resource)]


def _check_level(level: Level, type: str, check_resource: ResourceCheck | None) -> Iterator[Problem]:
    yield from required(level.path or "/", level.body, ["StartAt", "States"])
    if level.depth == 0:
        yield from kinds("/", level.body)
        yield from unsupported("/", level.body, MACHINE_FIELDS)
        yield from machine_timeout(level)
    if not level.body.get("States", {"": 1}):
        yield Problem(SCHEMA, "Value must not be empty", f"{level.path}/States")
    for name, state in level.body["States"].items() if isinstance(level.body.get("States"), dict) else ():
        if not isinstance(state, dict):
            yield Problem(SCHEMA, "Expected value of type Object", f"{level.path}/States/{name}")
    for path, name, state in level.states():
        for rule in RULES:
            yield from rule(level, path, name, state)
        if state.get("Type") == "Task" and isinstance(state.get("Resource"), str):
            yield from resource(path, state["Resource"], type, check_resource)


def required(path: str, body: dict[str, Any], names: list[str]) -> Iterator[Problem]:
    """Recorded."""
    missing = [n for n in names if n not in body]
    if missing:
        yield Problem(SCHEMA, f"These fields are required: [{', '.join(missing)}]", path)


def unsupported(path: str, body: dict[str, Any], allowed: frozenset[str]) -> Iterator[Problem]:
    """Reported."""
    for name in body:
        if name not in allowed:
            yield Problem(SCHEMA, f"Field '{name}' is not supported", path)


def kinds(path: str, body: dict[str, Any]) -> Iterator[Problem]:
    """Every field holds the kind of JSON that it is for."""
    for name, value in body.items():
        kind, called = KINDS.get(name, (object, ""))
        if not isinstance(value, kind):
            yield Problem(SCHEMA, f"Expected value of type {called}", f"{path.rstrip('/')}/{name}")


def kinds_inside(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """The state's own fields, and those of what is in it."""
    yield from kinds(path, state)
    for field in ("Retry", "Catch", "Choices", "Branches"):
        for i, entry in enumerate(state[field] if isinstance(state.get(field), list) else ()):
            if isinstance(entry, dict):
                yield from kinds(f"{path}/{field}[{i}]", entry)
            else:
                yield Problem(SCHEMA, "Expected value of type Object", f"{path}/{field}[{i}]")
    processor = state.get("ItemProcessor", state.get("Iterator"))
    if isinstance(processor, dict):
        yield from kinds(f"{path}/ItemProcessor", processor)


def machine_timeout(level: Level) -> Iterator[Problem]:
    """A number of seconds."""
    seconds = level.body.get("TimeoutSeconds", 1)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= 99_999_999:
        yield Problem(SCHEMA, "Value must be an integer between 1 and 99999999", "/TimeoutSeconds")


# ---------------------------------------------------------------------- rules for one state


def type_and_fields(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Each type has its fields; what belongs to JSONata is named as such (reported)."""
    if "Type" not in state:
        yield from required(path, state, ["Type"])
        return
    allowed = FIELDS.get(state["Type"]) if isinstance(state["Type"], str) else None
    if allowed is None:
        yield Problem(SCHEMA, f"Value is not one of: [{', '.join(FIELDS)}]", f"{path}/Type")
        return
    if "JSONata" in (level.language, state.get("QueryLanguage")):
        return
    for field in state:
        if field in JSONATA_ONLY:
            only = f"field '{field}' is only supported for the 'JSONata' QueryLanguage"
            yield Problem(SCHEMA, f"The QueryLanguage is set to 'JSONPath', but {only}", path)
        elif field not in allowed:
            yield Problem(SCHEMA, f"Field '{field}' is not supported", path)
    yield from required(path, state, REQUIRED.get(state["Type"], []))


def query_language(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Recorded: a state can't go back to JSONPath."""
    language = state.get("QueryLanguage")
    if language == "JSONPath" and level.language == "JSONata":
        yield Problem(SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", path)
    elif language not in (None, "JSONPath", "JSONata"):
        yield Problem(SCHEMA, "Value is not one of: [JSONPath, JSONata]", f"{path}/QueryLanguage")


def transition(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Every state but Choice, Succeed and Fail goes on or ends."""
    if state.get("Type") in ("Pass", "Task", "Wait", "Parallel", "Map") and ("Next" in state) == (
        state.get("End") is True
    ):
        yield Problem(SCHEMA, "Exactly one of these fields is required: [Next, End]", path)


def wait(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Exactly one way to say how long; the wording for timestamps is recorded."""
    if state.get("Type") != "Wait" or _jsonata(level, state):
        return
    ways = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"]
    if sum(w in state for w in ways) != 1:
        yield Problem(SCHEMA, f"Exactly one of these fields is required: [{', '.join(ways)}]", path)
    seconds = state.get("Seconds", 0)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= 99_999_999:
        yield Problem(SCHEMA, "Value must be an integer between 0 and 99999999", f"{path}/Seconds")
    timestamp = state.get("Timestamp")
    if timestamp is not None and (not isinstance(timestamp, str) or times.parse(timestamp) is None):
        yield Problem(SCHEMA, "String does not match RFC3339 timestamp", f"{path}/Timestamp")


def exclusive(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """A field, or its path."""
    for field in ("Error", "Cause", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency", "ToleratedFailureCount"):
        if field in state and field + "Path" in state:
            yield Problem(SCHEMA, f"Only one of these fields is allowed: [{field}, {field}Path]", path)


def templates(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Members named ``x.$`` hold a path or a call (reported)."""
    if _jsonata(level, state):
        return
    places = [(path, state)] + [(f"{path}/Catch[{i}]", c) for i, c in enumerate(objects(state.get("Catch")))]
    places += [(f"{path}/Choices[{i}]", c) for i, c in enumerate(objects(state.get("Choices")))]
    for where, body in places:
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
            if not isinstance(names, list) or not names:
                yield Problem(SCHEMA, "Value must be a non-empty array of strings", f"{where}/ErrorEquals")
            elif "States.ALL" in names and (len(names) > 1 or i < len(entries) - 1):
                message = "'States.ALL' must appear alone and in the last " + (
                    "Retrier" if field == "Retry" else "Catcher"
                )
                yield Problem(SCHEMA, message, f"{where}/ErrorEquals")
            if field == "Retry":
                yield from _retrier(where, entry)


def _retrier(where: str, entry: dict[str, Any]) -> Iterator[Problem]:
    for field, least, kinds in (("IntervalSeconds", 1, (int,)), ("MaxAttempts", 0, (int,)), ("BackoffRate", 1, (int, float)),
                                ("MaxDelaySeconds", 1, (int,))):  # fmt: skip
        value = entry.get(field, least)
        if isinstance(value, bool) or not isinstance(value, kinds) or value < least:
            yield Problem(SCHEMA, f"Value must be a number of at least {least}", f"{where}/{field}")
    if entry.get("JitterStrategy", "NONE") not in ("NONE", "FULL"):
        yield Problem(SCHEMA, "Value is not one of: [NONE, FULL]", f"{where}/JitterStrategy")


def choices(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Rules of a Choice state (reported: Next is required)."""
    if state.get("Type") != "Choice" or "Choices" not in state or _jsonata(level, state):
        return
    rules = state["Choices"]
    if not isinstance(rules, list) or not rules:
        yield Problem(SCHEMA, "Value must be a non-empty array", f"{path}/Choices")
        return
    for i, rule in enumerate(rules):
        where = f"{path}/Choices[{i}]"
        if isinstance(rule, dict):
            yield from required(where, rule, ["Next"])
        yield from _choice_rule(where, rule, True)


def _choice_rule(path: str, rule: Any, top: bool) -> Iterator[Problem]:
    if not isinstance(rule, dict):
        yield Problem(SCHEMA, "Expected value of type Object", path)
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
    processor = state.get("ItemProcessor")
    if isinstance(processor, dict) and "QueryLanguage" in processor:
        yield Problem(SCHEMA, "Field 'QueryLanguage' is not supported", f"{path}/ItemProcessor")


def credentials(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Recorded."""
    given = state.get("Credentials")
    if isinstance(given, dict) and not {"RoleArn", "RoleArn.$"} & set(given):
        yield Problem(SCHEMA, "The field 'RoleArn' is required but was missing", f"{path}/Credentials")


def _jsonata(level: Level, state: dict[str, Any]) -> bool:
    return bool(state.get("QueryLanguage", level.language) == "JSONata")


RULES: tuple[Rule, ...] = (
    kinds_inside,
    type_and_fields, query_language, transition, wait, exclusive, templates, paths_of_fields, errors, choices, lines, credentials,
)  # fmt: skip


def resource(path: str, arn: str, type: str, check: ResourceCheck | None) -> Iterator[Problem]:
    """Recorded: unknown resources, and what an express machine can't wait for (two spaces in one of the messages)."""
    if type == "EXPRESS" and arn.endswith((".sync", ".sync:2")):
        yield Problem(SCHEMA, "Express state machine does not support '.sync' service integration", f"{path}/Resource")
    elif type == "EXPRESS" and arn.endswith(".waitForTaskToken"):
        message = "Express state machine does not support '.waitForTaskToken' service integration "
        yield Problem(SCHEMA, message, f"{path}/Resource")
    elif check is not None and (wrong := check(arn)) is not None:
        yield Problem(SCHEMA, wrong, f"{path}/Resource")
