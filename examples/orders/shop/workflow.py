"""What the workflow calls, and what starts it."""

import json
import os

import boto3

workflows = boto3.client("stepfunctions")
mail = boto3.client("ses")


def start(event, context):
    """Fed by the table's stream: each new order gets its workflow."""
    for record in event["Records"]:
        if record["eventName"] == "INSERT":
            order = record["dynamodb"]["NewImage"]
            workflows.start_execution(
                stateMachineArn=os.environ["WORKFLOW"],
                name=order["id"]["S"],
                input=json.dumps({"id": order["id"]["S"], "amount": float(order["amount"]["N"])}),
            )


def ask(event, context):
    """Mail the task token to the one who may approve."""
    mail.send_email(
        Source="shop@example.com",
        Destination={"ToAddresses": [os.environ["APPROVER"]]},
        Message={
            "Subject": {"Data": f"Order {event['order']} needs you"},
            "Body": {"Text": {"Data": event["token"]}},
        },
    )


def ship(event, context):
    """Hand the parcel over."""
    return {"parcel": f"P-{event['id']}"}
