"""Roles of functions, state machines and integrations: what they do shows who they are, and policies decide by it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from mock_serverless import Cloud
from tests.services.apigateway.apis import make_api
from tests.services.lambda_.conftest import zipped

ROLE = "arn:aws:iam::123456789012:role/service-role/worker"
SESSION = "arn:aws:sts::123456789012:assumed-role/worker/f"
WHO = "import boto3\ndef handler(event, context): return boto3.client('sts').get_caller_identity()"
ACTION = "arn:aws:apigateway:us-east-1:{}:action/{}"


def invoke(name: str = "f", event: Any = None) -> Any:
    answer = boto3.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def identity(client: Any = None) -> Any:
    found = (client or boto3.client("sts")).get_caller_identity()
    return {name: found[name] for name in ("UserId", "Account", "Arn")}


def deploy(code: str, name: str = "f", role: str = ROLE) -> None:
    client = boto3.client("lambda")
    code_of = {"ZipFile": zipped({"app.py": code})}
    client.create_function(FunctionName=name, Runtime="python3.12", Handler="app.handler", Role=role, Code=code_of)


# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html; a function's session has its name
def test_a_function_is_a_session_of_its_role(cloud: Cloud) -> None:
    deploy(WHO)
    found = invoke()
    assert (found["Arn"], found["Account"]) == (SESSION, "123456789012")
    assert found["UserId"].startswith("AROA")
    assert found["UserId"].endswith(":f")
    assert len(found["UserId"]) == len("AROA") + 17 + len(":f")
    deploy(WHO, "g")
    other = invoke("g")
    assert other["Arn"] == SESSION[:-1] + "g"
    assert other["UserId"].partition(":")[0] == found["UserId"].partition(":")[0]  # that of the role
    assumed = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["AssumedRoleUser"]
    assert assumed["AssumedRoleId"].partition(":")[0] == found["UserId"].partition(":")[0]
    boto3.client("lambda").update_function_configuration(FunctionName="f", Role=ROLE.replace("worker", "boss"))
    assert invoke()["Arn"] == SESSION.replace("worker", "boss")


def test_a_function_has_keys_of_its_own(cloud: Cloud) -> None:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    deploy(f"import os\ndef handler(event, context): return [os.environ[name] for name in {names!r}]")
    key, secret, token = invoke()
    assert (key[:4], len(key), len(secret)) == ("ASIA", 20, 40)
    client = boto3.client("sts", aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)
    assert identity(client)["Arn"] == SESSION


def _made_outside() -> Any:
    return boto3.client("sts")


def _with_foreign_keys() -> Any:
    answer = boto3.client("sts").assume_role(RoleArn="arn:aws:iam::111122223333:role/there", RoleSessionName="me")
    keys = answer["Credentials"]
    return boto3.client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


@pytest.mark.parametrize(
    ("make", "arn"),
    [
        (_made_outside, SESSION),
        (lambda: boto3.client("sts", aws_access_key_id="222222222222", aws_secret_access_key="x"), None),
        (_with_foreign_keys, "arn:aws:sts::111122223333:assumed-role/there/me"),
    ],
    ids=["found", "given", "assumed"],
)
def test_clients_made_outside_of_the_function(cloud: Cloud, make: Callable[[], Any], arn: str | None) -> None:
    """On AWS a module makes them in the function's environment, unless keys are given."""
    client = make()
    before = identity(client)
    cloud.function("f", lambda event, context: identity(client), role=ROLE)
    assert invoke()["Arn"] == (arn or "arn:aws:iam::222222222222:user/mock_serverless")
    assert identity(client) == before


def test_a_client_that_a_function_has_made_is_the_callers(cloud: Cloud) -> None:
    made: list[Any] = []

    def handler(event: Any, context: Any) -> Any:
        if not made:
            made.append(boto3.client("sts"))
        return identity(made[0])

    cloud.function("f", handler, role=ROLE)
    cloud.function("g", handler)
    assert invoke("f")["Arn"] == SESSION
    assert invoke("g")["Arn"] == "arn:aws:sts::123456789012:assumed-role/g/g"
    assert identity(made[0])["Arn"] == "arn:aws:iam::123456789012:user/mock_serverless"


def test_keys_that_a_function_sets_for_itself(cloud: Cloud) -> None:
    def handler(event: Any, context: Any) -> Any:
        os.environ["AWS_ACCESS_KEY_ID"] = "333333333333"
        return identity()

    cloud.function("f", handler)
    assert invoke()["Account"] == "333333333333"


def test_a_functions_threads_call_as_it_does(cloud: Cloud) -> None:
    def handler(event: Any, context: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(identity).result()

    cloud.function("f", handler, role=ROLE)
    assert invoke()["Arn"] == SESSION


def test_nested_functions(cloud: Cloud) -> None:
    cloud.function("inner", lambda event, context: identity()["Arn"])
    cloud.function("outer", lambda event, context: [identity()["Arn"], invoke("inner"), identity()["Arn"]])
    outer, inner = (f"arn:aws:sts::123456789012:assumed-role/{name}/{name}" for name in ("outer", "inner"))
    assert invoke("outer") == [outer, inner, outer]


def test_a_function_of_another_account(cloud: Cloud) -> None:
    cloud.function("f", lambda event, context: identity(), account="444444444444")
    arn = "arn:aws:lambda:us-east-1:444444444444:function:f"
    theirs = boto3.client("lambda", aws_access_key_id="444444444444", aws_secret_access_key="x")
    answer = json.loads(theirs.invoke(FunctionName=arn)["Payload"].read())
    assert answer["Arn"] == "arn:aws:sts::444444444444:assumed-role/f/f"


def test_rollback(cloud: Cloud) -> None:
    deploy(WHO)
    with cloud.scratch():
        assert invoke()["Arn"] == SESSION
    assert invoke()["Arn"] == SESSION


# ---------------------------------------------------------------------- policies that decide


def test_a_table_may_be_closed_to_a_role(cloud: Cloud) -> None:
    dynamodb = boto3.client("dynamodb")
    arn = dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "dynamodb:PutItem",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:PrincipalArn": ROLE}},
    }
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))

    def handler(event: Any, context: Any) -> Any:
        try:
            dynamodb.put_item(TableName="table", Item={"pk": {"S": "a"}})
        except ClientError as e:
            return e.response["Error"]
        return "written"

    cloud.function("f", handler, role=ROLE)
    cloud.function("g", handler)
    assert invoke("g") == "written"
    assert invoke("f") == {
        "Code": "AccessDeniedException",
        "Message": f"User: {SESSION} is not authorized to perform: dynamodb:PutItem on resource: {arn} "
        "with an explicit deny in a resource-based policy",
    }


def test_a_function_is_closed_to_other_accounts(cloud: Cloud) -> None:
    cloud.function("f", lambda event, context: "done")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    stranger = boto3.client("lambda", aws_access_key_id="999999999999", aws_secret_access_key="x")
    with pytest.raises(ClientError) as refused:
        stranger.invoke(FunctionName=arn)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert refused.value.response["Error"]["Message"] == (
        "User: arn:aws:iam::999999999999:user/mock_serverless is not authorized to perform: lambda:InvokeFunction on "
        f"resource: {arn} because no resource-based policy allows the lambda:InvokeFunction action"
    )
    grant = {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "999999999999"}
    boto3.client("lambda").add_permission(StatementId="them", **grant)
    assert stranger.invoke(FunctionName=arn)["StatusCode"] == 200
    boto3.client("lambda").remove_permission(FunctionName="f", StatementId="them")
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.invoke(FunctionName=arn, InvocationType="Event")


def test_a_stream_of_another_account_lets_a_role_in(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-cross-account-access.html (streams)"""
    theirs: dict[str, Any] = {"aws_access_key_id": "999999999999", "aws_secret_access_key": "x"}
    tables = boto3.client("dynamodb", **theirs)
    stream = tables.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
        "Resource": stream,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    tables.put_resource_policy(ResourceArn=stream, Policy=policy)
    seen: list[Any] = []
    cloud.function("f", lambda event, context: seen.extend(event["Records"]), role=ROLE)
    cloud.function("g", lambda event, context: None)
    create = {"EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON"}
    functions = boto3.client("lambda")
    functions.create_event_source_mapping(FunctionName="f", **create)
    tables.put_item(TableName="table", Item={"pk": {"S": "a"}})
    assert len(seen) == 1
    with pytest.raises(ClientError, match="assumed-role/g/g is not authorized to perform: dynamodb:DescribeStream"):
        functions.create_event_source_mapping(FunctionName="g", **create)


def signed(url: str, service: str, key: str) -> dict[str, str]:
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(key, "secret", "token"), service, "us-east-1").add_auth(request)
    return dict(request.headers)


# https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
def test_who_calls_a_function_url(cloud: Cloud) -> None:
    client = boto3.client("lambda")
    cloud.function("f", lambda event, context: event["requestContext"])
    url = client.create_function_url_config(FunctionName="f", AuthType="AWS_IAM")["FunctionUrl"]
    assert cloud.http.get(url).status_code == 403
    keys = boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    context = cloud.http.get(url, headers=signed(url, "lambda", keys["AccessKeyId"])).json()
    who = context["authorizer"]["iam"]
    assert who["userArn"] == "arn:aws:sts::123456789012:assumed-role/worker/me"
    assert who["callerId"] == who["userId"]
    assert who["userId"].endswith(":me")
    assert (who["accessKey"], who["accountId"]) == (keys["AccessKeyId"], "123456789012")
    assert context["accountId"] == "123456789012"
    stranger = signed(url, "lambda", "999999999999")
    assert cloud.http.get(url, headers=stranger).status_code == 403
    grant = {"FunctionName": "f", "Action": "lambda:InvokeFunctionUrl", "Principal": "999999999999"}
    client.add_permission(StatementId="none", FunctionUrlAuthType="NONE", **grant)
    assert cloud.http.get(url, headers=stranger).status_code == 403
    client.add_permission(StatementId="them", FunctionUrlAuthType="AWS_IAM", **grant)
    assert cloud.http.get(url, headers=stranger).status_code == 200
    cloud.clock.advance(hours=2)
    assert cloud.http.get(url, headers=signed(url, "lambda", keys["AccessKeyId"])).status_code == 403


# ---------------------------------------------------------------------- who calls for a resource


@pytest.mark.parametrize("type", ["STANDARD", "EXPRESS"])
def test_a_state_machine_is_a_session_of_its_role(cloud: Cloud, type: str) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
        "Parameters": {},
        "End": True,
    }
    definition = {"StartAt": "Who", "States": {"Who": task}}
    client = boto3.client("stepfunctions")
    made = client.create_state_machine(name="m", definition=json.dumps(definition), roleArn=ROLE, type=type)
    found = cloud.stepfunctions.run(made["stateMachineArn"]).output
    assert found["Arn"].startswith("arn:aws:sts::123456789012:assumed-role/worker/")
    assert len(found["Arn"].rpartition("/")[2]) == 32
    assert found["Account"] == "123456789012"


def test_a_task_with_a_role_of_another_account(cloud: Cloud) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sts:getCallerIdentity",
        "Parameters": {},
        "Credentials": {"RoleArn": "arn:aws:iam::111122223333:role/there"},
        "End": True,
    }
    found = cloud.stepfunctions.run({"StartAt": "Who", "States": {"Who": task}}).output
    assert found["Arn"].startswith("arn:aws:sts::111122223333:assumed-role/there/")


def test_an_integration_calls_in_a_session_of_its_role(cloud: Cloud) -> None:
    integration = {
        "type": "AWS",
        "integrationHttpMethod": "POST",
        "uri": ACTION.format("sts", "GetCallerIdentity"),
        "credentials": "arn:aws:iam::123456789012:role/gateway",
    }
    url = make_api([{"path": "/who", "integration": integration, "responses": {"200": {}}}])
    answer = cloud.http.get(f"{url}/who").text
    assert "arn:aws:sts::123456789012:assumed-role/gateway/BackplaneAssumeRoleSession" in answer


# https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html: arn:aws:iam::*:user/* passes the caller's on
def test_an_integration_calls_as_its_caller(cloud: Cloud) -> None:
    integration = {
        "type": "AWS",
        "integrationHttpMethod": "POST",
        "uri": ACTION.format("sts", "GetCallerIdentity"),
        "credentials": "arn:aws:iam::*:user/*",
    }
    methods = [
        {"path": "/who", "integration": integration, "responses": {"200": {}}, "authorizationType": "AWS_IAM"},
        {"path": "/nobody", "integration": integration, "responses": {"200": {}}},
    ]
    url = make_api(methods)
    where = f"{url}/who"

    def handler(event: Any, context: Any) -> Any:
        key = os.environ["AWS_ACCESS_KEY_ID"]
        return cloud.http.get(where, headers=signed(where, "execute-api", key)).text

    cloud.function("f", handler, role=ROLE)
    assert SESSION in invoke()
    assert cloud.http.get(f"{url}/nobody").status_code == 500


def test_a_handlers_own_signature_shows_in_the_context_of_an_api(cloud: Cloud) -> None:
    cloud.function("back", lambda event, context: {"body": json.dumps(event["requestContext"]["identity"])})
    url = make_api([{"path": "/", "function": "back", "authorizationType": "AWS_IAM"}])

    def handler(event: Any, context: Any) -> Any:
        found = boto3.Session().get_credentials()
        return cloud.http.get(url, headers=signed(url, "execute-api", found.access_key)).json()

    cloud.function("f", handler, role=ROLE)
    who = invoke()
    assert (who["userArn"], who["accountId"]) == (SESSION, "123456789012")
    assert who["user"] == who["caller"]
    assert who["user"].endswith(":f")


def test_a_client_without_retries_is_served_the_same(cloud: Cloud) -> None:
    client = boto3.client("sts", config=Config(retries={"max_attempts": 0}))
    cloud.function("f", lambda event, context: identity(client)["Arn"], role=ROLE)
    cloud.fail("sts", "GetCallerIdentity", "Throttling", times=1)
    cloud.function("g", lambda event, context: identity()["Arn"], role=ROLE)
    assert invoke("g") == SESSION[:-1] + "g"
    assert invoke("f") == SESSION
