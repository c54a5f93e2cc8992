"""What AWS refuses in the rules of a Choice state.

https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html. Messages were measured by users of AWS with
ValidateStateMachineDefinition (https://github.com/badmintoncryer/cdk-preflight, rule pf-sfn-asl-choice-rules), but for those
that are called guesses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import choice, times
from .definition import SCHEMA, Level, Problem
from .expressions import is_expression
from .fields import EMPTY, is_jsonata, only_one, only_one_of_these, required, unsupported
from .path_fields import reference

SELECTORS = (*choice.COMBINED, "Variable", "Condition")
ONE_SELECTOR = f"The object must have only one of the following fields, [{', '.join(SELECTORS)}]"
COMPARISONS = tuple(o + p for o in choice.OPERATORS for p in ("", "Path"))
COMPARATORS = (
    *sorted(COMPARISONS, key=lambda o: not o.startswith("String")),
    "StringMatches",
    *choice.TESTS,
    "IsPresent",
)
"""StringEquals comes first; in which order the others stand in the message is a guess."""


def choices(level: Level, path: str, name: str, state: dict[str, Any]) -> Iterator[Problem]:
    """Rules of a Choice state."""
    if state.get("Type") != "Choice" or not isinstance(state.get("Choices"), list):
        return
    if not state["Choices"]:
        yield Problem(SCHEMA, EMPTY, f"{path}/Choices")
    for i, rule in enumerate(state["Choices"]):
        where = f"{path}/Choices[{i}]"
        if not isinstance(rule, dict):
            continue  # told elsewhere
        yield from required(where, rule, ["Next"])
        yield from _condition(where, rule) if is_jsonata(level, state) else _rule(where, rule, True)


def _condition(path: str, rule: dict[str, Any]) -> Iterator[Problem]:
    for name in rule:
        if name == "Variable" or name in choice.ALL_OPERATORS:
            only = f"field '{name}' is only supported for the 'JSONPath' QueryLanguage"
            yield Problem(SCHEMA, f"The QueryLanguage is set to 'JSONata', but {only}", path)
    yield from unsupported(
        path, rule, frozenset({"Condition", "Next", "Output", "Assign", "Comment", "Variable", *choice.ALL_OPERATORS})
    )
    if sum(s in rule for s in SELECTORS) != 1:
        yield Problem(SCHEMA, ONE_SELECTOR, path)
    condition = rule.get("Condition", True)
    if not isinstance(condition, bool) and not is_expression(condition):
        # a guess
        yield Problem(SCHEMA, "Value must be a boolean or a JSONata expression", f"{path}/Condition")


def _rule(path: str, rule: Any, top: bool) -> Iterator[Problem]:
    if not isinstance(rule, dict):
        yield Problem(SCHEMA, "Expected value of type [OBJECT]", path)
        return
    if "Condition" in rule:
        only = "field 'Condition' is only supported for the 'JSONata' QueryLanguage"
        yield Problem(SCHEMA, f"The QueryLanguage is set to 'JSONPath', but {only}", path)
    extra = {"Next", "Assign", "Comment", "Condition"} if top else {"Comment", "Condition"}
    yield from unsupported(path, rule, frozenset({*choice.ALL_OPERATORS, "Variable", *extra}))
    selectors = [s for s in SELECTORS if s in rule]
    if len(selectors) != 1:
        yield Problem(SCHEMA, ONE_SELECTOR, path)
    elif selectors[0] in choice.COMBINED:
        yield from _combined(path, selectors[0], rule[selectors[0]])
    elif selectors[0] == "Variable":
        yield from _comparison(path, rule)


def _combined(path: str, name: str, operand: Any) -> Iterator[Problem]:
    if name == "Not":
        yield from _rule(f"{path}/Not", operand, False)
    elif not isinstance(operand, list):
        yield Problem(SCHEMA, "Expected value of type [ARRAY]", f"{path}/{name}")
    elif not operand:
        yield Problem(SCHEMA, EMPTY, f"{path}/{name}")
    else:
        for i, r in enumerate(operand):
            yield from _rule(f"{path}/{name}[{i}]", r, False)


def _comparison(path: str, rule: dict[str, Any]) -> Iterator[Problem]:
    yield from reference(f"{path}/Variable", rule["Variable"])
    names = [k for k in rule if k in COMPARATORS]
    if len(names) != 1:
        yield Problem(SCHEMA, (only_one if names else only_one_of_these)(COMPARATORS), path)
        return
    name, operand = names[0], rule[names[0]]
    if name.endswith("Path"):
        yield from reference(f"{path}/{name}", operand)
    else:
        message = _misfit(name, operand)
        if message is not None:
            yield Problem(SCHEMA, message, f"{path}/{name}")


def _misfit(name: str, operand: Any) -> str | None:
    """What is wrong with an operand: the words are those of other fields of its kind."""
    if name.startswith("Timestamp") and isinstance(operand, str):
        return None if times.parse(operand) is not None else "String does not match RFC3339 timestamp"
    if name.startswith(("String", "Timestamp")):
        return None if isinstance(operand, str) else "Expected value of type [STRING]"
    if name.startswith("Numeric"):
        return None if choice.OPERATORS[name][0](operand) is not None else "Expected value of type [NUMBER]"
    return None if isinstance(operand, bool) else "Expected value of type [BOOLEAN]"
