"""Sessions in a mock: credentials, profiles and regions without files, metadata services or network."""

from __future__ import annotations

import builtins
import io
import os
import re
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    Credentials,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)

from mock_serverless import Cloud, mock_cloud

ROLE = "arn:aws:iam::111122223333:role/reader"


@pytest.fixture
def _nothing_opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No file is opened (but botocore's and boto3's own data, and modules of Python's) and no socket made."""
    opened: list[str] = []
    real = io.open

    def guarded(path: Any, *args: Any, **kwargs: Any) -> Any:
        name = os.fspath(path) if not isinstance(path, int) else ""
        if "/data/" not in str(name) and not re.search(r"\.(json|gz|pem|py|pyc(\.\d+)?)$", str(name)):
            opened.append(str(name))
        return real(path, *args, **kwargs)

    def no_socket(*args: Any, **kwargs: Any) -> Any:
        opened.append("a socket")
        raise OSError("no socket here")

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "open", guarded)
        patch.setattr(socket, "create_connection", no_socket)
        patch.setattr(socket.socket, "connect", no_socket)
        yield
    assert opened == []


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment in which every look-up would fail or reach out."""
    config = tmp_path / "config"
    config.write_text("[[[ this is : no ini file\n\x00")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "there-is-none")
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost:1/credentials")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_DEFAULTS_MODE", "auto")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return config


@pytest.mark.usefixtures("hostile", "_nothing_opened")
def test_nothing_is_looked_up() -> None:
    with mock_cloud():
        assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert boto3.Session(profile_name="prod").client("sts").get_caller_identity()["Account"] == "123456789012"
        assert boto3.Session().available_profiles == []
        assert boto3.Session(profile_name="prod").profile_name == "prod"
        raw = botocore.session.Session(profile="prod")
        assert raw.create_client("sts").meta.region_name in ("us-east-1", "aws-global")
        assert raw.get_scoped_config() == {}
        assert raw.get_credentials().access_key == "AKIAMOCKSERVERLESS00"
        assert boto3.resource("s3").meta.client.meta.region_name == "us-east-1"


@pytest.mark.usefixtures("hostile")
def test_the_user_s_environment_is_put_back() -> None:
    before = dict(os.environ)
    with mock_cloud(region="ap-south-1"):
        assert os.environ["AWS_DEFAULT_REGION"] == os.environ["AWS_REGION"] == "ap-south-1"
        assert "AWS_PROFILE" not in os.environ
        with mock_cloud():
            pass
        os.environ["AWS_DEFAULT_REGION"] = "somewhere"
    assert dict(os.environ) == before
    with pytest.raises(ZeroDivisionError), mock_cloud():
        raise ZeroDivisionError
    assert dict(os.environ) == before


@pytest.mark.usefixtures("hostile")
def test_a_session_older_than_the_mock_with_a_profile_that_is_not_there() -> None:
    session = botocore.session.Session(profile="there-is-none")
    with mock_cloud():
        session.create_client("sts", region_name="eu-west-1").get_caller_identity()
    assert session.full_config.__class__.__name__ == "dict" if _parses(session) else True


def _parses(session: Any) -> bool:
    try:
        return bool(session.full_config) or True
    except Exception:
        return False


SETENV = """
    import os
    import pytest

    @pytest.fixture(scope="module", autouse=True)
    def before():
        saved = dict(os.environ)
        yield
        assert {**os.environ, "PYTEST_CURRENT_TEST": ""} == {**saved, "PYTEST_CURRENT_TEST": ""}

    def test_it(monkeypatch, cloud):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "444455556666")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")

    def test_after():
        assert "AWS_ACCESS_KEY_ID" not in os.environ
        assert "AWS_DEFAULT_REGION" not in os.environ
"""


def test_an_environment_that_monkeypatch_puts_back_after_the_mock(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyfile(SETENV)
    pytester.runpytest_inprocess(
        "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:asyncio"
    ).assert_outcomes(passed=2)


# ---------------------------------------------------------------------- regions


@pytest.mark.parametrize(
    ("environment", "option", "expected"),
    [
        ({}, None, "us-east-1"),
        ({}, "eu-west-3", "eu-west-3"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, None, "eu-west-1"),
        ({"AWS_REGION": "eu-west-2"}, None, "eu-west-2"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-2"}, None, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-3", "eu-west-3"),
    ],
)
def test_the_default_region(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], option: str | None, expected: str
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_cloud(region=option) as cloud:
        assert cloud.region == expected
        assert boto3.Session().region_name == expected
        boto3.client("sts").get_caller_identity()
        assert cloud.calls.last.region == expected
        assert os.environ["AWS_REGION"] == expected
    assert {n: os.environ.get(n) for n in ("AWS_DEFAULT_REGION", "AWS_REGION")} == {
        n: environment.get(n) for n in ("AWS_DEFAULT_REGION", "AWS_REGION")
    }


def test_a_region_set_inside_the_mock_counts(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    assert boto3.Session().region_name == "sa-east-1"
    with mock_cloud() as inner:
        assert inner.region == "sa-east-1"
    assert boto3.Session(region_name="eu-west-1").region_name == "eu-west-1"


def test_regions_of_nested_mocks() -> None:
    with mock_cloud(region="eu-west-1"):
        with mock_cloud() as inner:
            assert (inner.region, boto3.Session().region_name) == ("eu-west-1", "eu-west-1")
        with mock_cloud(region="us-west-2"):
            assert boto3.Session().region_name == "us-west-2"
        assert boto3.Session().region_name == "eu-west-1"


def test_regions_are_separate_worlds(cloud: Cloud) -> None:
    cloud.stub("logs", "CreateLogGroup", {})
    for region in ("eu-west-1", "us-east-1"):
        boto3.client("logs", region_name=region).create_log_group(logGroupName="g")
    assert [c.region for c in cloud.calls] == ["eu-west-1", "us-east-1"]


# ---------------------------------------------------------------------- credentials that refresh themselves


def no_network() -> Any:
    raise AssertionError("the network is asked for credentials")


@pytest.mark.parametrize("method", ["iam-role", "sso", "container-role", "assume-role", "custom-process"])
def test_credentials_of_the_user_s_own_environment_are_not_refreshed(method: str) -> None:
    deferred = client_with(DeferredRefreshableCredentials(no_network, method))
    expired = client_with(
        RefreshableCredentials("a", "b", "c", datetime(2020, 1, 1, tzinfo=timezone.utc), no_network, method)
    )
    with mock_cloud() as cloud:
        for client in (deferred, expired):
            assert client.get_caller_identity()["Account"] == "123456789012"
            cloud.fail("sts", "GetCallerIdentity", "Throttling", times=1)
            assert client.get_caller_identity()["ResponseMetadata"]["RetryAttempts"] == 1
        assert "AKIAMOCKSERVERLESS00" in deferred.generate_presigned_url("get_caller_identity")


def test_an_account_of_the_user_s_own_environment_does_not_count() -> None:
    found = Credentials("AKIAREAL", "secret", None, "shared-credentials-file")
    found.account_id = "555566667777"
    client = client_with(found)
    with mock_cloud():
        assert client.get_caller_identity()["Account"] == "123456789012"


def client_with(credentials: Any) -> Any:
    session = botocore.session.Session()
    session._credentials = credentials
    return session.create_client("sts", region_name="us-east-1")


def assume(clock: Any = None) -> dict[str, Any]:
    answer = boto3.client("sts", region_name="us-east-1").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    return {
        "access_key": answer["AccessKeyId"],
        "secret_key": answer["SecretAccessKey"],
        "token": answer["SessionToken"],
        "expiry_time": answer["Expiration"].isoformat(),
    }


@pytest.mark.parametrize("start", [None, datetime(2019, 5, 1, tzinfo=timezone.utc)])
def test_an_assumed_role_that_refreshes_itself(start: datetime | None) -> None:
    with mock_cloud(clock=start) as cloud:
        client = client_with(RefreshableCredentials.create_from_metadata(assume(), assume, "sts-assume-role"))
        assert client.get_caller_identity()["Account"] == "111122223333"
        assert len(cloud.calls(operation="AssumeRole")) == 1
        cloud.clock.advance(days=2)
        assert client.get_caller_identity()["Account"] == "111122223333"
        assert len(cloud.calls(operation="AssumeRole")) == 2


def test_botocore_s_own_way_to_assume_a_role(cloud: Cloud) -> None:
    session = botocore.session.Session()
    fetcher = AssumeRoleCredentialFetcher(
        lambda *args, **kwargs: session.create_client(*args, region_name="us-east-1", **kwargs),
        session.get_credentials(),
        ROLE,
    )
    client = client_with(DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role"))
    assert client.get_caller_identity()["Account"] == "111122223333"
    assert client_with(None).get_caller_identity()["Account"] == "123456789012"


def test_credentials_older_than_the_mock_have_their_keys_back_after() -> None:
    def refresh() -> dict[str, Any]:
        return assume()

    later = datetime.now(timezone.utc) + timedelta(hours=5)
    credentials = RefreshableCredentials("AKIAOLD", "secret", "token", later, refresh, "sts-assume-role")
    client = client_with(credentials)
    with mock_cloud() as cloud:
        cloud.clock.advance(days=1)
        assert client.get_caller_identity()["Account"] == "111122223333"
        assert credentials.get_frozen_credentials().access_key != "AKIAOLD"
    assert credentials.get_frozen_credentials().access_key == "AKIAOLD"
    assert credentials._expiry_time == later


def test_data_files_are_read_once_for_all_sessions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def models(count: int) -> list[Any]:
        return [botocore.session.Session().get_service_model("sts")._service_description for _ in range(count)]

    before = botocore.session.Session()
    with mock_cloud():
        first, second = models(2)
        assert first is second
        assert before.get_service_model("sts")._service_description is first
        inside = botocore.session.Session()
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
        assert models(1)[0] is not first
    monkeypatch.delenv("AWS_DATA_PATH")
    third, fourth = models(2)
    assert third is not fourth
    assert inside.get_service_model("sts")._service_description["metadata"]["serviceId"] == "STS"
