"""No parameters, however wrong, give anything but an answer of AWS's: one that fits, or a modelled error.

Requests are drawn from botocore's input shapes, for every operation there is, against keys of several kinds and states. Sound
ones go straight to the cloud; wild ones, with values of any type in any place, through boto3, which is told not to look at
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import Cloud, mock_cloud
from mock_serverless.core import operation
from mock_serverless.core.errors import AwsError, MockServerlessError, NotSupported

operation.load("kms")
OPERATIONS = sorted(name for service, name in operation.OPERATIONS if service == "kms")
DIFFERENCES = (Path(__file__).parents[3] / "docs" / "differences.md").read_text(encoding="utf-8")
UNMODELLED = {"ValidationException", "SerializationException", "AccessDeniedException", "NotAuthorizedException"}
ROOT = "arn:aws:iam::123456789012:root"
POLICY = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}]}
)

SHARED: dict[str, Any] = {}
"""Names and ciphertexts of the cloud that is fuzzed."""
NAMES = ("plain", "hmac", "rsa", "off", "going", "multi", "managed")
PLACES = st.sampled_from([*NAMES, *(f"{name} arn" for name in NAMES), "alias", "grant", "token"])
WORDS = PLACES.map(lambda name: ("kept", name)) | st.sampled_from(
    [
        *("", "a", "alias/a", "alias/aws/s3", "alias/aws/x", "aws:a", "us-west-2", ROOT, POLICY, "{}", "default"),
        *("arn:aws:kms:us-east-1:111111111111:key/x", "é\U0001f600", "\ud800", "x" * 300),
        "1234abcd-12ab-34cd-56ef-1234567890ab",
    ]
)
NUMBERS = st.integers(-1, 40) | st.sampled_from([1024, 2**31, 2**63])
BYTES = st.sampled_from([b"", b"a", b"x" * 4097, ("kept", "sealed")])
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.binary(max_size=3) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def value_of(shape: Any) -> st.SearchStrategy[Any]:
    """Something of the right kind for a shape, mostly within its constraints."""
    kind = shape.type_name
    if kind == "structure":
        members = {name: value_of(member) for name, member in shape.members.items() if name != "Recipient"}
        required = {name: members.pop(name) for name in shape.required_members}
        return st.fixed_dictionaries(required, optional=members)
    if kind == "list":
        return st.lists(value_of(shape.member), max_size=3)
    if kind == "map":
        return st.dictionaries(st.sampled_from("ab"), value_of(shape.value), max_size=2)
    if kind == "string":
        enum = shape.metadata.get("enum")
        return st.sampled_from(enum) if enum else WORDS
    return {"boolean": st.booleans(), "blob": BYTES}.get(kind, NUMBERS)


def put_in(value: Any) -> Any:
    """The names that are kept, in their places."""
    if isinstance(value, tuple):
        return SHARED[value[1]]
    if isinstance(value, dict):
        return {name: put_in(item) for name, item in value.items()}
    return [put_in(item) for item in value] if isinstance(value, list) else value


def fill(cloud: Cloud) -> None:
    """Keys of every kind, in every state."""

    def do(name: str, **params: Any) -> dict[str, Any]:
        return cloud.call("kms", name, params)

    made = {
        "hmac": do("CreateKey", KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC"),
        "rsa": do("CreateKey", KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT"),
        "multi": do("CreateKey", MultiRegion=True),
        "managed": do("DescribeKey", KeyId="alias/aws/lambda"),
        **{name: do("CreateKey") for name in ("plain", "off", "going")},
    }
    for name, answer in made.items():
        SHARED[name], SHARED[f"{name} arn"] = answer["KeyMetadata"]["KeyId"], answer["KeyMetadata"]["Arn"]
    do("CreateAlias", AliasName="alias/a", TargetKeyId=SHARED["plain"])
    do("EnableKeyRotation", KeyId=SHARED["plain"])
    do("ReplicateKey", KeyId=SHARED["multi"], ReplicaRegion="us-west-2")
    grant = do("CreateGrant", KeyId=SHARED["plain"], GranteePrincipal=ROOT, Operations=["Decrypt", "RetireGrant"])
    SHARED["alias"], SHARED["grant"], SHARED["token"] = "alias/a", grant["GrantId"], grant["GrantToken"]
    SHARED["sealed"] = do("Encrypt", KeyId=SHARED["plain"], Plaintext=b"x")["CiphertextBlob"]
    do("DisableKey", KeyId=SHARED["off"])
    do("ScheduleKeyDeletion", KeyId=SHARED["going"])


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Any]:
    config = Config(parameter_validation=False, retries={"max_attempts": 0})
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    with mock_cloud(clock=datetime(2025, 3, 1, tzinfo=timezone.utc)) as cloud:
        fill(cloud)
        yield cloud, cloud.snapshot(), boto3.client("kms", config=config, **keys)


def check_refusal(name: str, code: str) -> None:
    errors = {error.name for error in operation.service_model("kms").operation_model(name).error_shapes}
    assert code in errors | UNMODELLED


def check_unsupported(refusal: NotSupported) -> None:
    """It names what isn't there, and docs/differences.md names it too."""
    parts = ("asymmetric", "Origin", "CustomKeyStoreId", "XksKeyId", "Recipient", "SourceArn", "ServicePrincipal")
    words = [word for word in (*parts, "DryRunModifiers", "ResourceOwners", "KeySpec") if word in str(refusal)]
    assert words, refusal
    assert all(word.lower() in DIFFERENCES.lower() for word in words), refusal


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_asked(name: str, fuzzed: Any) -> None:
    cloud, fresh, _ = fuzzed
    shape = operation.service_model("kms").operation_model(name).input_shape

    @settings(max_examples=15)
    @given(value_of(shape))
    def check(params: Any) -> None:
        cloud.restore(fresh)
        try:
            cloud.call("kms", name, put_in(params))
        except AwsError as refusal:
            check_refusal(name, refusal.code)
        except NotSupported as refusal:
            check_unsupported(refusal)

    check()


@pytest.mark.parametrize("name", OPERATIONS)
def test_whatever_is_sent(name: str, fuzzed: Any) -> None:
    cloud, fresh, client = fuzzed
    shape = operation.service_model("kms").operation_model(name).input_shape
    method = next(m for m, o in client.meta.method_to_api_mapping.items() if o == name)

    @settings(max_examples=10)
    @given(value_of(shape), st.data())
    def check(params: dict[str, Any], data: Any) -> None:
        cloud.restore(fresh)
        spoiled = put_in(params)
        for place in data.draw(st.lists(st.sampled_from(sorted(shape.members)), max_size=2)):
            spoiled[place] = put_in(data.draw(WILD))
        try:
            getattr(client, method)(**spoiled)
        except ClientError as refusal:
            check_refusal(name, refusal.response["Error"]["Code"])
        except NotSupported as refusal:
            check_unsupported(refusal)
        except MockServerlessError:
            raise
        except (BotoCoreError, TypeError, ValueError, AttributeError, RuntimeError, KeyError):
            pass  # botocore itself can't write it down

    check()
