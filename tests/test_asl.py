"""``mock-serverless asl``: from a shell, without any set-up of AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mock_serverless.cli import main

DEFINITION: dict[str, Any] = {
    "StartAt": "Charge",
    "States": {
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${Function}", "Payload.$": "$"},
            "Catch": [{"ErrorEquals": ["Declined"], "Next": "Refuse"}],
            "Next": "Rest",
        },
        "Rest": {"Type": "Wait", "Seconds": 86400, "End": True},
        "Refuse": {"Type": "Fail", "Error": "Declined"},
    },
}


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "charge.asl.json"
    path.write_text(json.dumps(DEFINITION))
    return str(path)


def test_a_definition_is_validated(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["asl", "validate", file]) == 0
    assert capsys.readouterr().out == "OK\n"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"StartAt": "Nowhere", "States": {"A": {"Type": "Pass", "Next": "B"}}}))
    assert main(["asl", "validate", str(wrong)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith("ERROR ") for line in lines)


def test_a_run_is_told(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "run.svg"
    options = ["--input", '{"n": 1}', "--result", 'Charge={"Payload": "paid"}', "--svg", str(picture)]
    assert main(["asl", "run", file, *options]) == 0
    told = capsys.readouterr().out
    assert "machine (STANDARD) took 1 day and SUCCEEDED." in told
    assert (
        'Charge called lambda:invoke with {"FunctionName":"${Function}","Payload":{"n":1}}: got {"Payload":"paid"}'
        in told
    )
    assert "Succeeded" in picture.read_text()


def test_a_run_that_fails_exits_with_1(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["asl", "run", file, "--error", "Charge=Declined", "--history"]) == 1
    assert "FailStateEntered Refuse" in capsys.readouterr().out


def test_functions_and_services_are_answered_by_stubs(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    stub = 'lambda.Invoke={"StatusCode": 200, "Payload": "\\"paid\\""}'
    assert main(["asl", "run", file, "--set", "Function=charge", "--stub", stub]) == 0
    assert '"FunctionName":"charge"' in capsys.readouterr().out


def test_a_test_case_of_a_mock_configuration(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configuration = {
        "StateMachines": {"Payments": {"TestCases": {"Paid": {"Charge": "Paid"}}}},
        "MockedResponses": {"Paid": {"0": {"Return": {"paid": True}}}},
    }
    mocks = tmp_path / "MockConfigFile.json"
    mocks.write_text(json.dumps(configuration))
    options = ["--mock-config", str(mocks), "--case", "Paid", "--name", "Payments"]
    assert main(["asl", "run", file, *options]) == 0
    assert 'Its output is {"paid": true}' in capsys.readouterr().out


def test_what_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "see.json"
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:rekognition:detectLabels",
        "Parameters": {},
        "End": True,
    }
    path.write_text(json.dumps({"StartAt": "See", "States": {"See": {**state, "Parameters": {"Image": {}}}}}))
    assert main(["asl", "run", str(path)]) == 1
    told = capsys.readouterr().err
    assert "rekognition.DetectLabels" in told
    assert "--result" in told


def test_a_definition_is_drawn(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["asl", "draw", file, "--mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")
    assert main(["asl", "draw", file, "-o", str(tmp_path / "charge.svg")]) == 0
    assert (tmp_path / "charge.svg").read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "missing.json"], "No such file"),
        (["run", "FILE", "--input", "{"], "--input: no JSON"),
        (["run", "FILE", "--result", "Charge"], "expected --result STATE=JSON, not 'Charge'"),
        (["run", "FILE", "--result", "Chrge=1"], "there is no state 'Chrge'; there are 'Charge', 'Rest', 'Refuse'"),
        (["run", "FILE", "--stub", "lambda.Invok={}"], "Did you mean: Invoke"),
        (["run", "FILE", "--mock-config", "x.json"], "--case"),
    ],
)
def test_what_cannot_be_understood(
    file: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["asl", *(file if a == "FILE" else a for a in arguments)]) == 2
    told = capsys.readouterr().err
    assert told.startswith("mock-serverless asl: ")
    assert message in told


def test_yaml_is_read_where_there_is_a_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("yaml")
    path = tmp_path / "machine.yaml"
    path.write_text("StartAt: A\nStates:\n  A:\n    Type: Succeed\n")
    assert main(["asl", "validate", str(path)]) == 0
