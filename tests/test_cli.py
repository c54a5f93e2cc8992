"""The command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mock_serverless import __version__
from mock_serverless.cli import main
from mock_serverless.core.operation import implemented, operation_names, services


def test_without_a_command_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "demo" in capsys.readouterr().out


def test_an_unknown_command_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["covrage"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("mock-serverless: there is no command 'covrage'. Did you mean: coverage?\n\nusage:")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as e:
        main(["--version"])
    assert e.value.code == 0
    assert capsys.readouterr().out == f"mock_serverless {__version__}\n"


def test_coverage_counts_each_service(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage"]) == 0
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines() if " of " in line}
    assert {"dynamodb", "lambda", "apigateway", "stepfunctions", "sts", "dynamodbstreams"} <= set(services())
    for service in services():
        there, of_all = len(implemented(service)), len(operation_names(service))
        assert rows[service] == [str(there), "of", str(of_all), str(100 * there // of_all), "%"]


@pytest.mark.parametrize(("word", "service"), [("stepfunctions", "stepfunctions"), ("sfn", "stepfunctions")])
def test_coverage_names_the_operations_of_a_service(
    capsys: pytest.CaptureFixture[str], word: str, service: str
) -> None:
    assert main(["coverage", word]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line[2:] for line in lines if line.startswith("x ")} == implemented(service)
    assert "x StartExecution" in lines
    assert f"{len(implemented(service))} of {len(operation_names(service))}" in lines


def test_coverage_of_a_service_that_is_not_there_shows_how_to_stub(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "rekognition"]) == 0
    told = capsys.readouterr().out
    assert "\n0 of " in told
    assert 'cloud.stub("rekognition", ' in told


def test_an_unknown_service_is_named_with_its_neighbours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "dynamobd"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("botocore knows no service 'dynamobd'. Did you mean: dynamodb")


def test_the_page_has_names_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "--markdown"]) == 0
    page = capsys.readouterr().out
    assert "## stepfunctions\n" in page
    assert all(f"`{name}`" in page for service in services() for name in implemented(service))


def test_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mock_serverless", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"mock_serverless {__version__}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's pipe")
@pytest.mark.parametrize("command", ["coverage --markdown", "asl draw big.json"])
def test_a_reader_may_go_away(command: str, tmp_path: Path) -> None:
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(400)} | {"S400": {"Type": "Succeed"}}
    (tmp_path / "big.json").write_text(json.dumps({"StartAt": "S0", "States": states}))  # more than a pipe holds
    shell = f'"{sys.executable}" -m mock_serverless {command} | head -n 1'
    done = subprocess.run(["/bin/sh", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
