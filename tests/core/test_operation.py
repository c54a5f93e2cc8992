"""Operations that only newer models of botocore's know."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mock_serverless.core import operation as registry
from mock_serverless.core.operation import OPERATIONS, operation


def put_itme(db: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Misspelt, or newer than the model."""
    return {}


def test_a_misspelt_name_fails() -> None:
    with pytest.raises(NameError, match="dynamodb has no operation 'put_itme'"):
        operation(service="dynamodb")(put_itme)


@pytest.mark.parametrize("installed", ["1.44.8", "1.44.10", "2.0.0"])
def test_it_fails_too_where_the_model_should_know_it(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "botocore_version", lambda: installed)
    with pytest.raises(NameError, match="put_itme"):
        operation(service="dynamodb", since="1.44.8")(put_itme)


@pytest.mark.parametrize("installed", ["1.35.70", "1.44.7"])
def test_it_is_left_out_where_the_model_is_older(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "botocore_version", lambda: installed)
    before = dict(OPERATIONS)
    assert operation(service="dynamodb", since="1.44.8")(put_itme) is put_itme
    assert before == OPERATIONS


FIRST_CALLS = """
import threading, time
from mock_serverless.core import operation

def dawdling(*args, register=operation._register):
    made = register(*args)
    time.sleep(0.005)  # as on a busy machine: other threads come while the module is being imported
    return made

operation._register = dawdling
from mock_serverless.cloud import Cloud
threading.Thread(target=operation.load, args=("sts",)).start()
while ("sts", "GetCallerIdentity") not in operation.OPERATIONS:
    time.sleep(0)
print(Cloud().call("sts", "GetCallerIdentity", {})["Account"])
"""


def test_the_first_calls_of_a_service_may_come_from_several_threads() -> None:
    """In a process where nothing is loaded: an operation used to be found before the rest of its module was there."""
    done = subprocess.run([sys.executable, "-c", FIRST_CALLS], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("123456789012", "")
