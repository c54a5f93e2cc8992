"""Operations that only newer models of botocore's know."""

from __future__ import annotations

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
