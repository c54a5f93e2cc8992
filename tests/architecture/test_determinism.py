"""A frozen cloud with the same seed gives the same ids, timestamps and order every time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3

from mock_serverless import mock_cloud
from mock_serverless.demo import MACHINE, ROLE, run

START = datetime(2025, 1, 1)
SEED = 3


def trace(seed: int) -> str:
    """A busy hour: faults by chance, retries, a stream, its function, workflows with jitter, an error in the background."""
    with mock_cloud(clock=START, seed=seed, region="us-east-1") as cloud:
        dynamodb = boto3.client("dynamodb")
        stream = dynamodb.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]
        machine = json.loads(json.dumps(MACHINE))
        machine["States"]["Ship"]["Retry"][0]["JitterStrategy"] = "FULL"
        arn = boto3.client("stepfunctions").create_state_machine(
            name="orders", definition=json.dumps(machine), roleArn=ROLE
        )["stateMachineArn"]
        attempts: list[Any] = []

        @cloud.function("start")
        def start(event: Any, context: Any) -> None:
            attempts.append([context.aws_request_id, event])
            for record in event["Records"]:
                new = record["dynamodb"]["NewImage"]
                payload = json.dumps({"id": new["id"]["S"], "amount": int(new["amount"]["N"])})
                boto3.client("stepfunctions").start_execution(stateMachineArn=arn, input=payload)

        @cloud.function("ship")
        def ship(event: Any, context: Any) -> dict[str, str]:
            attempts.append([context.aws_request_id, event])
            if len(attempts) % 3:
                raise RuntimeError("not yet")
            return {"parcel": "P"}

        boto3.client("lambda").create_event_source_mapping(
            FunctionName="start", EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
        )
        cloud.fail("dynamodb", "PutItem", "ThrottlingException", probability=0.4)
        for n in range(6):
            dynamodb.put_item(TableName="orders", Item={"id": {"S": str(n)}, "amount": {"N": "5"}})
        cloud.settle(until_idle=True)
        cloud.failures.clear()
        return json.dumps(
            [repr(cloud.calls), [c.response for c in cloud.calls], attempts, cloud.clock.timestamp()], default=str
        )


def test_ten_runs_one_trace() -> None:
    first = trace(seed=SEED)
    assert "ThrottlingException" in first
    assert "RuntimeError" in first
    assert all(trace(seed=SEED) == first for _ in range(9))


def test_another_process_the_same_trace() -> None:
    code = f"import hashlib; from {__name__} import trace; print(hashlib.sha256(trace({SEED}).encode()).hexdigest())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == hashlib.sha256(trace(seed=SEED).encode()).hexdigest()


def test_another_seed_another_trace() -> None:
    assert trace(seed=SEED) != trace(seed=SEED + 1)


def test_the_demo_reads_the_same_every_time() -> None:
    assert list(run())[:-2] == list(run())[:-2]
