"""``cloud.stepfunctions.run``: the execution's way as the history tells it, its story, its picture; mocked task results."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import boto3
import pytest

from mock_serverless import mock_cloud
from mock_serverless.cloud import Cloud
from mock_serverless.core.errors import AwsError, MockConfigurationError

START = datetime(2025, 6, 2, tzinfo=timezone.utc)
TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:ssm:putParameter",
    "Parameters": {"Name": "n", "Value": "v"},
}
CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Items"}]
ORDERS: dict[str, Any] = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Put",
                    "States": {
                        "Put": {
                            **TASK,
                            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 1}],
                            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Rest"}],
                            "End": True,
                        },
                        "Rest": {"Type": "Wait", "Seconds": 3600, "End": True},
                    },
                },
                {
                    "StartAt": "Hold",
                    "States": {
                        "Hold": {"Type": "Wait", "Seconds": 60, "Next": "Break"},
                        "Break": {"Type": "Fail", "Error": "Broken", "Cause": "it fell"},
                    },
                },
            ],
            "Catch": CATCH_ALL,
            "Next": "Items",
        },
        "Items": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 1,
            "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Wait", "Seconds": 1, "End": True}}},
            "Next": "Enough",
        },
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$[0]", "NumericGreaterThan": 0, "Next": "Done"}],
            "Default": "None",
        },
        "None": {"Type": "Fail", "Error": "Empty"},
        "Done": {"Type": "Succeed"},
    },
}


@pytest.fixture
def frozen() -> Any:
    with mock_cloud(clock=START) as cloud:
        yield cloud


def run_orders(cloud: Cloud, input: Any) -> Any:
    cloud.stub("ssm", "PutParameter", {"Version": 1})
    cloud.fail("ssm", "PutParameter", "InternalServerError")
    return cloud.stepfunctions.run(ORDERS, input, name="run-1")


def test_each_visit_belongs_to_the_state_around_it(frozen: Cloud) -> None:
    result = run_orders(frozen, {"items": [1, 2]})
    seen = [(v.name, v.within and v.within.name, v.iteration, v.status, v.next) for v in result.visits]
    assert seen == [
        ("Both", None, None, "CAUGHT_ERROR", "Items"),
        ("Put", "Both", None, "CAUGHT_ERROR", "Rest"),
        ("Hold", "Both", None, "SUCCEEDED", "Break"),
        ("Rest", "Both", None, "CANCELLED", None),
        ("Break", "Both", None, "FAILED", None),
        ("Items", None, None, "SUCCEEDED", "Enough"),
        ("One", "Items", 0, "SUCCEEDED", None),
        ("One", "Items", 1, "SUCCEEDED", None),
        ("Enough", None, None, "SUCCEEDED", "Done"),
        ("Done", None, None, "SUCCEEDED", None),
    ]
    put = result.visits[1]
    assert [(a.resource, a.error, a.time - put.entered) for a in put.attempts] == [
        ("aws-sdk:ssm:putParameter", "Ssm.InternalServerErrorException", 0),
        ("aws-sdk:ssm:putParameter", "Ssm.InternalServerErrorException", 2),
    ]
    assert result.succeeded
    assert result.output == [1, 2]
    assert result.duration.total_seconds() == 62
    assert repr(result) == (
        "<Execution machine-1:run-1 SUCCEEDED [1, 2]: Both > Put > Hold > Rest > Break > Items > One > One ...>"
    )


def test_explain_reads_like_a_story(frozen: Cloud) -> None:
    told = run_orders(frozen, {"items": [1, 2, 3, 4, 5]}).explain().splitlines()
    assert told[:2] == [
        "Execution run-1 of machine-1 (STANDARD) took 65 s and SUCCEEDED.",
        'It was started on 2025-06-02 00:00:00 with {"items": [1, 2, 3, 4, 5]}',
    ]
    assert told[-1] == "Its output is [1, 2, 3, 4, 5]"
    text = "\n".join(line.strip() for line in told)
    for sentence in (
        "+0 s  Both went through 2 branches",
        'Put called aws-sdk:ssm:putParameter with {"Name":"n","Value":"v"}: failed with Ssm.InternalServerErrorException (',
        "tried again 2 s later, and aws-sdk:ssm:putParameter: failed with",
        "the error was caught, and it went on with Rest",
        "the error Broken (it fell) was caught, and it went on with Items",
        "+0 s  Hold waited 60 s, until 2025-06-02 00:01:00",
        "Rest did not end its wait\nit was cancelled",
        "Break failed\n",
        "+60 s  Items went through 5 items",
        "item 2:\n+62 s  One waited 1 s, until 2025-06-02 00:01:03\n... and 2 more items that went the same ways",
        "+65 s  Enough chose Done",
        "+65 s  Done ended it well",
    ):
        assert sentence in text


def test_what_failed_says_so(frozen: Cloud) -> None:
    result = run_orders(frozen, {"items": []})
    assert (result.status, result.states[-1], result.statuses["Enough"]) == ("FAILED", "Enough", "FAILED")
    assert "Enough found no way to go on\n" in result.explain()
    assert "Its error is States.Runtime: " in result.explain()


def test_an_execution_that_waits_is_looked_at_again_when_it_was_answered(frozen: Cloud) -> None:
    frozen.function("ask", lambda event, context: None)
    ask = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    machine = {
        "StartAt": "Ask",
        "States": {"Ask": {"Type": "Task", "Resource": resource, "Parameters": ask, "End": True}},
    }
    result = frozen.stepfunctions.run(machine)
    assert (result.status, result.output, result.duration) == ("RUNNING", None, None)
    assert result.explain().endswith("is still waiting for the answer")
    frozen.clock.advance(days=2)
    (task,) = frozen.stepfunctions.waiting("Ask")
    boto3.client("stepfunctions").send_task_success(taskToken=task.token, output='"yes"')
    assert frozen.stepfunctions.result(result.arn).output == "yes"
    assert 'got "yes" after 2 days' in frozen.stepfunctions.result(result.arn).explain()


def test_a_task_whose_execution_has_ended_waits_no_more(frozen: Cloud) -> None:
    missing = {"FunctionName": "nobody", "Payload": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    state = {"Type": "Task", "Resource": resource, "Parameters": missing, "End": True}
    result = frozen.stepfunctions.run({"StartAt": "Ask", "States": {"Ask": state}})
    assert result.error == "Lambda.ResourceNotFoundException"
    assert frozen.stepfunctions.waiting() == []


def test_machines_are_named_by_arn_name_or_definition(frozen: Cloud) -> None:
    definition = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 7, "End": True}}}
    for machine in (
        definition,
        json.dumps(definition),
        "machine-1",
        "arn:aws:states:us-east-1:123456789012:stateMachine:machine-2",
    ):
        assert frozen.stepfunctions.run(machine, [1]).output == 7
    assert frozen.stepfunctions.run(definition, type="EXPRESS").timeline[0] == "2025-06-02 00:00:00 ExecutionStarted"
    with pytest.raises(AwsError, match="StateMachineDoesNotExist"):
        frozen.stepfunctions.run("machine-9")


# ---------------------------------------------------------------------- pictures


def test_the_picture_shows_every_state_in_its_colour(frozen: Cloud) -> None:
    result = run_orders(frozen, {"items": [1]})
    picture = ElementTree.fromstring(result.svg())
    titles = {t.text.split(" · ")[0]: t.text.split(" · ") for t in picture.iter("{http://www.w3.org/2000/svg}title")}
    assert titles["Both"] == ["Both", "Parallel", "Caught Error"]
    assert titles["Rest"] == ["Rest", "Wait", "Cancelled"]
    assert titles["None"] == ["None", "Fail", "not visited"]
    assert result._repr_svg_() == result.svg()
    text = result.mermaid()
    assert text.startswith("flowchart TD\n")
    assert '|"$[0] #62; 0"|' in text
    assert text.count("subgraph") == 2


# ---------------------------------------------------------------------- mocked results

CONFIGURATION = {
    "StateMachines": {"machine-1": {"TestCases": {"Rocky": {"Call": "Twice"}, "Stopped": {"Call": "Never"}}}},
    "MockedResponses": {
        "Twice": {"0-1": {"Throw": {"Error": "Busy", "Cause": "later"}}, "2": {"Return": {"ok": True}}},
        "Never": {"0": {"Throw": {"Error": "Gone"}}},
    },
}
CALLS = {
    "lambda": "arn:aws:lambda:us-east-1:123456789012:function:nobody",
    "token": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "sync": "arn:aws:states:::glue:startJobRun.sync",
    "activity": "arn:aws:states:us-east-1:123456789012:activity:nobody",
}
PARAMETERS = {"token": {"QueueUrl": "q", "MessageBody": "m"}, "sync": {"JobName": "j"}}


@pytest.mark.parametrize("kind", CALLS)
def test_a_test_case_answers_for_the_tasks(frozen: Cloud, tmp_path: Path, kind: str) -> None:
    retry = [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5, "BackoffRate": 1}]
    state = {
        "Type": "Task",
        "Resource": CALLS[kind],
        "Parameters": PARAMETERS.get(kind, {}),
        "Retry": retry,
        "End": True,
    }
    definition = json.dumps({"StartAt": "Call", "States": {"Call": state}})
    role = "arn:aws:iam::123456789012:role/r"
    boto3.client("stepfunctions").create_state_machine(name="machine-1", roleArn=role, definition=definition)
    file = tmp_path / "MockConfigFile.json"
    file.write_text(json.dumps(CONFIGURATION))
    frozen.stepfunctions.mock_config(file)
    result = frozen.stepfunctions.run("machine-1#Rocky")
    assert (result.output, result.duration.total_seconds()) == ({"ok": True}, 10)
    assert [attempt.error for attempt in result.visits[0].attempts] == ["Busy", "Busy", None]
    assert frozen.stepfunctions.run("machine-1#Stopped").error == "Gone"
    assert {f"{c.service}.{c.operation}" for c in frozen.calls} == {
        "stepfunctions.CreateStateMachine",
        "stepfunctions.StartExecution",
    }
    with pytest.raises(MockConfigurationError, match=r"no test case of machine-1 'Rockey'\. Did you mean: Rocky\?"):
        frozen.stepfunctions.run("machine-1#Rockey")


def test_responses_are_counted_over_the_visits_of_a_loop(frozen: Cloud) -> None:
    # a public test suite polls like this; what was answered last goes on being asked for when the responses end
    ask = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:getJobRun", "Parameters": {}, "Next": "Look"}
    ask["Parameters"] = {"JobName": "j", "RunId": "r"}
    done = {"Variable": "$.State", "StringEquals": "DONE", "Next": "Each"}
    each = {"StartAt": "Item", "States": {"Item": {**ask, "End": True}}}
    del each["States"]["Item"]["Next"]
    states = {
        "Ask": ask,
        "Look": {"Type": "Choice", "Choices": [done], "Default": "Rest"},
        "Rest": {"Type": "Wait", "Seconds": 60, "Next": "Ask"},
        "Each": {"Type": "Map", "ItemsPath": "$.Items", "ItemProcessor": each, "End": True},
    }
    role = "arn:aws:iam::123456789012:role/r"
    definition = json.dumps({"StartAt": "Ask", "States": states})
    boto3.client("stepfunctions").create_state_machine(name="polls", roleArn=role, definition=definition)
    responses = {
        "Polls": {"0-1": {"Return": {"State": "RUNNING"}}, "2": {"Return": {"State": "DONE", "Items": [1, 2]}}},
        "One": {"0": {"Return": "ok"}},
    }
    cases = {"polls": {"TestCases": {"Slow": {"Ask": "Polls", "Item": "One"}}}}
    frozen.stepfunctions.mock_config({"StateMachines": cases, "MockedResponses": responses})
    result = frozen.stepfunctions.run("polls#Slow")
    assert (result.output, result.duration.total_seconds()) == (["ok", "ok"], 120)


def test_a_mocked_job_is_submitted_like_a_real_one(frozen: Cloud) -> None:
    state = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}}
    role = "arn:aws:iam::123456789012:role/r"
    client = boto3.client("stepfunctions")
    definition = json.dumps({"StartAt": "T", "States": {"T": {**state, "End": True}}})
    machine = client.create_state_machine(name="jobs", roleArn=role, definition=definition)["stateMachineArn"]
    cases = {"jobs": {"TestCases": {"One": {"T": "One"}}}}
    frozen.stepfunctions.mock_config({"StateMachines": cases, "MockedResponses": {"One": {"0": {"Return": {"a": 1}}}}})
    arn = client.start_execution(stateMachineArn=f"{machine}#One")["executionArn"]
    types = [e["type"] for e in client.get_execution_history(executionArn=arn)["events"]]
    assert types[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({}, "the file has no object 'StateMachines'"),
        ({"StateMachines": {"m": {}}}, "StateMachines.m has no object 'TestCases'"),
        ({"StateMachines": {"m": {"TestCases": {"a": {"S": "r"}}}}}, "knows no MockedResponses .* 'r'"),
        ({"StateMachines": {}, "MockedResponses": {"r": {}}}, "MockedResponses.r: expected"),
        ({"StateMachines": {}, "MockedResponses": {"r": {"x": {"Return": 1}}}}, "attempts are written"),
        ({"StateMachines": {}, "MockedResponses": {"r": {"0": {}}}}, "either Return or Throw"),
        ({"StateMachines": {}, "MockedResponses": {"r": {"0": {"Throw": {}}}}}, "an Error is required"),
    ],
)
def test_a_configuration_that_cannot_be_meant_is_refused(frozen: Cloud, configuration: Any, message: str) -> None:
    with pytest.raises(MockConfigurationError, match=message):
        frozen.stepfunctions.mock_config(configuration)


def test_a_time_of_day_is_one_of_the_executions_today(frozen: Cloud) -> None:
    output = '{% $fromMillis($toMillis("10:30", "[H01]:[m01]")) %}'
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": output, "End": True}
    frozen.clock.advance(days=3)
    assert frozen.stepfunctions.run({"StartAt": "P", "States": {"P": state}}).output == "2025-06-05T10:30:00.000Z"
