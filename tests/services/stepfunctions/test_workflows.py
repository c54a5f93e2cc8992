"""Workflows that people have published: each is valid, and runs to its end in a cloud with stubs for what lies outside.

They are not part of the project; tests/conftest.py says where they are looked for. What a workflow expects of its
input and of its tasks' results is read off its paths, so the same made-up document serves as both; where that is not enough,
tests/cases/stepfunctions_workflows.json has what it is given. Tasks go the way of all calls: requests are checked against
botocore's models, and answers have the shape of the operation.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.model import NoShapeFoundError

from mock_serverless import mock_cloud
from mock_serverless.core.errors import NotSupported
from mock_serverless.core.operation import service_model
from mock_serverless.services.stepfunctions.integrations.resources import KNOWN
from mock_serverless.services.stepfunctions.language import parse, validate
from mock_serverless.services.stepfunctions.language.definition import levels
from mock_serverless.services.stepfunctions.results import ExecutionResult

from ...conftest import CORPORA
from .stage import Stage

CASES = Path(__file__).resolve().parents[2] / "cases"
FILES = sorted((CORPORA / "workflows").glob("*.json"))
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
CONNECTION = "arn:aws:events:us-east-1:123456789012:connection/c/1"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
STEP = r"\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]"
PATH = re.compile(
    r"\$(?:states\.(?:input|result)|\$\.Execution\.Input|\$\.Map\.Item\.Value)?((?:\.[\w-]+|\[\d+\]|\['[^']+'\])+)"
)
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SAID: dict[str, dict[str, Any]] = json.loads((CASES / "stepfunctions_workflows.json").read_text())["workflows"]

pytestmark = pytest.mark.skipif(not FILES, reason=f"no workflows in {CORPORA}")


PUT_IN = {
    "Partition": "aws",
    "AWSPartition": "aws",
    "APIID": "abcdefghij",
    "REGION": "us-east-1",
    "WebSocketApiEndpoint": "abcdefghij.execute-api.us-east-1.amazonaws.com",
}
"""What a deployment puts in place of these names; for others their own name will do."""


def definition_of(path: Path, replace: dict[str, str]) -> dict[str, Any]:
    """The definition, with something in place of what a deployment puts in."""
    text = path.read_text(encoding="utf-8")
    for name, value in {
        "'api_endpoint'": "'https://api.example.com/'",
        "'ConnectionArn'": f"'{CONNECTION}'",
        **replace,
    }.items():
        text = text.replace(name, value)
    text = re.sub(r'"Resource"\s*:\s*"\$\{\w+\}"', f'"Resource": "{FUNCTION}"', text)
    found: dict[str, Any] = json.loads(PLACEHOLDER.sub(lambda m: PUT_IN.get(m[1], m[1]), text))
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


def known(service: str, shape: str, member: str) -> bool:
    """Does this botocore's model know it?"""
    try:
        return member in service_model(service).shape_for(shape).members
    except (NotSupported, NoShapeFoundError):
        return False


@pytest.mark.parametrize("path", FILES or [None], ids=lambda p: p.stem[:60] if p else "none")
def test_it_is_valid_and_runs_to_its_end(path: Path) -> None:
    said = SAID.get(path.stem, {})
    if "needs" in said and not known(*said["needs"]):
        pytest.skip(f"the model of this botocore has no {said['needs']}")
    definition = definition_of(path, said.get("replace", {}))
    text = json.dumps(definition)
    assert isinstance(parse(text), dict)
    assert [str(p) for p in validate(text, "STANDARD", KNOWN) if p.severity == "ERROR"] == []
    document = document_for(definition)
    with mock_cloud(clock=NOON) as cloud:
        found = Stage(cloud, definition, document, said).run(said.get("input", document))
        cloud.failures.clear()
    end = said.get("ends")
    assert (found.status, found.error) == (("FAILED", end["error"]) if end else ("SUCCEEDED", None)), found.explain()
    if not end:
        went_wrong = {name for name, status in found.statuses.items() if status != "SUCCEEDED"}
        assert went_wrong == set(said.get("caught", ())), found.explain()
    check_description(found)


def check_description(found: ExecutionResult) -> None:
    """The story tells of every state that was visited, and so does each picture, which has all states besides."""
    story, mermaid, svg = found.explain(), found.mermaid(), ElementTree.fromstring(found.svg())
    drawn = "".join(svg.itertext())
    for name in found.states:
        assert name in story
    for level in levels(found.definition):
        for name in level.body["States"]:
            assert name.split(" ")[0].replace('"', "#quot;") in mermaid
            assert name.split(" ")[0] in drawn


def test_what_is_said_is_said_of_workflows_that_there_are() -> None:
    assert set(SAID) <= {path.stem for path in FILES}
    assert all(said["ends"]["why"] for said in SAID.values() if "ends" in said)
