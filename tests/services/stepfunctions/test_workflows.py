"""Workflows that people have published: each is valid, and runs to its end in a world which answers what it asks for.

They are not part of the project; tests/conftest.py says where they are looked for. What a workflow expects of its
input and of its tasks' results is read off its paths, so the same made-up document serves as both.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mock_serverless.services.stepfunctions.integrations.resources import unknown_resource
from mock_serverless.services.stepfunctions.language import Document, MapRunRequest, TaskRequest, parse, run, validate
from mock_serverless.services.stepfunctions.language.definition import levels

from ...conftest import CORPORA
from .simulation import CONTEXT, Simulation

FILES = sorted((CORPORA / "workflows").glob("*.json"))
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
STEP = r"\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]"
PATH = re.compile(
    r"\$(?:states\.(?:input|result)|\$\.Execution\.Input|\$\.Map\.Item\.Value)?((?:\.[\w-]+|\[\d+\]|\['[^']+'\])+)"
)
MOST_EVENTS = 3000
GONE = "lookoutvision"  # a service which is no longer in newer models of botocore's

pytestmark = pytest.mark.skipif(not FILES, reason=f"no workflows in {CORPORA}")


def definition_of(path: Path) -> dict[str, Any]:
    """The definition, with something in place of what a deployment puts in."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'"Resource"\s*:\s*"\$\{\w+\}"', f'"Resource": "{FUNCTION}"', text)
    text = text.replace("${Partition}", "aws").replace("${AWSPartition}", "aws")
    found: dict[str, Any] = json.loads(PLACEHOLDER.sub(r"\1", text))
    return found


def document_for(definition: dict[str, Any]) -> dict[str, Any]:
    """A document in which the definition's paths lead somewhere, from wherever a result may have been put."""
    document: dict[str, Any] = {}
    states = [state for level in levels(definition) for _, _, state in level.states()]
    for state in states:
        own = {k: v for k, v in state.items() if k not in ("Branches", "ItemProcessor", "Iterator")}
        for path in PATH.findall(json.dumps(own)):
            put(document, path, "text")
        for rule in state.get("Choices", ()):
            expect(document, rule)
        for field, value in (("SecondsPath", 1), ("MaxConcurrencyPath", 1), ("TimestampPath", "2026-01-01T00:00:00Z")):
            if field in state:
                put(document, state[field][1:], value, over=True)
    for state in states:
        items = state.get("ItemsPath") or "".join(re.findall(r"\$states\.input([\w.]+)", str(state.get("Items"))))
        if items:
            put(document, items.lstrip("$"), [json.loads(json.dumps(document))], over=True)
    return document


def expect(document: dict[str, Any], rule: dict[str, Any]) -> None:
    """A value of the kind with which a choice rule compares, so that the first rules hold."""
    for inner in (*rule.get("And", ()), *rule.get("Or", ()), *([rule["Not"]] if "Not" in rule else [])):
        expect(document, inner)
    path = rule.get("Variable", "")
    if path.startswith("$."):
        for name, operand in rule.items():
            if name.endswith("Equals") and not isinstance(operand, (dict, list)):
                put(document, path[1:], operand, over=True)


def put(document: dict[str, Any], path: str, leaf: Any, over: bool = False) -> None:
    """A value at a path, and at the ends of that path."""
    steps = [a or b or int(c) for a, b, c in re.findall(STEP, path)]
    for start in range(len(steps)):
        if isinstance(steps[start], str):
            _put(document, steps[start:], leaf, over and start == 0)


def _put(value: Any, steps: list[str | int], leaf: Any, over: bool) -> None:
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(step, int):
            if not isinstance(value, list):
                return
            while len(value) <= step:
                value.append({})
        elif not isinstance(value, dict):
            return
        here = value[step] if isinstance(step, int) else value.get(step)  # type: ignore[index]
        if following is None:
            if over or here in (None, {}):
                value[step] = leaf  # type: ignore[index]
        elif not isinstance(here, (dict, list)):
            value[step] = [] if isinstance(following, int) else {}  # type: ignore[index]
        value = value[step]  # type: ignore[index]


class Obliging(Simulation):
    """Every task succeeds with the document; a workflow that goes round for ever is stopped."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__()
        self.document = document

    def emit(self, type: str, details: dict[str, Any], previous: int) -> int:
        if len(self.events) > MOST_EVENTS:
            raise Endless
        return super().emit(type, details, previous)

    async def task(self, request: TaskRequest) -> Document:
        return Document(self.document)

    async def map_run(self, request: MapRunRequest, redriven: str | None) -> Document:
        return Document([self.document])


class Endless(Exception):
    """It polls something that never changes here."""


def outcome(definition: dict[str, Any]) -> str:
    document = document_for(definition)
    world = Obliging(document)
    context = {**CONTEXT, "Execution": {**CONTEXT["Execution"], "Input": document}}
    work = run(definition, Document(document), world, context=context)
    try:
        work.send(None)
    except StopIteration as end:
        found = end.value
        return str(found.status if found.status == "SUCCEEDED" else f"{found.status} {found.error}: {found.cause}")
    except Endless:
        return "endless"
    raise AssertionError("it waits for something outside")


@pytest.mark.parametrize("path", FILES or [None], ids=lambda p: p.stem[:60] if p else "none")
def test_it_is_valid_and_runs_to_an_end(path: Path) -> None:
    definition = definition_of(path)
    found = [str(p) for p in validate(json.dumps(definition), "STANDARD", unknown_resource) if p.severity == "ERROR"]
    assert [p for p in found if GONE not in p] == []
    assert isinstance(parse(json.dumps(definition)), dict)
    assert outcome(definition).split(" ")[0] in ("SUCCEEDED", "FAILED", "endless")


def test_half_of_them_run_to_a_good_end_with_data_that_is_made_up_blindly() -> None:
    outcomes = [outcome(definition_of(path)) for path in FILES]
    assert sum(o == "SUCCEEDED" for o in outcomes) >= 0.5 * len(FILES), outcomes
