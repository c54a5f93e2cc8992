"""DynamoDB against AWS's own DynamoDB Local: the same calls to both give the same.

    pytest -m reference                         20,000 calls, the same in every run
    pytest -m reference --reference-calls 100000 --reference-seed 7

What AWS does differently today is in ``cases/dynamodb_reference.json``, each with the reason; anything else is a failure. The
first one ends the run: calls which it doesn't need are left out, for some seconds, and what remains is shown. Only calls of
scenarios freshly drawn are counted. A seed gives the same calls in every run with the same version of hypothesis.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from .calls import Scenario, scenarios
from .compare import TABLE, Disagreement, Pair, pattern
from .local import Local, wire

AT_ONCE = 250
"""Scenarios that hypothesis draws before the calls are counted."""

REDUCING = 20.0
"""Seconds at most for leaving calls out of a scenario in which the two differ."""


@pytest.fixture
def pair(dynamodb_local: Local) -> Iterator[Pair]:
    pair = Pair(dynamodb_local)
    yield pair
    print(f"\nhypothesis {hypothesis.__version__}; {pair.report()}")


@pytest.mark.reference
def test_the_same_calls_give_the_same(pair: Pair, request: pytest.FixtureRequest) -> None:
    wanted, first = (int(request.config.getoption(f"--reference-{name}")) for name in ("calls", "seed"))
    failed: list[Scenario] = []
    for number in itertools.count(first):
        if pair.calls >= wanted:
            break

        @seeded(number)
        @settings(
            max_examples=AT_ONCE,
            deadline=None,
            database=None,
            phases=(Phase.generate,),  # the first failure ends it
            suppress_health_check=list(HealthCheck),
        )
        @given(scenarios())
        def check(scenario: Scenario) -> None:
            try:
                pair.play(scenario)
            except Disagreement:
                failed.append(scenario)
                raise

        try:
            check()
        except Disagreement as difference:
            pytest.fail(reduced(pair, failed[-1], difference), pytrace=False)
    assert pair.calls >= wanted


def reduced(pair: Pair, scenario: Scenario, difference: Disagreement) -> str:
    """The difference, and the fewest calls found which show one of the same operation."""
    apart = Pair(pair.local)  # its calls are not counted
    until = time.monotonic() + REDUCING
    operation, calls = str(difference).partition(" ")[0], list(scenario.calls)
    for position in reversed(range(len(calls))):
        if time.monotonic() > until:
            break
        fewer = [*calls[:position], *calls[position + 1 :]]
        try:
            apart.play(Scenario(scenario.tables, tuple(fewer)))
        except Disagreement as still:
            if str(still).startswith(f"{operation} "):
                calls, difference = fewer, still
    used = {text for text in (t["TableName"] for t in scenario.tables) if text in repr(calls)}
    lines = [
        *(f"CreateTable {json.dumps(wire(t))}" for t in scenario.tables if t["TableName"] in used),
        *(f"{name} {json.dumps(wire(params))}" for name, params in calls),
    ]
    return f"{difference}\nin\n" + "\n".join(lines)


class Liar:
    """DynamoDB Local, which counts one item too many."""

    def __init__(self, local: Local) -> None:
        self.local = local

    def call(self, service: str, operation: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        status, body = self.local.call(service, operation, params)
        return status, body | {"Count": body["Count"] + 1} if body.get("Count") else body


@pytest.mark.reference
def test_a_difference_is_found_and_reduced(dynamodb_local: Local) -> None:
    pair = Pair(Liar(dynamodb_local))  # type: ignore[arg-type]
    table = {
        "TableName": "tab-one",
        "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    put, get = ({"TableName": "tab-one", name: {"p": {"S": "a"}}} for name in ("Item", "Key"))
    calls = (("GetItem", get), ("PutItem", put), ("GetItem", get), ("Scan", {"TableName": "tab-one"}))
    scenario = Scenario((table,), calls)
    with pytest.raises(Disagreement) as found:
        pair.play(scenario)
    lines = reduced(pair, scenario, found.value).splitlines()
    assert [line.partition(" ")[0] for line in lines[lines.index("in") :]] == ["in", "CreateTable", "PutItem"]


def test_the_table_of_differences() -> None:
    """Every row says what, why and from where, and its patterns can be read."""
    for row in TABLE["differences"]:
        assert all(row[name] for name in ("what", "why", "source"))
        assert pattern(row["aws"]).groups >= 0
        assert pattern(row["reference"]).groups >= 0
