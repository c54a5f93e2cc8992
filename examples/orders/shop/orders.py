"""Behind the API: place an order, look at it, approve or refuse it."""

import json
import os
from decimal import Decimal

import boto3
from botocore.exceptions import ClientError

table = boto3.resource("dynamodb").Table(os.environ.get("TABLE", "orders"))
workflows = boto3.client("stepfunctions")


def place(event, context):
    """POST /orders"""
    order = json.loads(event["body"], parse_float=Decimal)
    if not order.get("id") or order.get("amount", 0) <= 0:
        return answer(400, {"message": "an order has an id and an amount"})
    try:
        table.put_item(Item={**order, "status": "PLACED"}, ConditionExpression="attribute_not_exists(id)")
    except ClientError as e:
        if e.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return answer(409, {"message": f"there is an order {order['id']} already"})
    return answer(201, {"id": order["id"], "status": "PLACED"})


def show(event, context):
    """GET /orders/{id}"""
    found = table.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    return answer(404, {"message": "no such order"}) if found is None else answer(200, found)


def decide(event, context):
    """POST /decisions, the link in the mail leads there: {"token": ..., "approved": true}"""
    decision = json.loads(event["body"])
    if decision["approved"]:
        workflows.send_task_success(taskToken=decision["token"], output=json.dumps({"by": decision["by"]}))
    else:
        workflows.send_task_failure(taskToken=decision["token"], error="Refused", cause=f"by {decision['by']}")
    return answer(204)


def answer(status, body=None):
    """What API Gateway wants of a proxy function."""
    return {"statusCode": status, "body": "" if body is None else json.dumps(body, default=float)}
