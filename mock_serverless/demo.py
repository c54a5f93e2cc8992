"""The demo: an order goes through four services and ten days in well under two seconds.

    POST /orders -> API Gateway -> Lambda place_order -> DynamoDB orders -> stream -> Lambda start_workflow -> Step Functions
    (is it big? -> a human's approval -> ship it -> seven days to send it back) -> DynamoDB

What you read here is what a test of such an app looks like: the app's own functions, its tables and machine set up with any
AWS client (botocore's here, which is all that the plain install needs), and time moved on by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cloud import Cloud

ROLE = "arn:aws:iam::123456789012:role/demo"
MONDAY = datetime(2025, 6, 2, 9, tzinfo=timezone.utc)


def client(service: str) -> Any:
    """An AWS client, as the app makes its own."""
    from botocore.session import Session

    return Session().create_client(service)


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
    for function in (place_order, start_workflow, ask_for_approval, ship):
        cloud.function(function.__name__, function)
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


def run() -> Iterator[str]:
    """Place an order, approve it three days later, and wait until it is closed; gives the timeline, line by line."""
    from .mocking import mock_cloud

    MAILBOX.clear()
    with mock_cloud(clock=MONDAY, region="us-east-1") as cloud:
        url = deploy(cloud)
        told = len(cloud.calls)
        cloud.clock.advance(hours=1)
        response = cloud.http.post(url, json={"id": "o-1", "amount": 250})
        yield _line(MONDAY.replace(hour=10), "test", f"POST {url} -> {response.status_code} {response.text}")
        yield from _timeline(cloud, told)

        told = len(cloud.calls)
        cloud.clock.advance(days=3)
        mail = MAILBOX.pop()
        yield _line(cloud.clock.now(), "test", f"three days later a human reads the mail about {mail['order']} and approves")
        client("stepfunctions").send_task_success(taskToken=mail["token"], output=json.dumps({"by": "Ada"}))
        yield from _timeline(cloud, told)

        told = len(cloud.calls)
        cloud.settle(until_idle=True)
        yield from _timeline(cloud, told)

        execution = "arn:aws:states:us-east-1:123456789012:execution:orders:o-1"
        states = client("stepfunctions")
        status = states.describe_execution(executionArn=execution)["status"]
        events = states.get_execution_history(executionArn=execution)["events"]
        item = client("dynamodb").get_item(TableName="orders", Key={"id": {"S": "o-1"}})["Item"]
        path = [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]
        yield _line(cloud.clock.now(), "test", f"the execution has {status}: {' -> '.join(path)}")
        yield _line(cloud.clock.now(), "test", f"the order: {json.dumps({k: next(iter(v.values())) for k, v in item.items()})}")


POLLING = {"GetRecords", "GetShardIterator", "DescribeStream"}


def _timeline(cloud: Cloud, since: int) -> Iterator[str]:
    for call in cloud.calls[since:]:
        if call.operation not in POLLING:
            yield _line(call.time, call.caller, f"{call.service}.{call.operation} {call.error_code or 'ok'}")


def _line(when: datetime, who: str, what: str) -> str:
    return f"{when:%a %d %b %H:%M:%S}  {who:32}  {what}"
