"""Policies of tables: documents, revisions, and who is let in."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_serverless import Cloud

START = datetime(2030, 1, 1, tzinfo=timezone.utc)
pytestmark = pytest.mark.mock_cloud(clock=START)
OWN, OTHER = "123456789012", "999999999999"
ARN = f"arn:aws:dynamodb:us-east-1:{OWN}:table/shared"
KEY = {"pk": {"S": "a"}}


@pytest.fixture
def owner(cloud: Cloud) -> Any:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="shared",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="shared", Item=KEY)
    return client


def client_of(account: str) -> Any:
    return boto3.client("dynamodb", aws_access_key_id=account, aws_secret_access_key="any")


def statement(**more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": ["dynamodb:GetItem"],
        "Resource": [ARN],
        **more,
    }


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def put(owner: Any, *statements: dict[str, Any], **more: Any) -> str:
    return str(owner.put_resource_policy(ResourceArn=ARN, Policy=document(*statements), **more)["RevisionId"])


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def user(account: str) -> str:
    return f"User: arn:aws:iam::{account}:user/mock_serverless is not authorized to perform: "


# ---------------------------------------------------------------------- documents and revisions


def test_the_canonical_form(owner: Any) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-208, DDB-TABLE-351 to 353."""
    revision = put(owner, statement(Condition={"StringEquals": {"aws:PrincipalAccount": [OTHER]}}, Sid="one"))
    assert revision == str(int(START.timestamp() * 1000))
    shown = owner.get_resource_policy(ResourceArn=ARN)
    assert shown["RevisionId"] == revision
    assert shown["Policy"] == (
        '{"Version":"2012-10-17","Statement":[{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999999999999:root"},'
        f'"Action":"dynamodb:GetItem","Resource":"{ARN}",'
        '"Condition":{"StringEquals":{"aws:PrincipalAccount":"999999999999"}}}]}'
    )
    assert owner.put_resource_policy(ResourceArn=ARN, Policy=shown["Policy"])["RevisionId"] == revision


def test_revisions(owner: Any) -> None:
    """moto's tests, which are verified on AWS; measured: ack-api-quirks, DDB-TABLE-205, DDB-TABLE-209."""
    not_found = "Resource-based policy not found for the provided ResourceArn: "
    assert refused(owner.get_resource_policy, ResourceArn=ARN) == ("PolicyNotFoundException", not_found + ARN)
    assert "RevisionId" not in owner.delete_resource_policy(ResourceArn=ARN)
    first = put(owner, statement(), ExpectedRevisionId="NO_POLICY")
    second = put(owner, statement(Action="dynamodb:PutItem"), ExpectedRevisionId=first)
    assert second > first
    again = document(statement())
    assert refused(owner.put_resource_policy, ResourceArn=ARN, Policy=again, ExpectedRevisionId="NO_POLICY") == (
        "PolicyNotFoundException",
        f"{not_found}Requested policy update expecting none to be present for table shared, but a policy exists with revision id "
        f"{second}.",
    )
    assert refused(owner.delete_resource_policy, ResourceArn=ARN, ExpectedRevisionId=first) == (
        "PolicyNotFoundException",
        f"{not_found}Requested update for policy with revision id {first}, but the policy associated to target table shared has "
        f"revision id {second}.",
    )
    assert owner.delete_resource_policy(ResourceArn=ARN)["RevisionId"] == second
    assert refused(owner.get_resource_policy, ResourceArn=ARN)[0] == "PolicyNotFoundException"
    assert owner.delete_resource_policy(ResourceArn=ARN)["RevisionId"] > second
    owner.delete_table(TableName="shared")
    assert refused(owner.get_resource_policy, ResourceArn=ARN) == (
        "ResourceNotFoundException",
        "Requested resource not found: Table: shared not found",
    )


INVALID = "One or more parameter values were invalid: "
BAD = INVALID + "Invalid policy document: "
UNBOUNDED = (
    "Resource-based policy grants unbounded access in one or more elements. Please revise the policy to ensure least-privilege "
    "form of access"
)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("", BAD + "This policy contains invalid Json"),
        ("{not json", BAD + "This policy contains invalid Json"),
        (document(), BAD + "Could not parse the policy: Statement is empty!"),
        (" " * 20481, INVALID + "Maximum policy size of 20480 bytes exceeded"),
        (
            document({k: v for k, v in statement().items() if k != "Resource"}),
            BAD + "Missing required field Resource",
        ),
        (document(statement(Sid="a"), statement(Sid="a")), BAD + "The Statement Ids in the policy are not unique"),
        (document(statement(Principal="*")), UNBOUNDED),
        (document(statement(Principal={"AWS": "*"})), UNBOUNDED),
        (document(statement(Principal={"AWS": "nobody"})), INVALID + "Invalid principal in policy document."),
        (
            document(statement(Action=["dynamodb:GetRecords", "dynamodb:GetItem", "dynamodb:Nothing"])),
            BAD + 'The following action names are invalid: "dynamodb:GetRecords", "dynamodb:Nothing"',
        ),
        (
            document(statement(Resource=f"{ARN}/stream/2000")),
            BAD + f'The relative-id "table/shared/stream/2000" is invalid for ARN "{ARN}"',
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_documents_that_are_refused(owner: Any, policy: str, message: str) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-211, DDB-TABLE-356."""
    assert refused(owner.put_resource_policy, ResourceArn=ARN, Policy=policy) == ("ValidationException", message)
    assert refused(owner.get_resource_policy, ResourceArn=ARN)[0] == "PolicyNotFoundException"


@pytest.mark.parametrize(
    ("arn", "code", "message"),
    [
        ("shared", "ValidationException", INVALID + "ARNs must start with 'arn:': shared"),
        (f"{ARN}x", "ResourceNotFoundException", "Requested resource not found: Table: sharedx not found"),
        (
            ARN.replace(OWN, OTHER),
            "ValidationException",
            "This action is only supported by accounts that match the resource owner\u2019s account.",
        ),
        (
            ARN.replace("us-east-1", "us-west-2"),
            "ValidationException",
            INVALID + "Invalid resource Arn: " + ARN.replace("us-east-1", "us-west-2"),
        ),
        (
            f"{ARN}/index/one",
            "ValidationException",
            f"{INVALID}Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {ARN}/index/one",
        ),
        (
            f"{ARN}/backup/1",
            "ValidationException",
            f"{INVALID}Provided Arn is not a DynamoDB resource arn: {ARN}/backup/1",
        ),
        (
            f"{ARN}/stream/2000",
            "ResourceNotFoundException",
            "Requested resource not found: Stream: 2000 not found for Table: shared",
        ),
    ],
)
def test_what_has_no_policy(owner: Any, arn: str, code: str, message: str) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-212."""
    assert refused(owner.get_resource_policy, ResourceArn=arn) == (code, message)


def test_a_new_table_with_its_policy(cloud: Cloud) -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="shared",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        ResourcePolicy=document(statement()),
    )
    assert json.loads(client.get_resource_policy(ResourceArn=ARN)["Policy"])["Statement"][0]["Effect"] == "Allow"


def test_what_replication_between_accounts_asks_for_can_be_allowed(owner: Any) -> None:
    """globaltables_MA_security of the developer guide."""
    replication = statement(
        Sid="replicate",
        Principal={"Service": ["replication.dynamodb.amazonaws.com"]},
        Action=[
            f"dynamodb:{name}" for name in ("ReadDataForReplication", "WriteDataForReplication", "ReplicateSettings")
        ],
        Condition={"StringEquals": {"aws:SourceAccount": [OWN, OTHER]}},
    )
    join = statement(Sid="join", Action="dynamodb:AssociateTableReplica")
    owner.put_resource_policy(ResourceArn=ARN, Policy=document(replication, join))
    kept = json.loads(owner.get_resource_policy(ResourceArn=ARN)["Policy"])
    assert [one["Sid"] for one in kept["Statement"]] == ["replicate", "join"]


@pytest.mark.mock_cloud(clock=START, throttle=True)
def test_one_change_in_15_seconds(cloud: Cloud, owner: Any) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-445."""
    put(owner, statement())
    put(owner, statement())
    hasty = boto3.client("dynamodb", config=Config(retries={"max_attempts": 0}))
    assert refused(hasty.delete_resource_policy, ResourceArn=ARN) == (
        "ThrottlingException",
        "Resource-based policy for table shared modified within the previous 15000 milliseconds. Please try again after "
        "2030-01-01T00:00:15.000Z.",
    )
    cloud.clock.advance(seconds=15)
    hasty.delete_resource_policy(ResourceArn=ARN)


# ---------------------------------------------------------------------- who is let in


def test_another_account_needs_an_allow(owner: Any) -> None:
    other = client_of(OTHER)
    assert refused(other.get_item, TableName=ARN, Key=KEY) == (
        "AccessDeniedException",
        f"{user(OTHER)}dynamodb:GetItem on resource: {ARN} because no resource-based policy allows the dynamodb:GetItem action",
    )
    put(owner, statement(Action=["dynamodb:GetItem", "dynamodb:DescribeTable", "dynamodb:UpdateItem"]))
    assert other.get_item(TableName=ARN, Key=KEY)["Item"] == KEY
    assert other.describe_table(TableName=ARN)["Table"]["TableArn"] == ARN
    other.update_item(
        TableName=ARN,
        Key=KEY,
        UpdateExpression="SET a = :a",
        ExpressionAttributeValues={":a": {"N": "1"}},
    )
    assert owner.get_item(TableName="shared", Key=KEY)["Item"]["a"] == {"N": "1"}
    assert refused(other.put_item, TableName=ARN, Item=KEY)[0] == "AccessDeniedException"
    assert refused(client_of("111111111111").get_item, TableName=ARN, Key=KEY)[0] == "AccessDeniedException"
    assert other.list_tables()["TableNames"] == []


def test_most_operations_on_tables_are_for_their_own_account_whatever_the_policy_says(owner: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html"""
    put(owner, statement(Action="dynamodb:*"))
    other = client_of(OTHER)
    specification = {"Enabled": True, "AttributeName": "ttl"}
    refusals = [
        refused(other.update_time_to_live, TableName=ARN, TimeToLiveSpecification=specification),
        refused(other.describe_continuous_backups, TableName=ARN),
        refused(other.create_backup, TableName=ARN, BackupName="theirs"),
        refused(other.describe_kinesis_streaming_destination, TableName=ARN),
    ]
    words = "This action is only supported by accounts that match the resource owner\u2019s account."
    assert refusals == [("ValidationException", words)] * 4
    other.update_table(TableName=ARN, DeletionProtectionEnabled=True)
    assert owner.describe_table(TableName="shared")["Table"]["DeletionProtectionEnabled"]


def test_capacity_is_told_of_the_table_as_the_request_names_it(owner: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ConsumedCapacity.html"""
    total: Any = {"ReturnConsumedCapacity": "TOTAL"}
    get = {"Get": {"TableName": ARN, "Key": KEY}}
    write = {"Put": {"TableName": ARN, "Item": KEY}}
    assert owner.get_item(TableName=ARN, Key=KEY, **total)["ConsumedCapacity"]["TableName"] == ARN
    assert owner.put_item(TableName=ARN, Item=KEY, **total)["ConsumedCapacity"]["TableName"] == ARN
    assert owner.scan(TableName=ARN, **total)["ConsumedCapacity"]["TableName"] == ARN
    answers = [
        owner.transact_get_items(TransactItems=[get], **total),
        owner.transact_write_items(TransactItems=[write], ClientRequestToken="token", **total),
        owner.transact_write_items(TransactItems=[write], ClientRequestToken="token", **total),
        owner.batch_get_item(RequestItems={ARN: {"Keys": [KEY]}}, **total),
        owner.batch_write_item(RequestItems={ARN: [{"PutRequest": {"Item": KEY}}]}, **total),
    ]
    assert [answer["ConsumedCapacity"][0]["TableName"] for answer in answers] == [ARN] * 5
    assert owner.get_item(TableName="shared", Key=KEY, **total)["ConsumedCapacity"]["TableName"] == "shared"


def test_batches_and_transactions_across_accounts(owner: Any) -> None:
    other = client_of(OTHER)
    batch = {"RequestItems": {ARN: {"Keys": [KEY]}}}
    write = {"TransactItems": [{"Put": {"TableName": ARN, "Item": {"pk": {"S": "b"}}}}]}
    assert "dynamodb:BatchGetItem" in refused(other.batch_get_item, **batch)[1]
    assert "dynamodb:PutItem" in refused(other.transact_write_items, **write)[1]
    put(owner, statement(Action=["dynamodb:BatchGetItem", "dynamodb:PutItem"]))
    assert other.batch_get_item(**batch)["Responses"] == {ARN: [KEY]}
    other.transact_write_items(**write)
    assert owner.scan(TableName="shared", Select="COUNT")["Count"] == 2


def test_its_own_account_needs_no_policy_but_heeds_a_denial(owner: Any) -> None:
    put(owner, statement(Effect="Deny", Principal="*", Action="dynamodb:DeleteTable"))
    owner.update_table(TableName="shared", DeletionProtectionEnabled=True)
    assert owner.get_item(TableName="shared", Key=KEY)["Item"] == KEY
    assert refused(owner.delete_table, TableName="shared") == (
        "AccessDeniedException",
        f"{user(OWN)}dynamodb:DeleteTable on resource: {ARN} with an explicit deny in a resource-based policy",
    )  # measured: DDB-TABLE-431


def test_nobody_locks_himself_out_unawares(owner: Any) -> None:
    """Measured: ack-api-quirks, DDB-TABLE-210."""
    deny = statement(Effect="Deny", Principal="*", Action="dynamodb:PutResourcePolicy")
    assert refused(owner.put_resource_policy, ResourceArn=ARN, Policy=document(deny)) == (
        "AccessDeniedException",
        "The new resource policy will not allow you to update the resource policy in the future.",
    )
    put(owner, deny, ConfirmRemoveSelfResourceAccess=True)
    assert refused(owner.put_resource_policy, ResourceArn=ARN, Policy=document(statement()))[1] == (
        f"{user(OWN)}dynamodb:PutResourcePolicy on resource: {ARN} with an explicit deny in a resource-based policy"
    )


def test_roles_indexes_and_conditions(owner: Any) -> None:
    owner.update_table(
        TableName="shared",
        AttributeDefinitions=[{"AttributeName": "g", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-g",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    role = f"arn:aws:iam::{OTHER}:role/reader"
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    reader = boto3.client(
        "dynamodb",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    put(
        owner,
        statement(Principal={"AWS": role}, Action="dynamodb:Scan", Resource=f"{ARN}/index/*"),
        statement(
            Principal={"AWS": role},
            Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}},
        ),
    )
    assert reader.scan(TableName=ARN, IndexName="by-g")["Count"] == 0
    assert "assumed-role/reader/session" in refused(reader.scan, TableName=ARN)[1]
    assert reader.get_item(TableName=ARN, Key=KEY)["Item"] == KEY
    assert refused(reader.get_item, TableName=ARN, Key={"pk": {"S": "b"}})[0] == "AccessDeniedException"
    assert refused(client_of(OTHER).get_item, TableName=ARN, Key=KEY)[0] == "AccessDeniedException"


def test_a_snapshot_has_the_policies(cloud: Cloud, owner: Any) -> None:
    put(owner, statement())
    with cloud.scratch():
        owner.delete_resource_policy(ResourceArn=ARN)
    assert client_of(OTHER).get_item(TableName=ARN, Key=KEY)["Item"] == KEY


def test_streams_across_accounts(owner: Any) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html"""
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    owner.update_table(TableName="shared", StreamSpecification=specification)
    arn = owner.describe_table(TableName="shared")["Table"]["LatestStreamArn"]
    owner.put_item(TableName="shared", Item={"pk": {"S": "b"}})
    other = boto3.client("dynamodbstreams", aws_access_key_id=OTHER, aws_secret_access_key="any")
    assert refused(other.describe_stream, StreamArn=arn) == (
        "AccessDeniedException",
        f"{user(OTHER)}dynamodb:DescribeStream on resource: {arn} because no resource-based policy allows the "
        "dynamodb:DescribeStream action",
    )
    put(owner, statement(Action=["dynamodb:DescribeTable"]))  # that of the table says nothing of its stream
    assert refused(other.describe_stream, StreamArn=arn)[0] == "AccessDeniedException"
    reading = ["dynamodb:DescribeStream", "dynamodb:GetShardIterator"]
    owner.put_resource_policy(ResourceArn=arn, Policy=document(statement(Action=reading, Resource=[arn])))
    shard = other.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = other.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert "dynamodb:GetRecords" in refused(other.get_records, ShardIterator=iterator)[1]
    reading.append("dynamodb:GetRecords")
    owner.put_resource_policy(ResourceArn=arn, Policy=document(statement(Action=reading, Resource=[arn])))
    (record,) = other.get_records(ShardIterator=iterator)["Records"]
    assert record["dynamodb"]["Keys"] == {"pk": {"S": "b"}}
    assert other.list_streams()["Streams"] == []


def test_a_streams_own_account_heeds_a_denial(owner: Any) -> None:
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    owner.update_table(TableName="shared", StreamSpecification=specification)
    arn = owner.describe_table(TableName="shared")["Table"]["LatestStreamArn"]
    denial = statement(Effect="Deny", Principal="*", Action="dynamodb:DescribeStream", Resource=[arn])
    owner.put_resource_policy(ResourceArn=arn, Policy=document(denial))
    assert refused(boto3.client("dynamodbstreams").describe_stream, StreamArn=arn) == (
        "AccessDeniedException",
        f"{user(OWN)}dynamodb:DescribeStream on resource: {arn} with an explicit deny in a resource-based policy",
    )
