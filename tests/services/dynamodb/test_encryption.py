"""Tables and their keys: which are refused, wherever one is named, and what becomes of a table whose key can't be used.

The refusals are those of tests/cases/dynamodb_encryption.json; the states are measured by the same (DDB-TABLE-330 to 335).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mock_serverless import Cloud

CASES = json.loads((Path(__file__).parents[2] / "cases" / "dynamodb_encryption.json").read_text(encoding="utf-8"))
UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LOST_ID = "00000000-0000-4000-8000-000000000000"
KEY = {"id": {"S": "a"}}
DENIAL = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "kms:CreateGrant", "Resource": "*"},
    ]
}


def client(service: str, region: str = "us-east-1") -> Any:
    return boto3.client(service, region_name=region, config=Config(retries={"max_attempts": 0}))


@pytest.fixture
def kms(cloud: Cloud) -> Any:
    return client("kms")


@pytest.fixture
def dynamodb(cloud: Cloud) -> Any:
    return client("dynamodb")


def create(dynamodb: Any, name: str = "tab", key: str | None = None, **more: Any) -> Any:
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    return dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **({} if key is None else {"SSESpecification": specification}),
        **more,
    )["TableDescription"]


def described(dynamodb: Any, name: str = "tab") -> Any:
    return dynamodb.describe_table(TableName=name)["Table"]


def new_key(kms: Any, **more: Any) -> tuple[str, str]:
    made = kms.create_key(**more)["KeyMetadata"]
    return made["KeyId"], made["Arn"]


def bad_key(kms: Any, kind: str) -> tuple[str, str]:
    """What a request names, and the ARN that the refusal names."""
    here = f"arn:aws:kms:{kms.meta.region_name}:123456789012"
    if kind in ("RSA", "HMAC"):
        spec, usage = {"RSA": ("RSA_2048", "ENCRYPT_DECRYPT"), "HMAC": ("HMAC_256", "GENERATE_VERIFY_MAC")}[kind]
        return new_key(kms, KeySpec=spec, KeyUsage=usage)
    if kind == "another service's":
        return "alias/aws/s3", kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    if kind.startswith("no such"):
        name, arn = (LOST_ID, f"key/{LOST_ID}") if kind == "no such id" else ("alias/none", "alias/none")
        return name, f"{here}:{arn}"
    key_id, arn = new_key(kms)
    if kind == "another region's":
        return arn.replace(kms.meta.region_name, "eu-west-1"), arn
    if kind == "another account's":
        return arn.replace("123456789012", "111111111111"), arn
    if kind == "pending deletion":
        kms.schedule_key_deletion(KeyId=key_id)
    elif kind == "denied":
        kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=json.dumps(DENIAL))
    else:
        kms.disable_key(KeyId=key_id)
    if kind == "disabled by alias":
        kms.create_alias(AliasName="alias/off", TargetKeyId=key_id)
        return "alias/off", arn
    return key_id, arn


def check_refusal(case: dict[str, Any], arn: str, where: str, operation: Any, **params: Any) -> None:
    with pytest.raises(ClientError) as caught:
        operation(**params)
    response = caught.value.response
    words = case["message"].replace("<arn>", arn).replace("<where>", where)
    assert response["Error"]["Code"] == case["code"]
    assert re.fullmatch(re.escape(words).replace("<uuid>", UUID), response["Error"]["Message"])
    status = 500 if case["code"] == "InternalServerError" else 400
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("case", CASES["refusals"], ids=lambda case: case["key"])
def test_keys_that_cannot_be_used(case: dict[str, Any], cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    name, arn = bad_key(kms, case["key"])
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": name}
    create(dynamodb, "there")
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName="there", PointInTimeRecoverySpecification=recovery)
    backup = dynamodb.create_backup(TableName="there", BackupName="one")["BackupDetails"]["BackupArn"]
    cloud.clock.advance(minutes=10)
    restore = {"TargetTableName": "new", "SSESpecificationOverride": specification}
    recover = {"SourceTableName": "there", "UseLatestRestorableTime": True}
    update = {"TableName": "there", "SSESpecification": specification}
    check_refusal(case, arn, "", lambda: create(dynamodb, "new", name))
    check_refusal(case, arn, "", dynamodb.update_table, **update)
    check_refusal(case, arn, "", dynamodb.restore_table_from_backup, BackupArn=backup, **restore)
    check_refusal(case, arn, "", dynamodb.restore_table_to_point_in_time, **recover, **restore)
    assert dynamodb.list_tables()["TableNames"] == ["there"]
    assert "SSEDescription" not in described(dynamodb, "there")
    good, good_arn = new_key(kms)
    for _ in range(4):  # refusals don't count as changes
        dynamodb.update_table(**{**update, "SSESpecification": {**specification, "KMSMasterKeyId": good}})
    assert described(dynamodb, "there")["SSEDescription"]["KMSMasterKeyArn"] == good_arn
    with pytest.raises(ClientError, match="Encryption mode changes are limited"):
        dynamodb.update_table(TableName="there", SSESpecification={"Enabled": False})


@pytest.mark.parametrize("case", CASES["refusals"], ids=lambda case: case["key"])
def test_keys_of_replicas(case: dict[str, Any], cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    """They are looked up in the replica's region, and nothing is begun."""
    create(dynamodb, "tab", new_key(kms)[0])
    name, arn = bad_key(client("kms", "us-west-2"), case["key"])
    updates = [{"Create": {"RegionName": "us-west-2", "KMSMasterKeyId": name}}]
    before = described(dynamodb)
    where = " for region us-west-2"
    check_refusal(case, arn, where, dynamodb.update_table, TableName="tab", ReplicaUpdates=updates)
    assert described(dynamodb) == before
    assert client("dynamodb", "us-west-2").list_tables()["TableNames"] == []


def test_every_way_to_name_a_key(kms: Any, dynamodb: Any) -> None:
    key_id, arn = new_key(kms, MultiRegion=True)
    kms.create_alias(AliasName="alias/own", TargetKeyId=key_id)
    for n, name in enumerate((key_id, arn, "alias/own", arn.rpartition(":")[0] + ":alias/own")):
        shown = create(dynamodb, f"tab{n}", name)["SSEDescription"]
        assert shown == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    assert len(kms.list_grants(KeyId=key_id)["Grants"]) == 8
    for n in range(4):
        dynamodb.delete_table(TableName=f"tab{n}")
    assert kms.list_grants(KeyId=key_id)["Grants"] == []


def test_the_key_of_the_service(cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    """Without a name it is the AWS managed key of account and region; without SSESpecification KMS isn't asked at all."""
    create(dynamodb, "plain")
    assert not cloud.calls(service="kms")
    for name in ("one", "two"):
        create(dynamodb, name)
        dynamodb.update_table(TableName=name, SSESpecification={"Enabled": True})
    (arn,) = {described(dynamodb, name)["SSEDescription"]["KMSMasterKeyArn"] for name in ("one", "two")}
    shown = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    assert (shown["Arn"], shown["KeyManager"]) == (arn, "AWS")
    dynamodb.update_table(TableName="one", ReplicaUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    there = described(client("dynamodb", "us-west-2"), "one")["SSEDescription"]["KMSMasterKeyArn"]
    assert there == client("kms", "us-west-2").describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]


def test_a_key_of_another_account(cloud: Cloud, dynamodb: Any) -> None:
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "testing"}
    theirs = boto3.client("kms", region_name="us-east-1", **keys)
    key_id, arn = new_key(theirs)
    with pytest.raises(ClientError, match="no resource-based policy allows the kms:DescribeKey action"):
        create(dynamodb, "tab", arn)
    allowed = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Statement": [allowed, {**allowed, "Principal": {"AWS": "111111111111"}}]})
    theirs.put_key_policy(KeyId=key_id, PolicyName="default", Policy=policy)
    assert create(dynamodb, "tab", arn)["SSEDescription"]["KMSMasterKeyArn"] == arn
    dynamodb.put_item(TableName="tab", Item=KEY)
    theirs.disable_key(KeyId=key_id)
    cloud.clock.advance(minutes=5)
    with pytest.raises(ClientError, match="is disabled"):
        dynamodb.get_item(TableName="tab", Key=KEY)


# ---------------------------------------------------------------------- keys that can't be used any more

DATA: list[tuple[str, dict[str, Any]]] = [
    ("get_item", {"TableName": "tab", "Key": KEY}),
    ("put_item", {"TableName": "tab", "Item": KEY}),
    ("scan", {"TableName": "tab"}),
    ("batch_get_item", {"RequestItems": {"tab": {"Keys": [KEY]}}}),
    ("batch_write_item", {"RequestItems": {"tab": [{"DeleteRequest": {"Key": KEY}}]}}),
    ("transact_get_items", {"TransactItems": [{"Get": {"TableName": "tab", "Key": KEY}}]}),
    ("transact_write_items", {"TransactItems": [{"Put": {"TableName": "tab", "Item": KEY}}]}),
    ("execute_statement", {"Statement": "SELECT * FROM tab"}),
    ("update_time_to_live", {"TableName": "tab", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "t"}}),
    ("create_backup", {"TableName": "tab", "BackupName": "two"}),
    ("update_contributor_insights", {"TableName": "tab", "ContributorInsightsAction": "ENABLE"}),
]


def test_a_table_whose_key_is_disabled(cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    cloud.clock.freeze()  # seconds are counted here, however slow the machine is
    key_id, arn = new_key(kms)
    create(dynamodb, "tab", key_id)
    dynamodb.put_item(TableName="tab", Item=KEY)
    kms.disable_key(KeyId=key_id)
    cloud.clock.advance(seconds=299)
    assert dynamodb.get_item(TableName="tab", Key=KEY)["Item"] == KEY
    cloud.clock.advance(seconds=1)
    for name, params in DATA:
        check_refusal(CASES["refusals"][0], arn, "", getattr(dynamodb, name), **params)
    assert described(dynamodb)["TableStatus"] == "ACTIVE"
    cloud.clock.advance(minutes=30)
    shown = described(dynamodb)
    since = shown["SSEDescription"].pop("InaccessibleEncryptionDateTime")
    assert shown["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    assert shown["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    assert round((cloud.clock.now() - since).total_seconds()) == 300
    for other in ({"Enabled": False}, {"Enabled": True}, {"SSEType": "KMS", "KMSMasterKeyId": new_key(kms)[0]}):
        update = {"TableName": "tab", "SSESpecification": other}
        check_refusal(CASES["refusals"][0], arn, "", dynamodb.update_table, **update)
    with pytest.raises(ClientError, match="already encrypted with given KMSMasterKeyId"):
        dynamodb.update_table(TableName="tab", SSESpecification={"SSEType": "KMS", "KMSMasterKeyId": arn})
    dynamodb.tag_resource(ResourceArn=shown["TableArn"], Tags=[{"Key": "a", "Value": "b"}])
    dynamodb.update_table(TableName="tab", TableClass="STANDARD_INFREQUENT_ACCESS")
    kms.enable_key(KeyId=key_id)
    assert dynamodb.get_item(TableName="tab", Key=KEY)["Item"] == KEY
    assert described(dynamodb)["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    cloud.clock.advance(minutes=30)
    shown = described(dynamodb)
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}


def test_a_key_that_is_back_in_time(cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    key_id, _ = new_key(kms)
    create(dynamodb, "tab", key_id)
    for _ in range(3):
        kms.disable_key(KeyId=key_id)
        cloud.clock.advance(seconds=200)
        kms.enable_key(KeyId=key_id)
    cloud.clock.advance(hours=2)
    assert described(dynamodb)["TableStatus"] == "ACTIVE"
    dynamodb.put_item(TableName="tab", Item=KEY)


def test_a_table_whose_key_is_to_be_deleted(cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    """Cancelling the deletion alone doesn't help: the key is disabled then."""
    key_id, arn = new_key(kms)
    create(dynamodb, "tab", key_id)
    kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)
    cloud.clock.advance(minutes=40)
    assert described(dynamodb)["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    check_refusal(CASES["refusals"][2], arn, "", dynamodb.get_item, TableName="tab", Key=KEY)
    kms.cancel_key_deletion(KeyId=key_id)
    cloud.clock.advance(hours=1)
    assert described(dynamodb)["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    answer = dynamodb.delete_table(TableName="tab")["TableDescription"]
    assert answer["TableStatus"] == "DELETING"
    assert "InaccessibleEncryptionDateTime" in answer["SSEDescription"]
    assert dynamodb.list_tables()["TableNames"] == []


def test_a_table_whose_grants_are_revoked(cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    """Another key heals it, since the old one can still be used."""
    key_id, _ = new_key(kms)
    create(dynamodb, "tab", key_id)
    dynamodb.put_item(TableName="tab", Item=KEY)
    grants = kms.list_grants(KeyId=key_id)["Grants"]
    assert {grant["GranteePrincipal"] for grant in grants} == {"dynamodb.us-east-1.amazonaws.com"}
    context = {"aws:dynamodb:tableName": "tab", "aws:dynamodb:subscriberId": cloud.account}
    assert grants[0]["Constraints"] == {"EncryptionContextSubset": context}
    for grant in grants:
        kms.revoke_grant(KeyId=key_id, GrantId=grant["GrantId"])
    cloud.clock.advance(minutes=40)
    assert described(dynamodb)["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    other, arn = new_key(kms)
    dynamodb.update_table(TableName="tab", SSESpecification={"SSEType": "KMS", "KMSMasterKeyId": other})
    shown = described(dynamodb)
    assert shown["TableStatus"] == "ACTIVE"
    assert shown["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    assert dynamodb.get_item(TableName="tab", Key=KEY)["Item"] == KEY


def test_snapshots_keep_what_a_key_did(cloud: Cloud, kms: Any, dynamodb: Any) -> None:
    key_id, _ = new_key(kms)
    create(dynamodb, "tab", key_id)
    before = cloud.snapshot()
    for _ in range(2):
        kms.disable_key(KeyId=key_id)
        cloud.clock.advance(minutes=5)
        with pytest.raises(ClientError, match="is disabled"):
            dynamodb.put_item(TableName="tab", Item=KEY)
        cloud.restore(before)
        dynamodb.put_item(TableName="tab", Item=KEY)
