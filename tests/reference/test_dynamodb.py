"""DynamoDB against AWS's own DynamoDB Local: the same calls to both give the same.

    pytest -m reference                         20,000 calls, the same in every run
    pytest -m reference --reference-calls 100000 --reference-seed 7

What AWS does differently today is in ``cases/dynamodb_reference.json``, each with the reason; anything else is a failure, shrunk
to few calls.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded

from .calls import Scenario, scenarios
from .compare import TABLE, Pair, pattern
from .local import Local

AT_ONCE = 250
"""Scenarios that hypothesis draws before the calls are counted."""


@pytest.fixture
def pair(dynamodb_local: Local) -> Iterator[Pair]:
    pair = Pair(dynamodb_local)
    yield pair
    print(f"\n{pair.report()}")


@pytest.mark.reference
def test_the_same_calls_give_the_same(pair: Pair, request: pytest.FixtureRequest) -> None:
    wanted, first = (int(request.config.getoption(f"--reference-{name}")) for name in ("calls", "seed"))
    for number in itertools.count(first):
        if pair.calls >= wanted:
            break

        @seeded(number)
        @settings(
            max_examples=AT_ONCE,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(scenarios())
        def check(scenario: Scenario) -> None:
            pair.play(scenario)

        check()


def test_the_table_of_differences() -> None:
    """Every row says what, why and from where, and its patterns can be read."""
    for row in TABLE["differences"]:
        assert all(row[name] for name in ("what", "why", "source"))
        assert pattern(row["aws"]).groups >= 0
        assert pattern(row["reference"]).groups >= 0
