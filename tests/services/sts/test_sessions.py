"""What a session is given: tags, a source identity, an MFA code, policies, an ID token. Policies of resources see it."""

from __future__ import annotations

import base64
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mock_serverless import Cloud
from tests.services.sts.test_identity import ROLE, client_with

OWN_ROLE = "arn:aws:iam::123456789012:role/reader"
OTHER_ROLE = "arn:aws:iam::222233334444:role/writer"
ISSUER = "https://token.actions.githubusercontent.com"


def assume(client: Any = None, role: str = ROLE, **more: Any) -> Any:
    return (client or boto3.client("sts")).assume_role(RoleArn=role, RoleSessionName="me", **more)


def refusal(function: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        function(**params)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def tags(**pairs: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def table_that_denies(**condition: Any) -> None:
    """A table which explicitly refuses reads under a condition."""
    dynamodb = boto3.client("dynamodb")
    arn = dynamodb.create_table(
        TableName="t-1",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )["TableDescription"]["TableArn"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": arn, "Condition": condition}
    policy = {"Version": "2012-10-17", "Statement": [deny]}
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps(policy))


def may_read(answer: Any) -> bool:
    try:
        client_with(answer, "dynamodb").get_item(TableName="t-1", Key={"pk": {"S": "a"}})
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return False
    return True


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
def test_policies_see_tags(cloud: Cloud) -> None:
    table_that_denies(StringNotEquals={"aws:PrincipalTag/Team": "blue"})
    assert may_read(assume(role=OWN_ROLE, Tags=tags(Team="blue")))
    assert may_read(assume(role=OWN_ROLE, Tags=tags(team="blue")))
    assert not may_read(assume(role=OWN_ROLE, Tags=tags(Team="red")))
    assert not may_read(assume(role=OWN_ROLE))


def test_policies_see_the_source_identity(cloud: Cloud) -> None:
    table_that_denies(StringNotLike={"aws:SourceIdentity": "*@example.com"})
    answer = assume(role=OWN_ROLE, SourceIdentity="ann@example.com")
    assert answer["SourceIdentity"] == "ann@example.com"
    assert may_read(answer)
    assert not may_read(assume(role=OWN_ROLE, SourceIdentity="ann@elsewhere"))


def test_policies_see_mfa(cloud: Cloud) -> None:
    table_that_denies(Bool={"aws:MultiFactorAuthPresent": "false"}, NumericLessThan={"aws:EpochTime": 10**12})
    code = {"SerialNumber": "arn:aws:iam::123456789012:mfa/ann", "TokenCode": "123456"}
    sts = boto3.client("sts")
    assert may_read(assume(role=OWN_ROLE, **code))
    assert may_read(sts.get_session_token(**code))
    assert not may_read(assume(role=OWN_ROLE))
    assert not may_read(sts.get_session_token())
    message = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."
    assert refusal(sts.get_session_token, SerialNumber=code["SerialNumber"]) == ("AccessDenied", message)
    assert refusal(assume, TokenCode="123456") == ("AccessDenied", message)


def test_how_old_mfa_is(cloud: Cloud) -> None:
    table_that_denies(NumericGreaterThan={"aws:MultiFactorAuthAge": "600"})
    answer = assume(role=OWN_ROLE, SerialNumber="GAHT12345678", TokenCode="123456")
    assert may_read(answer)
    cloud.clock.advance(minutes=11)
    assert not may_read(answer)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining
def test_what_goes_on_along_a_chain(cloud: Cloud) -> None:
    table_that_denies(StringNotEquals={"aws:PrincipalTag/Team": "blue"})
    first = assume(Tags=tags(Team="blue", Task="7"), TransitiveTagKeys=["Team"], SourceIdentity="ann")
    second = assume(client_with(first), OWN_ROLE, Tags=tags(task="8"))
    assert second["SourceIdentity"] == "ann"
    assert may_read(second)
    assert may_read(assume(client_with(second), OWN_ROLE))
    not_transitive = assume(Tags=tags(Team="blue"))
    assert not may_read(assume(client_with(not_transitive), OWN_ROLE))


def test_what_a_chain_keeps(cloud: Cloud) -> None:
    first = client_with(assume(Tags=tags(Team="blue"), TransitiveTagKeys=["team"], SourceIdentity="ann"))
    other = {"client": first, "role": OTHER_ROLE}
    # seen on AWS: experiments of github.com/mahitotsu/gekko_08 (multi-hop-propagation)
    assert refusal(assume, **other, SourceIdentity="bob") == (
        "ValidationError",
        "The source identity is already set for this assume role session",
    )
    assert refusal(assume, **other, Tags=tags(TEAM="red")) == (
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the "
        "calling session.",
    )
    assert refusal(assume, **other, DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )
    assert refusal(first.get_session_token) == (
        "AccessDenied",
        "Cannot call GetSessionToken with session credentials",
    )


def test_tags_that_will_not_do(cloud: Cloud) -> None:
    assert refusal(assume, Tags=tags(a="1", A="2")) == (
        "InvalidParameterValue",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    assert refusal(assume, Tags=tags(a="1"), TransitiveTagKeys=["b"]) == (
        "InvalidParameterValue",
        "The specified transitive tag key must be included in the requested tags.",
    )
    nine = tags(**{f"T{n}": "a" * 250 for n in range(9)})
    # github.com/aws-actions/configure-aws-credentials, issue 1898
    assert refusal(assume, Tags=nine) == (
        "PackedPolicyTooLarge",
        "Packed size of session tags consumes 498% of allotted space.",
    )
    assert 0 < assume(Tags=nine[:1])["PackedPolicySize"] <= 100
    assert "PackedPolicySize" not in assume()


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{", "This policy contains invalid Json"),
        ("[]", "Syntax errors in policy."),
        ('{"Statement": [{"Effect": "Allow", "Resource": "*"}]}', "Policy statement must contain actions."),
        ('{"Statement": {"Effect": "Allow", "Action": "s3:*"}}', "Policy statement must contain resources."),
    ],
)
def test_session_policies_are_checked(cloud: Cloud, policy: str, message: str) -> None:
    assert refusal(assume, Policy=policy) == ("MalformedPolicyDocument", message)


def test_a_session_policy(cloud: Cloud) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
    assert assume(Policy=json.dumps(policy))["PackedPolicySize"] > 0


# ---------------------------------------------------------------------- web identities


def jwt(cloud: Cloud, **claims: Any) -> str:
    claims = {
        "iss": ISSUER,
        "sub": "repo:me/it",
        "aud": "sts.amazonaws.com",
        "exp": cloud.clock.timestamp() + 60,
    } | claims
    parts = ({"alg": "RS256", "typ": "JWT"}, claims, "signature")
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def test_a_role_assumed_with_a_web_identity(cloud: Cloud) -> None:
    names = {"https://aws.amazon.com/source_identity": "ann"}
    names["https://aws.amazon.com/tags"] = {"principal_tags": {"Team": ["blue"]}, "transitive_tag_keys": ["Team"]}  # type: ignore[assignment]
    table_that_denies(StringNotEquals={"aws:PrincipalTag/Team": "blue"})
    answer = boto3.client("sts").assume_role_with_web_identity(
        RoleArn=OWN_ROLE, RoleSessionName="me", WebIdentityToken=jwt(cloud, **names)
    )
    assert client_with(answer).get_caller_identity()["Arn"] == "arn:aws:sts::123456789012:assumed-role/reader/me"
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html (response elements)
    assert (answer["SubjectFromWebIdentityToken"], answer["Provider"]) == ("repo:me/it", ISSUER)
    assert (answer["Audience"], answer["SourceIdentity"]) == ("sts.amazonaws.com", "ann")
    assert may_read(answer)


def test_tokens_that_will_not_do(cloud: Cloud) -> None:
    function = boto3.client("sts").assume_role_with_web_identity
    given = {"RoleArn": ROLE, "RoleSessionName": "me"}
    not_jwt = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    for token in ("opaque", "a.b.c", jwt(cloud, sub=None), jwt(cloud, exp="soon")):
        assert refusal(function, WebIdentityToken=token, **given) == ("InvalidIdentityToken", not_jwt)
    now = int(cloud.clock.timestamp())
    assert refusal(function, WebIdentityToken=jwt(cloud, exp=now - 5), **given) == (
        "ExpiredTokenException",
        f"Token expired: current date/time {now} must be before the expiration date/time {now - 5}",
    )
