"""Threads: who is served by which cloud, and calls from several at once."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from mock_serverless import Cloud, mock_cloud

KEYS = {"aws_access_key_id": "AKIAREAL", "aws_secret_access_key": "real", "region_name": "us-east-1"}


def run(*functions: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(functions)) as pool:
        return [f.result(timeout=20) for f in [pool.submit(function) for function in functions]]


def account(client: Any = None) -> str:
    return str((client or boto3.Session().client("sts")).get_caller_identity()["Account"])


def test_a_cloud_serves_the_threads_that_have_entered_none() -> None:
    with mock_cloud(account="111111111111") as cloud:
        assert run(account, account) == ["111111111111"] * 2
        assert len(cloud.calls) == 2


def test_two_threads_have_separate_worlds() -> None:
    client = boto3.client("sts", **KEYS)
    both_in = threading.Barrier(2)

    def world(name: str, region: str) -> tuple[Any, ...]:
        with mock_cloud(account=name, region=region) as cloud:
            both_in.wait(10)
            cloud.stub("kinesis", "ListStreams", {"StreamNames": [name], "HasMoreStreams": False})
            inside = boto3.Session()
            names = [inside.client("kinesis").list_streams()["StreamNames"][0] for _ in range(5)]
            seen = account(client), inside.region_name, set(names), len(cloud.calls)
            both_in.wait(10)
            return seen

    assert run(lambda: world("111111111111", "eu-west-1"), lambda: world("222222222222", "us-west-2")) == [
        ("111111111111", "eu-west-1", {"111111111111"}, 6),
        ("222222222222", "us-west-2", {"222222222222"}, 6),
    ]


def test_tasks_that_run_at_once_have_separate_worlds() -> None:
    """Each task, those that it starts, and the threads to which it gives work."""
    client = boto3.client("sts", **KEYS)

    @mock_cloud
    async def of_its_own() -> str:
        await asyncio.sleep(0)
        return account(client)

    async def world(name: str) -> set[str]:
        async with mock_cloud(account=name):
            await asyncio.sleep(0)
            seen = {account(client), account()}
            seen |= set(await asyncio.gather(*(asyncio.to_thread(account, client) for _ in range(2))))

            async def child() -> str:
                await asyncio.sleep(0)
                return account(client)

            seen |= set(await asyncio.gather(child(), child()))
            assert await of_its_own() == "123456789012"
            await asyncio.sleep(0)
            return seen | {account(client)}

    async def all_of_them() -> list[set[str]]:
        return await asyncio.gather(*(world(name) for name in names))

    names = ["111111111111", "222222222222", "333333333333"]
    assert asyncio.run(all_of_them()) == [{name} for name in names]
    with mock_cloud(account="444444444444"):
        assert asyncio.run(all_of_them()) == [{name} for name in names]
        assert account(client) == "444444444444"


def test_what_a_task_has_entered_stays_when_it_has_ended() -> None:
    """An asynchronous fixture is a task of its own in some plugins of pytest's."""
    mock = mock_cloud(account="222222222222")

    async def fixture() -> Cloud:
        return await mock.__aenter__()

    async def test() -> str:
        await asyncio.create_task(fixture())
        try:
            return account()
        finally:
            await asyncio.create_task(mock.__aexit__(None, None, None))

    with mock_cloud(account="111111111111"):
        assert asyncio.run(test()) == "222222222222"
        assert account() == "111111111111"


def test_a_thread_s_own_region_is_not_another_s_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("AWS_REGION", raising=False)
    with mock_cloud(region="eu-west-1"):

        def default() -> str:
            with mock_cloud() as cloud:
                return cloud.region

        assert run(default) == ["us-east-1"]


def test_a_thread_with_a_world_of_its_own_goes_back_to_the_main_one() -> None:
    with mock_cloud(account="111111111111"):

        def in_and_out() -> list[str]:
            with mock_cloud(account="222222222222"):
                inner = account()
            return [inner, account()]

        assert run(in_and_out) == [["222222222222", "111111111111"]]
        assert account() == "111111111111"


def test_calls_at_the_same_time_are_all_answered(cloud: Cloud) -> None:
    counted: list[int] = []

    def count(params: dict[str, Any]) -> dict[str, Any]:
        counted.append(1)
        return {"Name": params["SecretId"]}

    cloud.stub("secretsmanager", "GetSecretValue", count)
    cloud.fail("secretsmanager", "GetSecretValue", "InternalServiceError", times=2)  # botocore retries twice at least
    client = boto3.client("secretsmanager")

    def many(thread: int) -> list[str]:
        return [client.get_secret_value(SecretId=f"{thread}-{i}")["Name"] for i in range(25)]

    answers = run(*(lambda t=t: many(t) for t in range(4)))  # type: ignore[misc]
    assert answers == [[f"{t}-{i}" for i in range(25)] for t in range(4)]
    assert len(counted) == 100
    assert len(cloud.calls) == 102


def test_clouds_that_come_and_go_in_many_threads() -> None:
    client = boto3.client("sts", **KEYS)

    def many(name: str) -> set[str]:
        seen = set()
        for _ in range(20):
            with mock_cloud(account=name):
                seen.add(account(client))
        return seen

    names = ["111111111111", "222222222222", "333333333333", "444444444444"]
    assert run(*(lambda n=n: many(n) for n in names)) == [{n} for n in names]  # type: ignore[misc]


def test_a_cloud_entered_in_one_thread_and_left_in_another() -> None:
    mock = mock_cloud(account="111111111111")
    run(mock.__enter__)
    assert account() == "111111111111"
    mock.__exit__()
    with pytest.raises(IndexError):
        mock.__exit__()


def test_user_code_runs_with_no_lock_held(cloud: Cloud) -> None:
    client = boto3.client("sts")

    def from_another_thread(params: dict[str, Any]) -> dict[str, Any]:
        return {"Name": run(lambda: account(client))[0]}

    cloud.stub("secretsmanager", "GetSecretValue", from_another_thread)
    assert boto3.client("secretsmanager").get_secret_value(SecretId="s")["Name"] == "123456789012"


# ---------------------------------------------------------------------- user code holds nobody up


def through_nothing(cloud: Cloud, code: Callable[[], Any]) -> None:
    cloud.function("f", lambda event, context: code())
    boto3.client("lambda").invoke(FunctionName="f")


def through_an_event(cloud: Cloud, code: Callable[[], Any]) -> None:
    cloud.function("f", lambda event, context: code())
    boto3.client("lambda").invoke(FunctionName="f", InvocationType="Event")


def through_the_clock(cloud: Cloud, code: Callable[[], Any]) -> None:
    through_an_event(cloud, lambda: 1 / 0)
    cloud.function("f", lambda event, context: code())
    cloud.clock.advance(hours=1)  # it is tried again


def through_an_error(cloud: Cloud, code: Callable[[], Any]) -> None:
    class Talkative(Exception):
        def __str__(self) -> str:
            return str(code())

    def handler(event: Any, context: Any) -> Any:
        raise Talkative

    cloud.function("f", handler)
    boto3.client("lambda").invoke(FunctionName="f")


def through_a_stub(cloud: Cloud, code: Callable[[], Any]) -> None:
    cloud.stub("secretsmanager", "GetSecretValue", lambda params: {"Name": str(code())})
    boto3.client("secretsmanager").get_secret_value(SecretId="s")


def through_a_fault(cloud: Cloud, code: Callable[[], Any]) -> None:
    cloud.fail("lambda", "Invoke", "ServiceException", where=lambda params: bool(code()) and False)
    through_a_workflow(cloud, lambda: None)


def through_a_stub_of_a_workflow(cloud: Cloud, code: Callable[[], Any]) -> None:
    cloud.stub("lambda", "Invoke", lambda params: {"StatusCode": 200, "Payload": json.dumps(str(code())).encode()})
    through_a_workflow(cloud, lambda: None)


def through_a_workflow(cloud: Cloud, code: Callable[[], Any]) -> None:
    cloud.function("f", lambda event, context: code())
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
    branches = [{"StartAt": name, "States": {name: {**task, "End": True}}} for name in ("A", "B")]
    both = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}
    states, role = boto3.client("stepfunctions"), "arn:aws:iam::123456789012:role/r"
    arn = states.create_state_machine(name="m", definition=json.dumps(both), roleArn=role)["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=arn)["executionArn"]
    cloud.settle(until_idle=True)
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def through_a_stream(cloud: Cloud, code: Callable[[], Any]) -> None:
    cloud.function("f", lambda event, context: code())
    db = boto3.client("dynamodb")
    table = db.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    boto3.client("lambda").create_event_source_mapping(
        FunctionName="f", EventSourceArn=table["LatestStreamArn"], StartingPosition="TRIM_HORIZON"
    )
    db.put_item(TableName="table", Item={"pk": {"S": "a"}})
    cloud.settle()


def through_an_api(cloud: Cloud, code: Callable[[], Any]) -> None:
    from tests.services.apigateway.test_functions import make_authorized, policy

    def authorizer(event: dict[str, Any], context: Any) -> Any:
        code()
        return policy(event)

    url = make_authorized(cloud, authorizer)
    cloud.function("f", lambda event, context: {"statusCode": 200, "body": str(code())})
    assert cloud.http.get(url + "/x", headers={"Authorization": "yes"}).status_code == 200


WAYS = [value for name, value in list(globals().items()) if name.startswith("through_")]


@pytest.mark.parametrize("way", WAYS)
def test_no_lock_is_held_while_user_code_runs(cloud: Cloud, way: Callable[..., None]) -> None:
    """Whatever way it is called by: another thread's calls are answered meanwhile, and asyncio.run works."""
    client = boto3.client("sts")
    ran = []

    async def ask() -> str:
        return await asyncio.to_thread(account, client)

    def code() -> None:
        ran.append((cloud.lock._owner, run(lambda: account(client))[0], asyncio.run(ask())))

    async def test() -> None:
        way(cloud, code)

    asyncio.run(test())
    assert ran
    assert set(ran) == {(0, "123456789012", "123456789012")}


def test_threads_that_move_the_clock(cloud: Cloud) -> None:
    """Work for later runs once and in order, and the clock never goes back."""
    done: list[float] = []
    cloud.clock.freeze()
    start = cloud.clock.timestamp()
    cloud.function("f", lambda event, context: done.append(cloud.clock.timestamp()))
    for seconds in range(1, 41):
        cloud.agenda.put(start + seconds, "test:threads", None, {})

    from mock_serverless.core import agenda

    agenda.JOBS["test:threads"] = lambda scope: cloud.call("lambda", "Invoke", {"FunctionName": "f"})

    def move() -> list[float]:
        return [cloud.clock.advance(0.5).timestamp() for _ in range(50)]

    try:
        seen = run(*[move] * 4)
        cloud.clock.move_to(max(start + 100, cloud.clock.timestamp()))
    finally:
        del agenda.JOBS["test:threads"]
    assert all(moments == sorted(moments) for moments in seen)
    assert len(done) == 40
    assert not cloud.agenda.entries()
