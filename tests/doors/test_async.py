"""aiobotocore and aioboto3 through the SDK's door."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from datetime import datetime, timezone
from typing import Any

import pytest

aiobotocore_session = pytest.importorskip("aiobotocore.session")

from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError, EndpointConnectionError, EventStreamError  # noqa: E402

from mock_serverless import ClientOutlivedItsMock, Cloud, NotSupported, mock_cloud  # noqa: E402

START = datetime(2026, 3, 1, tzinfo=timezone.utc)
IMAGE = {"Bytes": b"png"}
KEYS = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "real"}


def client(service: str, **options: Any) -> Any:
    options.setdefault("region_name", "us-east-1")
    return aiobotocore_session.get_session().create_client(service, **options)


async def test_a_client_is_answered(cloud: Cloud) -> None:
    cloud.stub("rekognition", "DetectLabels", {"Labels": [{"Name": "cat"}]})
    async with client("rekognition", region_name="eu-west-1") as rekognition:
        answer = await rekognition.detect_labels(Image=IMAGE)
    assert answer["Labels"] == [{"Name": "cat"}]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert cloud.calls.last.region == "eu-west-1"


async def test_clients_made_before_inside_and_after() -> None:
    async with client("sts", **KEYS) as before:
        async with mock_cloud():
            assert (await before.get_caller_identity())["Account"] == "123456789012"
            inside = await client("sts").__aenter__()
            assert (await inside.get_caller_identity())["Account"] == "123456789012"
        with pytest.raises(ClientOutlivedItsMock, match=r"sts\.GetCallerIdentity"):
            await inside.get_caller_identity()
        await inside.close()


async def test_an_account_from_the_credentials(cloud: Cloud) -> None:
    async with client("sts", aws_access_key_id="111122223333", aws_secret_access_key="x") as sts:
        assert (await sts.get_caller_identity())["Account"] == "111122223333"


async def test_errors(cloud: Cloud) -> None:
    async with client("secretsmanager") as secrets:
        with pytest.raises(NotSupported, match=r"secretsmanager\.GetSecretValue"):
            await secrets.get_secret_value(SecretId="s")
        cloud.fail("secretsmanager", "GetSecretValue", "ResourceNotFoundException")
        with pytest.raises(secrets.exceptions.ResourceNotFoundException):
            await secrets.get_secret_value(SecretId="s")


# ---------------------------------------------------------------------- streams


async def get_object(cloud: Cloud, s3: Any) -> Any:
    cloud.stub("s3", "GetObject", {"Body": b"one\ntwo\nthree", "ContentLength": 13})
    return (await s3.get_object(Bucket="bkt", Key="k"))["Body"]


@pytest.mark.parametrize("retried", [False, True])
async def test_streaming_bodies(cloud: Cloud, retried: bool) -> None:
    async with client("s3") as s3:

        async def body() -> Any:
            if retried:
                cloud.fail("s3", "GetObject", "SlowDown", times=1)
            return await get_object(cloud, s3)

        stream = await body()
        assert await stream.read(3) == b"one"
        assert stream.tell() == 3
        assert await stream.read() == b"\ntwo\nthree"
        async with await body() as stream:
            assert await stream.read() == b"one\ntwo\nthree"
        assert [line async for line in (await body()).iter_lines()] == [b"one", b"two", b"three"]
        assert [chunk async for chunk in (await body()).iter_chunks(5)] == [b"one\nt", b"wo\nth", b"ree"]
        assert b"".join([chunk async for chunk in await body()]) == b"one\ntwo\nthree"
        assert await (await body()).readlines() == [b"one", b"two", b"three"]
        buffer = bytearray(5)
        assert await (await body()).readinto(buffer) == 5
        assert (await body()).readable()
        (await body()).close()


async def test_event_streams(cloud: Cloud) -> None:
    events: list[dict[str, Any]] = [{"chunk": {"bytes": b"a"}}, {"throttlingException": {"message": "slow"}}]
    cloud.stub("bedrock-runtime", "InvokeModelWithResponseStream", {"body": events, "contentType": "text/plain"})
    async with client("bedrock-runtime") as bedrock:
        answer = await bedrock.invoke_model_with_response_stream(modelId="m", body=b"{}")
        seen = []
        with pytest.raises(EventStreamError, match="slow"):
            async for event in answer["body"]:
                seen.append(event)
    assert seen == events[:1]


async def test_a_bucket_s_location(cloud: Cloud) -> None:
    cloud.stub("s3", "GetBucketLocation", {"LocationConstraint": "eu-west-1"})
    async with client("s3") as s3:
        assert (await s3.get_bucket_location(Bucket="bkt"))["LocationConstraint"] == "eu-west-1"


# ---------------------------------------------------------------------- retries, waiters, paginators


@pytest.mark.usefixtures("no_real_waiting")
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
async def test_retries_cost_virtual_time(mode: str) -> None:
    with mock_cloud(clock=START) as cloud:
        cloud.fail("sts", "GetCallerIdentity", "Throttling", times=6)
        config = Config(retries={"mode": mode, "total_max_attempts": 8})
        async with client("sts", config=config) as sts:
            answer = await sts.get_caller_identity()
            assert answer["ResponseMetadata"]["RetryAttempts"] == 6
            for _ in range(10):
                cloud.fail("sts", "GetCallerIdentity", "Throttling", times=1)
                await sts.get_caller_identity()
        assert cloud.clock.timestamp() - START.timestamp() > 1


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
async def test_attempts_run_out(cloud: Cloud, mode: str) -> None:
    cloud.fail("sts", "GetCallerIdentity", "Throttling")
    async with client("sts", config=Config(retries={"mode": mode, "total_max_attempts": 3})) as sts:
        with pytest.raises(ClientError) as caught:
            await sts.get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "Throttling"
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 2


async def test_connections_that_break(cloud: Cloud) -> None:
    cloud.fail("sts", "GetCallerIdentity", EndpointConnectionError(endpoint_url="https://x"), times=2)
    async with client("sts") as sts:
        assert (await sts.get_caller_identity())["ResponseMetadata"]["RetryAttempts"] == 2


async def test_a_waiter_waits_virtually_and_lets_others_run() -> None:
    with mock_cloud(clock=START) as cloud:
        made = False

        def head(params: dict[str, Any]) -> dict[str, Any]:
            if not made:
                raise ClientError({"Error": {"Code": "404"}, "ResponseMetadata": {"HTTPStatusCode": 404}}, "HeadBucket")
            return {}

        cloud.stub("s3", "HeadBucket", head)

        async def make() -> None:
            nonlocal made
            for _ in range(4):
                await asyncio.sleep(0)
            made = True

        async with client("s3") as s3:
            maker = asyncio.ensure_future(make())
            await s3.get_waiter("bucket_exists").wait(Bucket="bkt")
            await maker
        assert cloud.clock.timestamp() - START.timestamp() >= 10


async def test_a_paginator(cloud: Cloud) -> None:
    def page(params: dict[str, Any]) -> dict[str, Any]:
        number = int(params.get("nextToken", "0"))
        more = {"nextToken": str(number + 1)} if number < 2 else {}
        return {"logGroups": [{"logGroupName": f"g{number}"}], **more}

    cloud.stub("logs", "DescribeLogGroups", page)
    async with client("logs") as logs:
        pages = [page async for page in logs.get_paginator("describe_log_groups").paginate()]
    assert [g["logGroupName"] for p in pages for g in p["logGroups"]] == ["g0", "g1", "g2"]


# ---------------------------------------------------------------------- presigned URLs, direct use, credentials


async def test_the_endpoint_used_directly(cloud: Cloud) -> None:
    async with client("sts") as sts:
        model = sts.meta.service_model.operation_model("GetCallerIdentity")
        request = await _request(sts, model)
        _, parsed = await sts._endpoint.make_request(model, request)
    assert parsed["Account"] == "123456789012"


async def _request(made: Any, model: Any) -> Any:
    convert = made._convert_to_request_dict(
        {}, model, endpoint_url=made.meta.endpoint_url, context={"client_region": "us-east-1"}
    )
    return await convert if asyncio.iscoroutine(convert) else convert


async def test_a_presigned_url(cloud: Cloud) -> None:
    async with client("sts") as sts:
        assert "AKIAMOCKSERVERLESS00" in await sts.generate_presigned_url("get_caller_identity")


async def test_credentials_that_refresh_themselves() -> None:
    from aiobotocore.credentials import AioDeferredRefreshableCredentials, AioRefreshableCredentials

    async def no_network() -> Any:
        raise AssertionError("the network is asked for credentials")

    async def assume() -> dict[str, Any]:
        async with client("sts") as sts:
            role = "arn:aws:iam::111122223333:role/reader"
            answer = (await sts.assume_role(RoleArn=role, RoleSessionName="me"))["Credentials"]
        return {
            "access_key": answer["AccessKeyId"],
            "secret_key": answer["SecretAccessKey"],
            "token": answer["SessionToken"],
            "expiry_time": answer["Expiration"].isoformat(),
        }

    def with_credentials(credentials: Any) -> Any:
        session = aiobotocore_session.AioSession()
        session._credentials = credentials
        return session.create_client("sts", region_name="us-east-1")

    past = datetime(2020, 1, 1, tzinfo=timezone.utc)
    ambient = with_credentials(AioDeferredRefreshableCredentials(no_network, "iam-role"))
    expired = with_credentials(AioRefreshableCredentials("a", "b", "c", past, no_network, "sso"))
    async with mock_cloud(clock=START) as cloud, ambient as first, expired as second:
        for sts in (first, second):
            assert (await sts.get_caller_identity())["Account"] == "123456789012"
        assert "AKIAMOCKSERVERLESS00" in await first.generate_presigned_url("get_caller_identity")
        async with with_credentials(AioDeferredRefreshableCredentials(assume, "assume-role")) as sts:
            assert (await sts.get_caller_identity())["Account"] == "111122223333"
            cloud.clock.advance(hours=2)
            assert (await sts.get_caller_identity())["Account"] == "111122223333"
        assert len(cloud.calls(operation="AssumeRole")) == 2


async def test_the_user_s_own_handlers_run(cloud: Cloud) -> None:
    cloud.stub("rekognition", "DetectLabels", {"Labels": []})
    async with client("rekognition") as rekognition:

        async def limit(params: dict[str, Any], **_: Any) -> None:
            await asyncio.sleep(0)
            params["MaxLabels"] = 7

        rekognition.meta.events.register("before-parameter-build.rekognition", limit)
        await rekognition.detect_labels(Image=IMAGE)
    assert cloud.calls.last.params["MaxLabels"] == 7


# ---------------------------------------------------------------------- concurrency, stubs that run loops


async def test_many_calls_at_once(cloud: Cloud) -> None:
    cloud.stub("secretsmanager", "GetSecretValue", lambda params: {"Name": params["SecretId"]})
    cloud.fail("secretsmanager", "GetSecretValue", "InternalServiceError", times=5)
    async with client("secretsmanager") as secrets:
        answers = await asyncio.gather(*(secrets.get_secret_value(SecretId=f"s{i}") for i in range(20)))
    assert [a["Name"] for a in answers] == [f"s{i}" for i in range(20)]


async def test_a_stub_may_run_an_event_loop(cloud: Cloud) -> None:
    async def labels() -> dict[str, Any]:
        await asyncio.sleep(60)
        async with client("sts") as sts:
            return {"Labels": [{"Name": (await sts.get_caller_identity())["Account"]}]}

    cloud.stub("rekognition", "DetectLabels", lambda params: asyncio.run(labels()))
    async with client("rekognition") as rekognition:
        assert (await rekognition.detect_labels(Image=IMAGE))["Labels"] == [{"Name": "123456789012"}]


async def test_aioboto3(cloud: Cloud) -> None:
    aioboto3 = pytest.importorskip("aioboto3")
    cloud.stub("s3", "ListObjects", {"Contents": [{"Key": "a"}], "IsTruncated": False})
    cloud.stub("s3", "ListObjectsV2", {"Contents": [{"Key": "a"}], "IsTruncated": False})
    cloud.stub("s3", "GetObject", {"Body": b"x"})
    session = aioboto3.Session(region_name="us-east-1")
    async with session.client("sts") as sts:
        assert (await sts.get_caller_identity())["Account"] == "123456789012"
    async with session.resource("s3") as s3:
        bucket = await s3.Bucket("bkt")
        assert [o.key async for o in bucket.objects.all()] == ["a"]
        body = (await (await s3.Object("bkt", "a")).get())["Body"]
        assert await body.read() == b"x"


LATE = """
    import asyncio
    from mock_serverless import mock_cloud
    from datetime import datetime, timezone

    async def main():
        with mock_cloud(clock=datetime(2026, 1, 1, tzinfo=timezone.utc)) as cloud:
            from aiobotocore.session import get_session

            session = get_session()
            cloud.fail("sts", "GetCallerIdentity", "Throttling", times=2)
            slept = []
            real_sleep, asyncio.sleep = asyncio.sleep, lambda seconds: slept.append(seconds) or real_sleep(0)
            async with session.create_client("sts", region_name="us-east-1") as sts:
                assert (await sts.get_caller_identity())["ResponseMetadata"]["RetryAttempts"] == 2
            asyncio.sleep = real_sleep
            assert not any(slept)
            assert (await session.get_credentials()).access_key == "AKIAMOCKSERVERLESS00"
        assert session._credentials is None
        import aiobotocore.endpoint
        assert aiobotocore.endpoint.asyncio is asyncio

    asyncio.run(main())
    print("fine")
"""


def test_aiobotocore_imported_inside_the_mock() -> None:
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(LATE)], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "fine\n", ran.stderr
