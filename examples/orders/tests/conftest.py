"""The app's infrastructure, set up in a cloud. A real project would take it from its templates."""

import os
import sys
from pathlib import Path

# The app makes its clients when it is imported, before there is a cloud: as on AWS it finds its region in the environment.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
sys.path.insert(0, str(Path(__file__).parents[1]))

import boto3
import pytest
from shop import orders, workflow

ACCOUNT = "123456789012"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:orders"
DEFINITION = Path(workflow.__file__).with_name("workflow.asl.json").read_text()


@pytest.fixture
def url(cloud):
    """The deployed app; gives the URL of its API."""
    cloud.function("place", orders.place)
    cloud.function("show", orders.show)
    cloud.function("decide", orders.decide)
    cloud.function("start", workflow.start, environment={"WORKFLOW": MACHINE})
    cloud.function("ask", workflow.ask, environment={"APPROVER": "ada@example.com"})
    cloud.function("ship", workflow.ship)
    cloud.stub("ses", "SendEmail", {"MessageId": "m-1"})
    stream = make_table()
    boto3.client("lambda").create_event_source_mapping(
        FunctionName="start", EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    boto3.client("stepfunctions").create_state_machine(
        name="orders", definition=DEFINITION, roleArn=f"arn:aws:iam::{ACCOUNT}:role/orders"
    )
    return make_api()


def make_table():
    table = boto3.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    return table["TableDescription"]["LatestStreamArn"]


def make_api():
    gateway = boto3.client("apigateway")
    api = gateway.create_rest_api(name="shop")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    orders_path = gateway.create_resource(restApiId=api, parentId=root, pathPart="orders")["id"]
    order_path = gateway.create_resource(restApiId=api, parentId=orders_path, pathPart="{id}")["id"]
    decisions_path = gateway.create_resource(restApiId=api, parentId=root, pathPart="decisions")["id"]
    routes = [("POST", orders_path, "place"), ("GET", order_path, "show"), ("POST", decisions_path, "decide")]
    for method, resource, function in routes:
        gateway.put_method(restApiId=api, resourceId=resource, httpMethod=method, authorizationType="NONE")
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
        gateway.put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod=method,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations",
        )
        boto3.client("lambda").add_permission(
            FunctionName=function,
            StatementId=f"{api}-{method}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{api}/*",
        )
    gateway.create_deployment(restApiId=api, stageName="prod")
    return f"https://{api}.execute-api.us-east-1.amazonaws.com/prod"
