#!/usr/bin/env python3
"""What mock_serverless costs, as ratios to botocore's own share of a call and to moto, measured in one run.

    python benchmarks/run.py            all bars
    python benchmarks/run.py --smoke    a short run that only shows that everything still runs (no bar is judged)
    python benchmarks/run.py calls growth ...   some of them

``floor`` is a call that is answered with a constant by a ``before-call`` hook: botocore's serialising, endpoint rules and
event handling, as a client outside any mock spends it (inside one, botocore's User-Agent is put together once instead of for
every call, which is how a ratio can come out below 1). Each figure is the median over rounds in which the contestants take
turns, so that a machine's drift hits all alike. Needs boto3; moto where it is compared (left out with a word when missing).
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION="us-east-1")

import boto3
from botocore.config import Config

from mock_serverless import mock_cloud

MOTO = importlib.util.find_spec("moto") is not None
TABLE = {
    "TableName": "things",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
ITEM = {**KEY, "name": {"S": "Ada"}, "age": {"N": "36"}, "tags": {"SS": ["x", "y"]}, "ok": {"BOOL": True}}
CALLS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "get_item": ("get_item", {"TableName": "things", "Key": KEY}, {"Item": ITEM}),
    "put_item": ("put_item", {"TableName": "things", "Item": ITEM}, {}),
    "update_item": (
        "update_item",
        {
            "TableName": "things",
            "Key": KEY,
            "UpdateExpression": "SET #n = :n ADD visits :one",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#n": "name"},
            "ExpressionAttributeValues": {":n": {"S": "Grace"}, ":one": {"N": "1"}},
        },
        {},
    ),
    "query": (
        "query",
        {
            "TableName": "things",
            "KeyConditionExpression": "pk = :a",
            "ExpressionAttributeValues": {":a": {"S": "many"}},
        },
        {"Items": [ITEM] * 10, "Count": 10, "ScannedCount": 10},
    ),
    "transact of 4": (
        "transact_write_items",
        {"TransactItems": [{"Put": {"TableName": "things", "Item": {**ITEM, "sk": {"N": str(n)}}}} for n in range(4)]},
        {},
    ),
    "batch of 25": (
        "batch_write_item",
        {"RequestItems": {"things": [{"PutRequest": {"Item": {**ITEM, "sk": {"N": str(n)}}}} for n in range(25)]}},
        {"UnprocessedItems": {}},
    ),
}
OTHERS = 200
"""Items in the table beside those which are asked for."""
BARS = {  # (what, at most x floor, at least x faster than moto)
    "get_item": (1.3, 5.0),
    "put_item": (1.6, 5.0),
    "update_item": (1.8, 5.0),
    "query": (2.0, 20.0),
    "transact of 4": (2.0, 20.0),
    "batch of 25": (2.0, 1.0),
}


# ---------------------------------------------------------------------- contestants


def client(service: str = "dynamodb") -> Any:
    return boto3.client(service, config=Config(retries={"max_attempts": 0}))


class _Http:
    status_code = 200
    headers: dict[str, str] = {}


@contextmanager
def floor() -> Iterator[Any]:
    made = client()
    for name, (method, _, answer) in CALLS.items():
        operation = made.meta.method_to_api_mapping[method]
        parsed = {**answer, "ResponseMetadata": {"HTTPStatusCode": 200}}
        made.meta.events.register(
            f"before-call.dynamodb.{operation}", lambda parsed=parsed, **_: (_Http, parsed), unique_id=name
        )
    yield made


@contextmanager
def ours() -> Iterator[Any]:
    with mock_cloud():
        made = client()
        _fill(made)
        yield made


@contextmanager
def moto() -> Iterator[Any]:
    from moto import mock_aws

    with mock_aws():
        made = client()
        _fill(made)
        yield made


def _fill(made: Any) -> None:
    """A table of some hundred items, as tests of an app have them (moto copies all tables for each transaction)."""
    made.create_table(**TABLE)
    for start in range(0, OTHERS, 25):
        items = [{**ITEM, "pk": {"S": f"other-{n}"}} for n in range(start, start + 25)]
        made.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": item}} for item in items]})
    made.put_item(TableName="things", Item=ITEM)
    for n in range(10):
        made.put_item(TableName="things", Item={**ITEM, "pk": {"S": "many"}, "sk": {"N": str(n)}})


# ---------------------------------------------------------------------- measuring


def seconds_per_call(function: Callable[[], Any], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        function()
    return (time.perf_counter() - start) / times


class Report:
    """Prints figures and remembers which bar was missed."""

    def __init__(self, judge: bool) -> None:
        self.judge = judge
        self.missed: list[str] = []

    def line(self, what: str, figures: str, *bars: tuple[str, float, str, float]) -> None:
        """Each bar: (name, measured, "<=" or ">=", limit)."""
        verdicts = []
        for name, measured, relation, limit in bars:
            holds = measured <= limit if relation == "<=" else measured >= limit
            verdicts.append(f"{name} {measured:.2f} {relation} {limit:g} {'ok' if holds else 'MISSED'}")
            if not holds:
                self.missed.append(f"{what}: {name}")
        print(f"{what:34} {figures:58} {'; '.join(verdicts)}", flush=True)


def calls(report: Report, rounds: int, times: int) -> None:
    """The same calls against floor, this package and moto."""
    contestants = {"floor": floor, "ours": ours} | ({"moto": moto} if MOTO else {})
    figures: dict[str, dict[str, list[float]]] = {name: {c: [] for c in contestants} for name in CALLS}
    for _ in range(rounds):
        for contestant, enter in contestants.items():
            with enter() as made:
                for name, (method, params, _) in CALLS.items():
                    call = getattr(made, method)
                    call(**params)
                    per_call = seconds_per_call(lambda call=call, params=params: call(**params), times)
                    figures[name][contestant].append(per_call)
    for name, found in figures.items():
        median = {c: statistics.median(values) for c, values in found.items()}
        to_floor = statistics.median(o / f for o, f in zip(found["ours"], found["floor"], strict=True))
        most, least = BARS[name]
        bars: list[tuple[str, float, str, float]] = [("x floor", to_floor, "<=", most)]
        if MOTO:
            to_moto = statistics.median(m / o for m, o in zip(found["moto"], found["ours"], strict=True))
            bars.append(("x faster than moto", to_moto, ">=", least))
        text = "  ".join(f"{c} {1e6 * m:7.1f} us" for c, m in median.items())
        report.line(name, text + f"  = {to_floor:.2f} x floor", *bars)
    if not MOTO:
        print("(moto is not installed: not compared)")


def entering(report: Report, rounds: int, times: int) -> None:
    """Entering and leaving a mock."""

    def enter_and_leave() -> None:
        with mock_cloud():
            pass

    enter_and_leave()
    micros = 1e6 * min(seconds_per_call(enter_and_leave, times) for _ in range(rounds))
    report.line("enter and leave", f"{micros:.0f} us", ("us", micros, "<=", 300))


def importing(report: Report, rounds: int, times: int) -> None:
    """The plugin and ``import mock_serverless``, on top of pytest."""
    code = (
        "import time, pytest; start = time.perf_counter(); import mock_serverless, mock_serverless.pytest_plugin; "
        "print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", code]
    found = [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(2 * rounds + 1)]
    millis = 1e3 * statistics.median(found)
    report.line("import package and plugin", f"{millis:.1f} ms", ("ms", millis, "<=", 10))


BIG_TABLE = {
    **TABLE,
    "AttributeDefinitions": [*TABLE["AttributeDefinitions"], {"AttributeName": "group", "AttributeType": "S"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-group",
            "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


def fill(made: Any, count: int, recovery: bool = True) -> None:
    """A table of items of 200 bytes with a global index, and point-in-time recovery on."""
    made.create_table(**BIG_TABLE)
    if recovery:
        made.update_continuous_backups(
            TableName="things", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    for start in range(0, count, 25):
        puts = [{"PutRequest": {"Item": _item(n)}} for n in range(start, start + 25)]
        made.batch_write_item(RequestItems={"things": puts})


def growth(report: Report, rounds: int, times: int) -> None:
    """Cost per call at 1,000,000 items against 1,000."""
    small, large = 1_000, 1_000_000 if report.judge else 5_000
    with mock_cloud():
        made = {}
        for region, count in (("us-east-1", small), ("eu-west-1", large)):
            made[count] = boto3.client("dynamodb", region_name=region)
            fill(made[count], count)
        gc.collect()  # what filling has left to the collector is not the calls' cost
        for name, call in GROWTH.items():
            ratios = []
            for count in made:
                call(made[count], count)
            for _ in range(rounds):
                costs = [
                    seconds_per_call(lambda m=made[c], c=c, call=call: call(m, c), max(times // 4, 5))
                    for c in (small, large)
                ]
                ratios.append(costs[1] / costs[0])
            ratio = statistics.median(ratios)
            report.line(f"{name} at {large:,} items", f"{ratio:.2f} x the cost at {small:,}", ("x", ratio, "<=", 1.5))


def _item(n: int) -> dict[str, Any]:
    return {
        "pk": {"S": f"p{n // 100}"},
        "sk": {"N": str(n % 100)},
        "group": {"S": f"g{n // 100}"},
        "data": {"S": f"{n:0170}"},
    }


GROWTH: dict[str, Callable[[Any, int], Any]] = {
    "get_item": lambda m, n: m.get_item(TableName="things", Key={"pk": {"S": f"p{n // 200}"}, "sk": {"N": "50"}}),
    "put_item": lambda m, n: m.put_item(TableName="things", Item=_item(n // 2)),
    "delete and put": lambda m, n: (
        m.delete_item(TableName="things", Key={name: _item(n // 2)[name] for name in ("pk", "sk")}),
        m.put_item(TableName="things", Item=_item(n // 2)),
    ),
    "query": lambda m, n: m.query(
        TableName="things",
        KeyConditionExpression="pk = :p AND sk > :s",
        ExpressionAttributeValues={":p": {"S": f"p{n // 200}"}, ":s": {"N": "40"}},
        Limit=10,
    ),
    "query of an index": lambda m, n: m.query(
        TableName="things",
        IndexName="by-group",
        KeyConditionExpression="#g = :g AND sk > :s",
        ExpressionAttributeNames={"#g": "group"},
        ExpressionAttributeValues={":g": {"S": f"g{n // 200}"}, ":s": {"N": "40"}},
        Limit=10,
    ),
    "scan of 10": lambda m, n: m.scan(TableName="things", Limit=10),
}


def memory(report: Report, rounds: int, times: int) -> None:
    """Bytes per item of 200 bytes, all told: the process grows by so much (in a process of its own)."""
    count = 1_000_000 if report.judge else 5_000
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import run; "
        "from mock_serverless import mock_cloud\n"
        "with mock_cloud():\n"
        "    made = run.client(); made.list_tables(); before = run.resident()\n"
        f"    run.fill(made, {count}); print(run.resident() - before)"
    )
    command = [sys.executable, "-c", code, os.path.dirname(os.path.abspath(__file__))]
    grown = int(subprocess.run(command, capture_output=True, check=True).stdout)
    report.line(
        f"memory of {count:,} items", f"{grown / count:.0f} bytes an item", ("KB", grown / count / 1e3, "<=", 1.6)
    )


def resident() -> int:
    """Bytes of this process in memory (at their peak, where there is no /proc)."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def rollback(report: Report, rounds: int, times: int) -> None:
    """Snapshot and restore of a cloud with 100,000 items, nothing and 1,000 writes in between."""
    count = 100_000 if report.judge else 5_000
    with mock_cloud() as cloud:
        made = client()
        fill(made, count)
        for writes in (0, 1_000 if report.judge else 10):
            found = []
            for _ in range(rounds):
                start = time.perf_counter()
                snapshot = cloud.snapshot()
                spent = time.perf_counter() - start
                for n in range(writes):
                    made.put_item(TableName="things", Item={**_item(n), "data": {"S": "changed"}})
                start = time.perf_counter()
                cloud.restore(snapshot)
                made.get_item(TableName="things", Key={"pk": {"S": "p0"}, "sk": {"N": "0"}})
                found.append(spent + time.perf_counter() - start)
            millis = 1e3 * statistics.median(found)
            report.line(
                f"rollback of {count:,} items", f"{millis:.2f} ms, {writes:,} writes between", ("ms", millis, "<=", 20)
            )


ROLE = "arn:aws:iam::123456789012:role/r"


def executed(
    made: Any, name: str, definition: dict[str, Any], input: Any, wait: Callable[[], None] = lambda: None
) -> float:
    """Seconds from the start of an execution until its end is seen."""
    text = json.dumps(definition)
    arn = made.create_state_machine(name=name, definition=text, roleArn=ROLE)["stateMachineArn"]
    start = time.perf_counter()
    execution = made.start_execution(stateMachineArn=arn, input=json.dumps(input))["executionArn"]
    while (status := made.describe_execution(executionArn=execution)["status"]) == "RUNNING":
        wait()
    assert status == "SUCCEEDED", status
    return time.perf_counter() - start


def workflows(report: Report, rounds: int, times: int) -> None:
    """1,000 Pass states, and a Map of 1,000 items, against moto's interpreter."""
    count = 1_000 if report.judge else 50
    states: dict[str, Any] = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(count)}
    states[f"S{count}"] = {"Type": "Succeed"}
    each = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    cases: list[tuple[str, dict[str, Any], Any]] = [
        (f"{count} Pass states", {"StartAt": "S0", "States": states}, {"a": 1}),
        (
            f"Map of {count} items",
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": each, "End": True}}},
            list(range(count)),
        ),
    ]
    for title, definition, input in cases:
        found: dict[str, list[float]] = {"ours": [], "moto": []}
        for _ in range(min(rounds, 3)):
            with mock_cloud():
                found["ours"].append(executed(client("stepfunctions"), "m", definition, input))
            if MOTO:
                from moto import mock_aws

                with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
                    sleep = lambda: time.sleep(0.0005)  # noqa: E731
                    found["moto"].append(executed(client("stepfunctions"), "m", definition, input, sleep))
        ours_ms = 1e3 * statistics.median(found["ours"])
        if not MOTO:
            print(f"{title} {ours_ms:.1f} ms (moto is not installed: not compared)")
            continue
        ratio = statistics.median(m / o for m, o in zip(found["moto"], found["ours"], strict=True))
        figures = f"ours {ours_ms:.1f} ms  moto {1e3 * statistics.median(found['moto']):.0f} ms"
        report.line(title, figures, ("x faster than moto", ratio, ">=", 40))


def transitions(report: Report, rounds: int, times: int) -> None:
    """What a transition costs in executions of 10 to 20,000 of them: a loop of a Pass and a Choice state.

    Express, since a standard execution ends at 25,000 events and a transition is two. What the call costs and an execution
    that goes round once is measured too, and left out. In time of the processor, since a busy machine interrupts long ones only.
    """
    count = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, -1)"}, "Next": "B"}
    again = {"Variable": "$.n", "NumericGreaterThan": 0, "Next": "A"}
    choice = {"Type": "Choice", "Choices": [again], "Default": "E"}
    definition = json.dumps({"StartAt": "B", "States": {"A": count, "B": choice, "E": {"Type": "Succeed"}}})
    sizes = (10, 100, 1_000, 10_000, 20_000) if report.judge else (10, 100)
    found: dict[int, list[float]] = {size: [] for size in sizes}
    with mock_cloud():
        made = client("stepfunctions")
        arn = made.create_state_machine(name="m", definition=definition, roleArn=ROLE, type="EXPRESS")[
            "stateMachineArn"
        ]

        def seconds(size: int) -> float:
            """The median of some executions, fewer of long ones."""
            spent = []
            for _ in range(max(1, min(200, 2_000 // (size + 1)))):
                start = time.process_time()
                answer = made.start_sync_execution(stateMachineArn=arn, input=json.dumps({"n": 1 + size // 2}))
                spent.append(time.process_time() - start)
                assert answer["status"] == "SUCCEEDED", answer
            return statistics.median(spent)

        for _ in range(min(rounds, 5)):
            call = seconds(0)
            for size in sizes:
                found[size].append(1e6 * (seconds(size) - call) / size)
    costs = {size: statistics.median(spent) for size, spent in found.items()}
    figures = "  ".join(f"{size:,}: {cost:.1f} us" for size, cost in costs.items())
    # short ones are dear by what the difference of two calls can't leave out; dearer than any shorter one is what none may be
    growth = max(costs[long] / costs[short] for short in sizes for long in sizes if long > short)
    report.line("a transition in one of", figures, ("x as dear as in a shorter one", growth, "<=", 1.25))


def waiting(report: Report, rounds: int, times: int) -> None:
    """10,000 executions that wait for a day: what they take up, and how long it takes to wake them all.

    In a process of its own, whose memory nothing else has filled and emptied before.
    """
    count = 10_000 if report.judge else 200
    code = f"import sys; sys.path.insert(0, sys.argv[1])\nimport run; print(*run.sleepers({count}))"
    command = [sys.executable, "-c", code, os.path.dirname(os.path.abspath(__file__))]
    grown, spent = map(float, subprocess.run(command, capture_output=True, check=True).stdout.split())
    figures = f"{grown / 1e6:.0f} MB, woken in {spent:.2f} s"
    report.line(f"{count:,} waiting executions", figures, ("MB", grown / 1e6, "<=", 200), ("s", spent, "<=", 5))


def sleepers(count: int) -> tuple[int, float]:
    """Bytes that so many waiting executions take up, and seconds for waking them."""
    day = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86_400, "End": True}}}
    with mock_cloud() as cloud:
        made = client("stepfunctions")
        arn = made.create_state_machine(name="m", definition=json.dumps(day), roleArn=ROLE)["stateMachineArn"]
        made.start_execution(stateMachineArn=arn, name="first")
        before = resident()
        for n in range(count - 1):
            made.start_execution(stateMachineArn=arn, input=json.dumps({"n": n}))
        grown = resident() - before
        assert len(cloud.stepfunctions.running()) == count
        start = time.perf_counter()
        cloud.clock.advance(days=1)
        spent = time.perf_counter() - start
        assert not cloud.stepfunctions.running()
    return grown, spent


def month(report: Report, rounds: int, times: int) -> None:
    """A machine of 60 states, half of them tasks that are retried, over 30 virtual days."""
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "MaxAttempts": 3}]
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ssm:putParameter",
        "Parameters": {"Name": "n", "Value": "v"},
    }
    states: dict[str, Any] = {}
    for n in range(60):
        kind = {"Type": "Wait", "Seconds": 86_400} if n % 2 else {**put, "Retry": retry}
        states[f"S{n}"] = {**kind, **({"Next": f"S{n + 1}"} if n < 59 else {"End": True})}
    found = []
    for _ in range(rounds):
        with mock_cloud() as cloud:
            made = client("stepfunctions")
            cloud.stub("ssm", "PutParameter", {"Version": 1})
            cloud.fail("ssm", "PutParameter", "InternalServerError", times=2)
            began = cloud.clock.now()
            step = lambda: cloud.settle(until_idle=True)  # noqa: E731
            found.append(1e3 * executed(made, "m", {"StartAt": "S0", "States": states}, {}, step))
            assert (cloud.clock.now() - began).days == 30
    millis = statistics.median(found)
    report.line("60 states over 30 days", f"{millis:.1f} ms", ("ms", millis, "<=", 30))


PARTS = {
    "calls": calls,
    "entering": entering,
    "importing": importing,
    "rollback": rollback,
    "memory": memory,
    "growth": growth,
    "workflows": workflows,
    "transitions": transitions,
    "waiting": waiting,
    "month": month,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which (default: all)")
    parser.add_argument("--smoke", action="store_true", help="short, and no bar is judged")
    options = parser.parse_args()
    report = Report(judge=not options.smoke)
    rounds, times = (1, 5) if options.smoke else (7, 300)
    for name in options.parts or PARTS:
        PARTS[name](report, rounds, times)
    if report.missed and report.judge:
        print(f"\n{len(report.missed)} missed: {', '.join(report.missed)}")
    return 1 if report.missed and report.judge else 0


if __name__ == "__main__":
    sys.exit(main())
