"""The fields of a definition: which there are, and what JSON may stand in them.

https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html and each state's page. Whole numbers and their
limits are those of the developer guide; see validation.py for the wordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .definition import SCHEMA, Level, Problem, language_of

COMMON = frozenset({"Type", "Comment", "QueryLanguage"})
FLOW = frozenset({"Next", "End"})
PATHS = frozenset({"InputPath", "OutputPath"})
RESULTS = frozenset({"Parameters", "ResultSelector", "ResultPath"})
ERRORS = frozenset({"Retry", "Catch"})
JSONATA_ONLY = frozenset({"Arguments", "Output", "Items"})
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
_JSONATA_LEFT = frozenset({"Output", "Assign"})
JSONATA_FIELDS: dict[str, frozenset[str]] = {
    "Pass": COMMON | FLOW | _JSONATA_LEFT,
    "Task": COMMON | FLOW | ERRORS | _JSONATA_LEFT
    | {"Resource", "Arguments", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
    "Choice": COMMON | _JSONATA_LEFT | {"Choices", "Default"},
    "Wait": COMMON | FLOW | _JSONATA_LEFT | {"Seconds", "Timestamp"},
    "Succeed": COMMON | {"Output"},
    "Fail": COMMON | {"Error", "Cause"},
    "Parallel": COMMON | FLOW | ERRORS | _JSONATA_LEFT | {"Branches", "Arguments"},
    "Map": COMMON | FLOW | ERRORS | _JSONATA_LEFT
    | {"ItemProcessor", "Iterator", "Items", "ItemSelector", "MaxConcurrency", "ItemReader", "ItemBatcher", "ResultWriter",
       "Label", "ToleratedFailureCount", "ToleratedFailurePercentage"},
}  # fmt: skip
ALTERNATIVES = (
    *((f, f + "Path") for f in ("Error", "Cause", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency",
                                "ToleratedFailureCount", "ToleratedFailurePercentage")),
    ("ItemProcessor", "Iterator"), ("ItemSelector", "Parameters"),
)  # fmt: skip
JSONPATH_ONLY = frozenset().union(*FIELDS.values()) - frozenset().union(*JSONATA_FIELDS.values())
REQUIRED = {"Task": ["Resource"], "Choice": ["Choices"], "Parallel": ["Branches"]}
MACHINE_FIELDS = frozenset({"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"})
EMPTY = "Value cannot be empty"
OBJECT, ARRAY, TEXT, FLAG = (dict, "[OBJECT]"), (list, "[ARRAY]"), (str, "[STRING]"), (bool, "[BOOLEAN]")
KINDS: dict[str, tuple[type, str]] = {
    **dict.fromkeys(("Type", "Comment", "StartAt", "Next", "Default", "Resource", "Error", "Cause", "Timestamp"), TEXT),
    **dict.fromkeys(("Retry", "Catch", "Branches", "Choices", "ErrorEquals"), ARRAY),
    **dict.fromkeys(("ItemProcessor", "Iterator", "ProcessorConfig", "Credentials", "Assign", "States"), OBJECT),
    "End": FLAG,
}
"""What JSON may stand in a field. The wording is measured for Integer (cdk-preflight, rule pf-sfn-asl-numeric-ranges) and for the
text of QueryLanguage (see definition.language_of()); for others it is a guess after that text's."""
CONSTANT = frozenset(
    {"Type", "StartAt", "Next", "Default", "Resource", "Retry", "Catch", "Branches", "Choices", "Assign", "States"}
)
"""Fields that no expression may stand for: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"""
MOST_SECONDS = 99_999_999
INTEGERS: dict[str, tuple[int, int | None]] = {
    "Seconds": (0, MOST_SECONDS), "TimeoutSeconds": (1, MOST_SECONDS), "HeartbeatSeconds": (1, MOST_SECONDS),
    "IntervalSeconds": (0, MOST_SECONDS), "MaxAttempts": (0, MOST_SECONDS), "MaxDelaySeconds": (1, 31_622_400),
    "MaxConcurrency": (0, None), "ToleratedFailureCount": (0, None),
}  # fmt: skip
"""The least and the most that a whole number may be; a machine's TimeoutSeconds may be 0 (both measured, see KINDS)."""
ENUMS = {
    "ExecutionType": ("STANDARD", "EXPRESS"),
    "Version": ("1.0",),
    "Mode": ("INLINE", "DISTRIBUTED"),
    "JitterStrategy": ("NONE", "FULL"),
}
_PROCESSOR = frozenset({"StartAt", "States", "Comment", "ProcessorConfig"})
INNER: dict[str, frozenset[str]] = {
    "Retry": frozenset({"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds",
                        "JitterStrategy", "Comment"}),
    "Catch": frozenset({"ErrorEquals", "Next", "ResultPath", "Assign", "Comment"}),
    "Branches": frozenset({"StartAt", "States", "Comment"}),
    "ItemProcessor": _PROCESSOR,
    "Iterator": _PROCESSOR,
    "ProcessorConfig": frozenset({"Mode", "ExecutionType"}),
}  # fmt: skip
"""The fields of what is inside a state."""


def is_jsonata(level: Level, state: dict[str, Any]) -> bool:
    """Is the state written in JSONata?"""
    return language_of(state, level.language) == "JSONata"


def _bucket(name: str) -> int:
    """Where Java's HashSet keeps a text, which is how AWS orders the fields (recorded for two pairs of them)."""
    number = 0
    for letter in name:
        number = (31 * number + ord(letter)) & 0xFFFFFFFF
    return (number ^ number >> 16) & 15


def required(path: str, body: dict[str, Any], names: list[str]) -> Iterator[Problem]:
    """Recorded."""
    missing = sorted((n for n in names if n not in body), key=_bucket)
    if missing:
        yield Problem(SCHEMA, f"These fields are required: [{', '.join(missing)}]", path)


def unsupported(path: str, body: dict[str, Any], allowed: frozenset[str]) -> Iterator[Problem]:
    """Reported."""
    for name in body:
        if name not in allowed:
            yield Problem(SCHEMA, f"Field '{name}' is not supported", path)


def kinds(path: str, body: dict[str, Any], jsonata: bool = False) -> Iterator[Problem]:
    """Every field holds the kind of JSON that it is for; an expression of JSONata may give any."""
    for name, value in body.items():
        place = f"{path.rstrip('/')}/{name}"
        kind, called = KINDS.get(name, (object, ""))
        if jsonata and isinstance(value, str) and value.startswith("{%") and name not in CONSTANT:
            continue
        if not isinstance(value, kind):
            yield Problem(SCHEMA, f"Expected value of type {called}", place)
        elif name in INTEGERS:
            least, most = INTEGERS[name]
            yield from whole(place, value, 0 if path == "/" else least, most)
        elif name in ENUMS and value not in ENUMS[name]:
            yield Problem(SCHEMA, f"Value should be one of the following: [{', '.join(ENUMS[name])}]", place)


def whole(place: str, value: Any, least: int, most: int | None = None) -> Iterator[Problem]:
    """A whole number from ``least`` to ``most``."""
    if not isinstance(value, int) or isinstance(value, bool):
        yield Problem(SCHEMA, "Expected value of type Integer", place)
    else:
        yield from _between(place, value, least, most)


def number(place: str, value: Any, least: float, most: float | None = None) -> Iterator[Problem]:
    """A number from ``least`` to ``most``; the limits are shown with a decimal point, the word Float is a guess."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield Problem(SCHEMA, "Expected value of type Float", place)
    else:
        yield from _between(place, value, least, most)


def _between(place: str, value: float, least: float, most: float | None) -> Iterator[Problem]:
    if value < least:
        yield Problem(SCHEMA, f"Minimum value is {least}", place)
    elif most is not None and value > most:
        yield Problem(SCHEMA, f"Maximum value is {most}", place)


def only_one(names: Sequence[str]) -> str:
    """Several fields where one is allowed (measured: cdk-preflight, rules pf-sfn-asl-path-exclusive, -wait-timing, -next-end)."""
    return f"There should only be one of the following fields: [{', '.join(names)}]"


def only_one_of_these(names: Sequence[str]) -> str:
    """No field where one is required (measured likewise)."""
    return f"This object should have only one of the following fields: [{', '.join(names)}]"


def kinds_inside(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """The state's own fields, and those of what is in it."""
    jsonata = is_jsonata(level, state)
    yield from kinds(path, state, jsonata)
    for field in ("Retry", "Catch", "Choices", "Branches"):
        for i, entry in enumerate(state[field] if isinstance(state.get(field), list) else ()):
            if isinstance(entry, dict):
                yield from _inside(f"{path}/{field}[{i}]", field, entry, jsonata)
            else:
                yield Problem(SCHEMA, "Expected value of type [OBJECT]", f"{path}/{field}[{i}]")
    for field in ("ItemProcessor", "Iterator"):
        processor = state.get(field)
        if isinstance(processor, dict):
            yield from _inside(f"{path}/{field}", field, processor, jsonata)
            config = processor.get("ProcessorConfig")
            if isinstance(config, dict):
                yield from _inside(f"{path}/{field}/ProcessorConfig", "ProcessorConfig", config, jsonata)


def _inside(path: str, what: str, body: dict[str, Any], jsonata: bool) -> Iterator[Problem]:
    yield from kinds(path, body, jsonata and what != "Retry")  # what a retrier takes is constant
    if what in INNER:
        allowed = INNER[what]
        if what == "Catch" and jsonata:
            allowed = (allowed - {"ResultPath"}) | {"Output"}
        yield from unsupported(path, body, allowed)
    if what == "ProcessorConfig":  # measured: cdk-preflight, rule pf-sfn-asl-map-distributed
        if body.get("Mode") == "DISTRIBUTED":
            yield from required(path, body, ["ExecutionType"])
        elif "ExecutionType" in body:
            yield Problem(SCHEMA, "Field 'ExecutionType' is not supported", path)
