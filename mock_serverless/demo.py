"""The demo: an order goes through four services and ten days in well under two seconds.

    POST /orders -> API Gateway -> Lambda place_order -> DynamoDB orders -> stream -> Lambda start_workflow -> Step Functions
    (is it big? -> a human's approval -> ship it -> seven days to send it back) -> DynamoDB

What you read here is what a test of such an app looks like: the app's own functions, its tables and machine set up with any
AWS client (botocore's here, which is all that the plain install needs), and time moved on by hand. The second half tells what
happened, out of the cloud's journal of calls and the execution's history.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cloud import Cloud

ROLE = "arn:aws:iam::123456789012:role/demo"
MONDAY = datetime(2025, 6, 2, 9, tzinfo=timezone.utc)


@cache
def session() -> Any:
    """The process' one session."""
    from botocore.session import Session

    return Session()


def client(service: str) -> Any:
    """An AWS client, as the app makes its own."""
    return session().create_client(service)


# ---------------------------------------------------------------------- the app: four functions


def place_order(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Behind POST /orders: keep the order."""
    order = json.loads(event["body"])
    client("dynamodb").put_item(
        TableName="orders",
        Item={"id": {"S": order["id"]}, "amount": {"N": str(order["amount"])}, "status": {"S": "PLACED"}},
        ConditionExpression="attribute_not_exists(id)",
    )
    return {"statusCode": 201, "body": json.dumps({"id": order["id"], "status": "PLACED"})}


def start_workflow(event: dict[str, Any], context: Any) -> None:
    """Fed by the table's stream: each new order gets its workflow."""
    for record in event["Records"]:
        if record["eventName"] == "INSERT":
            order = record["dynamodb"]["NewImage"]
            client("stepfunctions").start_execution(
                stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:orders",
                name=order["id"]["S"],
                input=json.dumps({"id": order["id"]["S"], "amount": int(order["amount"]["N"])}),
            )


MAILBOX: list[dict[str, str]] = []


def ask_for_approval(event: dict[str, Any], context: Any) -> None:
    """Mail the task token to a human, who answers when it suits."""
    MAILBOX.append({"token": event["token"], "order": event["order"]})


def ship(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Hand the parcel over."""
    return {"parcel": f"P-{event['id']}"}


MACHINE = {
    "StartAt": "IsItBig",
    "States": {
        "IsItBig": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.amount", "NumericGreaterThan": 100, "Next": "Approval"}],
            "Default": "Ship",
        },
        "Approval": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {
                "FunctionName": "ask_for_approval",
                "Payload": {"order.$": "$.id", "token.$": "$$.Task.Token"},
            },
            "TimeoutSeconds": 30 * 86400,
            "ResultPath": "$.approval",
            "Next": "Ship",
        },
        "Ship": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "ship", "Payload": {"id.$": "$.id"}},
            "ResultSelector": {"parcel.$": "$.Payload.parcel"},
            "ResultPath": "$.shipping",
            "Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 60, "MaxAttempts": 3}],
            "Next": "TimeToSendItBack",
        },
        "TimeToSendItBack": {"Type": "Wait", "Seconds": 7 * 86400, "Next": "Close"},
        "Close": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:updateItem",
            "Parameters": {
                "TableName": "orders",
                "Key": {"id": {"S.$": "$.id"}},
                "UpdateExpression": "SET #status = :closed, parcel = :parcel",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":closed": {"S": "CLOSED"}, ":parcel": {"S.$": "$.shipping.parcel"}},
            },
            "End": True,
        },
    },
}


# ---------------------------------------------------------------------- its infrastructure


def deploy(cloud: Cloud) -> str:
    """Set the app up; gives the URL of its API."""
    for handler in (place_order, start_workflow, ask_for_approval, ship):
        cloud.function(handler.__name__, handler)
    table = client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    client("lambda").create_event_source_mapping(
        FunctionName="start_workflow", EventSourceArn=table["LatestStreamArn"], StartingPosition="TRIM_HORIZON"
    )
    client("stepfunctions").create_state_machine(name="orders", definition=json.dumps(MACHINE), roleArn=ROLE)
    gateway = client("apigateway")
    api = gateway.create_rest_api(name="shop")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    orders = gateway.create_resource(restApiId=api, parentId=root, pathPart="orders")["id"]
    gateway.put_method(restApiId=api, resourceId=orders, httpMethod="POST", authorizationType="NONE")
    function = "arn:aws:lambda:us-east-1:123456789012:function:place_order"
    gateway.put_integration(
        restApiId=api,
        resourceId=orders,
        httpMethod="POST",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    gateway.create_deployment(restApiId=api, stageName="prod")
    return f"https://{api}.execute-api.us-east-1.amazonaws.com/prod/orders"


# ---------------------------------------------------------------------- what happens

EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:orders:o-1"


def run() -> Iterator[str]:
    """Place an order, approve it three days later, and wait until it is closed; gives the timeline, line by line."""
    from .mocking import mock_cloud

    MAILBOX.clear()
    with mock_cloud(clock=MONDAY, region="us-east-1") as cloud:
        url = deploy(cloud)
        tale = Tale(cloud)

        cloud.http.post(url, json={"id": "o-1", "amount": 250})
        yield from tale.go_on()

        cloud.clock.advance(days=3)
        mail = MAILBOX.pop()
        client("stepfunctions").send_task_success(taskToken=mail["token"], output=json.dumps({"by": "Ada"}))
        yield from tale.go_on()

        cloud.settle(until_idle=True)  # nothing is left to do but to wait seven days
        yield from tale.go_on()

        item = client("dynamodb").get_item(TableName="orders", Key={"id": {"S": "o-1"}})["Item"]
        yield tale.line(cloud.clock.now(), "table orders", f"holds {_plain(item)}")


# ---------------------------------------------------------------------- how it is told


class Tale:
    """What has happened since it was last told: calls out of the journal, and between them the execution's history."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.calls = len(cloud.calls)
        self.events = 0
        self.last = ""

    def go_on(self) -> Iterator[str]:
        """The lines of what is new."""
        new, self.calls = self.cloud.calls[self.calls :], len(self.cloud.calls)
        history = client("stepfunctions").get_execution_history(executionArn=EXECUTION)["events"]
        self.calls = len(self.cloud.calls)
        for call in new:
            if call.caller == "orders":  # the state machine's call: first what led to it
                yield from self._history(history, before="TaskStarted")
                self.events += 1
            tell = CALLS.get(f"{call.service}.{call.operation}")
            if tell is not None:
                yield self.line(call.time, *tell(call))
            if call.caller == "orders":  # then what came of it
                yield from self._history(history, after=call.time)
        yield from self._history(history)

    def _history(
        self, events: list[dict[str, Any]], before: str | None = None, after: datetime | None = None
    ) -> Iterator[str]:
        """The lines of the events until one of the type ``before``, or one that is later than ``after``."""
        while self.events < len(events):
            if events[self.events]["type"] == before or (after and events[self.events]["timestamp"] > after):
                return
            event = events[self.events]
            self.events += 1
            tell = EVENTS.get(event["type"].replace("Choice", "").replace("Wait", "").replace("Task", ""))
            if tell is not None:
                yield self.line(event["timestamp"], "execution o-1", tell(event))

    def line(self, when: datetime, who: str, what: str) -> str:
        """A line; the time only where it is another one than before."""
        moment = f"{when:%a %d %b %H:%M}"
        shown, self.last = ("" if moment == self.last else moment), moment
        return f"{shown:16}  {who:16}  {what}".rstrip()


Told = tuple[str, str]


def _http(call: Any) -> Told:
    answer = call.response
    return "customer", f"POST /orders {call.params['body']} -> {answer['status']} {answer['body']}"


def _invoke(call: Any) -> Told:
    function = call.params["FunctionName"].split(":")[-1]
    event = json.loads(call.params["Payload"])
    if call.caller == "lambda":
        seen = ", ".join(r["eventName"] + " " + _plain(r["dynamodb"]["NewImage"]) for r in event["Records"])
        return "stream of orders", f"{seen}: invokes {function}"
    if call.caller == "orders":
        return "execution o-1", f"invokes {function}"
    return "API Gateway", f"invokes {function}"


def _write(call: Any) -> Told:
    who = "execution o-1" if call.caller == "orders" else call.caller
    return who, f"{call.operation} {call.params['TableName']} {_plain(call.params.get('Item') or call.params['Key'])}"


CALLS: dict[str, Callable[[Any], Told]] = {
    "execute-api.POST /prod/orders": _http,
    "lambda.Invoke": _invoke,
    "dynamodb.PutItem": _write,
    "dynamodb.UpdateItem": _write,
    "stepfunctions.StartExecution": lambda call: (call.caller, f"StartExecution {call.params['name']}"),
    "stepfunctions.SendTaskSuccess": lambda call: ("a human", f"SendTaskSuccess {call.params['output']}"),
}
EVENTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "ExecutionStarted": lambda e: f"starts with {e['executionStartedEventDetails']['input']}",
    "StateEntered": lambda e: f"enters {e['stateEnteredEventDetails']['name']}",
    "Submitted": lambda e: "waits for the answer to its task token",
    "ExecutionSucceeded": lambda e: "has succeeded",
}


def _plain(item: dict[str, Any]) -> str:
    return json.dumps({name: next(iter(value.values())) for name, value in item.items()})
