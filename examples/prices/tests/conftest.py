import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture
def supplier(cloud):
    """The supplier's service, which happens to be an API of ours too: a function that lists `prices`. Gives its URL."""
    import boto3

    prices = {}
    gateway = boto3.client("apigateway")
    api = gateway.create_rest_api(name="supplier")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    resource = gateway.create_resource(restApiId=api, parentId=root, pathPart="prices")["id"]

    @cloud.function("list_prices")
    def list_prices(event, context):
        import json

        return {"statusCode": 200, "body": json.dumps([{"sku": s, "price": p} for s, p in prices.items()])}

    gateway.put_method(restApiId=api, resourceId=resource, httpMethod="GET", authorizationType="NONE")
    function = "arn:aws:lambda:us-east-1:123456789012:function:list_prices"
    gateway.put_integration(
        restApiId=api,
        resourceId=resource,
        httpMethod="GET",
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    boto3.client("lambda").add_permission(
        FunctionName="list_prices",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    gateway.create_deployment(restApiId=api, stageName="prod")
    boto3.client("dynamodb").create_table(
        TableName="prices",
        KeySchema=[{"AttributeName": "sku", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "sku", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return f"https://{api}.execute-api.us-east-1.amazonaws.com/prod", prices
