"""Books payments to accounts. The queue delivers at least once, so each payment is marked when it is booked, in one go."""

import boto3

dynamodb = boto3.client("dynamodb")


def book(event, context):
    """For an SQS trigger: gives the messages that have to be delivered again."""
    failed = []
    for message in event["Records"]:
        try:
            _book(message["messageId"], message["body"])
        except dynamodb.exceptions.ClientError:
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def _book(message_id, body):
    account, amount = body.split(":")
    try:
        dynamodb.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "booked",
                        "Item": {"id": {"S": message_id}},
                        "ConditionExpression": "attribute_not_exists(id)",
                    }
                },
                {
                    "Update": {
                        "TableName": "accounts",
                        "Key": {"id": {"S": account}},
                        "UpdateExpression": "ADD balance :amount",
                        "ExpressionAttributeValues": {":amount": {"N": amount}},
                    }
                },
            ]
        )
    except dynamodb.exceptions.TransactionCanceledException as e:
        if e.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise  # otherwise it is booked already
