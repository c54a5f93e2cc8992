"""The demo: what it tells, and that it tells the same each time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mock_serverless import demo
from mock_serverless.cli import main

TOLD = [
    "customer POST /orders",
    "API Gateway invokes place_order",
    "place_order PutItem orders",
    "stream of orders INSERT",
    "start_workflow StartExecution o-1",
    "execution o-1 starts with",
    "execution o-1 enters IsItBig",
    "execution o-1 enters Approval",
    "execution o-1 invokes ask_for_approval",
    "execution o-1 waits for the answer to its task token",
    "a human SendTaskSuccess",
    "execution o-1 enters Ship",
    "execution o-1 invokes ship",
    "execution o-1 enters TimeToSendItBack",
    "execution o-1 enters Close",
    "execution o-1 UpdateItem orders",
    "execution o-1 has succeeded",
    "stream of orders MODIFY",
    "table orders holds",
]


def test_the_story() -> None:
    lines = list(demo.run())
    texts = [" ".join(line[16:].split()) for line in lines]
    assert [text[: len(told)] for text, told in zip(texts, TOLD, strict=True)] == TOLD
    assert [line[:16].strip() for line in lines if line[0] != " "] == [
        "Mon 02 Jun 09:00",
        "Thu 05 Jun 09:00",
        "Thu 12 Jun 09:00",
    ]
    assert '"status": "CLOSED", "parcel": "P-o-1"' in lines[-1]


def test_two_runs_tell_the_same() -> None:
    assert list(demo.run()) == list(demo.run())


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[-1].startswith("Ten days in ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't count the time of children")
def test_it_is_quick() -> None:
    """Under 2 s, in processor time: other processes use this machine, too."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "mock_serverless", "demo"], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    assert after.children_user + after.children_system - before.children_user - before.children_system < 2
