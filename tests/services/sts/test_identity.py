"""STS: who calls, and keys that work in another account."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud, mock_cloud

ROLE = "arn:aws:iam::111122223333:role/team/reader"


def client_with(answer: Any, service: str = "sts") -> Any:
    keys = answer["Credentials"]
    return boto3.client(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_who_calls(cloud: Cloud) -> None:
    identity = boto3.client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/mock_serverless"


def test_an_assumed_role_is_in_its_own_account(cloud: Cloud) -> None:
    answer = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111122223333:assumed-role/reader/me"
    assert answer["AssumedRoleUser"]["AssumedRoleId"].endswith(":me")
    identity = client_with(answer).get_caller_identity()
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html (an assumed role's example)
    assert identity["Account"] == "111122223333"
    assert identity["Arn"] == "arn:aws:sts::111122223333:assumed-role/reader/me"
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]


def test_a_role_that_a_role_assumes(cloud: Cloud) -> None:
    first = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")
    other = "arn:aws:iam::222233334444:role/writer"
    second = client_with(first).assume_role(RoleArn=other, RoleSessionName="me")
    assert client_with(second).get_caller_identity()["Account"] == "222233334444"


def test_how_long_keys_are_good() -> None:
    start = datetime(2026, 3, 1, tzinfo=timezone.utc)
    with mock_cloud(clock=start):
        sts = boto3.client("sts")
        assert sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]["Expiration"] == start + timedelta(
            hours=1
        )
        short = sts.assume_role(RoleArn=ROLE, RoleSessionName="me", DurationSeconds=900)
        assert short["Credentials"]["Expiration"] == start + timedelta(minutes=15)
        assert sts.get_session_token()["Credentials"]["Expiration"] == start + timedelta(hours=12)


def test_keys_of_a_session_are_the_caller_s(cloud: Cloud) -> None:
    answer = boto3.client("sts").get_session_token()
    assert client_with(answer).get_caller_identity()["Account"] == "123456789012"


def test_whose_key_it_is(cloud: Cloud) -> None:
    sts = boto3.client("sts")
    key = sts.assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]["AccessKeyId"]
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == "111122223333"


@pytest.mark.parametrize("arn", ["arn:aws:iam::111122223333:user/reader", "not an arn at all, really"])
def test_an_arn_of_no_role(cloud: Cloud, arn: str) -> None:
    with pytest.raises(ClientError) as caught:
        boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": f"{arn} is invalid",
    }


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"RoleArn": ROLE, "RoleSessionName": "a b"},
            r"1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
        ),
        (
            {"RoleArn": ROLE, "RoleSessionName": "me", "DurationSeconds": 60_000},
            "1 validation error detected: Value '60000' at 'durationSeconds' failed to satisfy constraint: "
            "Member must have value less than or equal to 43200",
        ),
    ],
)
def test_constraints(cloud: Cloud, params: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError) as caught:
        boto3.client("sts").assume_role(**params)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["Error"]["Message"] == message


def test_keys_are_forgotten_with_the_state(cloud: Cloud) -> None:
    before = cloud.snapshot()
    client = client_with(boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me"))
    assert client.get_caller_identity()["Account"] == "111122223333"
    cloud.restore(before)
    assert client.get_caller_identity()["Account"] == "123456789012"


# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html (ExpiredTokenException); S3's page of error responses
@pytest.mark.parametrize(
    ("service", "operation", "params", "code", "status"),
    [
        ("sts", "GetCallerIdentity", {}, "ExpiredToken", 403),
        ("kinesis", "ListStreams", {}, "ExpiredTokenException", 400),
        ("s3", "ListBuckets", {}, "ExpiredToken", 400),
    ],
)
def test_keys_expire_in_virtual_time(
    cloud: Cloud, service: str, operation: str, params: dict[str, Any], code: str, status: int
) -> None:
    cloud.stub(service, operation, None if service == "sts" else lambda _: ANSWERS[service])
    client = client_with(boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me"), service)
    client._make_api_call(operation, params)
    cloud.clock.advance(hours=1)
    with pytest.raises(ClientError) as caught:
        client._make_api_call(operation, params)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


ANSWERS: dict[str, dict[str, Any]] = {"kinesis": {"StreamNames": [], "HasMoreStreams": False}, "s3": {"Buckets": []}}
