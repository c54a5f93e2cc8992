"""Where states lead: every name is a state of the same line, every state is reached, every line has an end.

Where nothing else is said, wordings are those which users of AWS report.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .definition import Problem, levels, objects

TARGET = "MISSING_TRANSITION_TARGET"


def targets(path: str, state: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(place, name) of every state that a state may go on to."""
    if "Next" in state:
        yield f"{path}/Next", state["Next"]
    for i, rule in enumerate(objects(state.get("Choices"))):
        if "Next" in rule:
            yield f"{path}/Choices[{i}]/Next", rule["Next"]
    if "Default" in state:
        yield f"{path}/Default", state["Default"]
    for i, catcher in enumerate(objects(state.get("Catch"))):
        if "Next" in catcher:
            yield f"{path}/Catch[{i}]/Next", catcher["Next"]


LONGEST, LONGEST_LABEL = 80, 40


def names(definition: dict[str, Any]) -> Iterator[Problem]:
    """Names of states are unique in the whole machine, and at most 80 characters long; so are labels of maps, 40 long.

    https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html. Codes and messages were measured by users
    of AWS (https://github.com/badmintoncryer/cdk-preflight, rules pf-sfn-asl-name-limits, -duplicate-state-name), but for how the
    too long name stands in them, and the place of what is doubled.
    """
    seen: set[str] = set()
    labels: set[str] = set()
    for level in levels(definition):
        for path, name, state in level.states():
            if len(name) > LONGEST:
                yield Problem("INVALID_STATE_NAME", _too_long("State", name, LONGEST), path)
            if name in seen:
                yield Problem("DUPLICATE_STATE_NAME", f"Duplicate State name: {name}", path)
            seen.add(name)
            label = state.get("Label")
            if not isinstance(label, str):
                continue
            if len(label) > LONGEST_LABEL:
                yield Problem("INVALID_LABEL_NAME", _too_long("Label", label, LONGEST_LABEL), f"{path}/Label")
            if label in labels:
                yield Problem("DUPLICATE_LABEL_NAME", f"Duplicate Label name: {label}", f"{path}/Label")
            labels.add(label)


def _too_long(what: str, name: str, most: int) -> str:
    return f"Invalid {what} name: {name}. {what} exceeds the {most}-character limit allowed by the service"


def unknown_targets(definition: dict[str, Any]) -> Iterator[Problem]:
    """Reported: the message says 'Next' wherever the name stands."""
    for level in levels(definition):
        named = [(f"{level.path}/StartAt", level.body["StartAt"])]
        named += [t for path, _, state in level.states() for t in targets(path, state)]
        for place, name in named:
            if name not in level.body["States"]:
                yield Problem(TARGET, f"Missing 'Next' target: {name}", place)


def ends(definition: dict[str, Any]) -> Iterator[Problem]:
    """Reported: a workflow without an end is one problem without a place, and hides the states that are out of reach.

    Only the outermost line needs an end (measured: https://github.com/floci-io/floci/pull/2786). Out of reach is a state which
    nothing leads to; whether that is reached itself doesn't count (https://github.com/aws-cloudformation/cfn-lint/issues/4074).
    """
    for level in levels(definition):
        states = level.body["States"]
        if level.depth == 0 and not any(
            s.get("End") or s.get("Type") in ("Succeed", "Fail") for s in states.values() if isinstance(s, dict)
        ):
            yield Problem("MISSING_END_STATE", "Workflow has no terminal state")
            return
        named = {level.body["StartAt"], *(str(t) for path, _, state in level.states() for _, t in targets(path, state))}
        for path, name, _ in level.states():
            if name not in named:
                yield Problem(TARGET, f'State "{name}" is not reachable.', path)
