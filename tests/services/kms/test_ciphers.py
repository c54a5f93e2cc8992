"""Laws of ciphertexts: what is closed opens, with its context and with nothing else."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_serverless import mock_cloud
from mock_serverless.services.kms.ciphers import Broken, material_of, seal, unseal

SECRET, MATERIAL, NONCE = b"s" * 32, bytes(range(32)), b"n" * 16
TEXTS = st.binary(min_size=1, max_size=100) | st.just(b"x" * 4096)
CONTEXTS = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)


@given(TEXTS, CONTEXTS)
def test_what_is_closed_opens(text: bytes, context: dict[str, str]) -> None:
    blob = seal(SECRET, MATERIAL, NONCE, text, context)
    assert unseal(SECRET, blob, dict(reversed(context.items()))) == text
    assert material_of(blob) == MATERIAL
    assert text not in blob or len(text) < 8
    assert len(blob) <= 6144


@given(st.binary(min_size=1, max_size=50), CONTEXTS, st.data())
def test_a_changed_byte_or_context_does_not_open(text: bytes, context: dict[str, str], data: Any) -> None:
    blob = seal(SECRET, MATERIAL, NONCE, text, context)
    at = data.draw(st.integers(0, len(blob) - 1))
    changed = blob[:at] + bytes([blob[at] ^ data.draw(st.integers(1, 255))]) + blob[at + 1 :]
    for wrong, other in (
        (changed, context),
        (blob[:-1], context),
        (blob + b"x", context),
        (blob, {**context, "another": "1"}),
    ):
        with pytest.raises(Broken):
            material_of(wrong)
            unseal(SECRET, wrong, other)
    with pytest.raises(Broken):
        unseal(b"t" * 32, blob, context)


def test_another_nonce_gives_another_text() -> None:
    one, two = (seal(SECRET, MATERIAL, nonce, b"the same text", {}) for nonce in (b"1" * 16, b"2" * 16))
    assert one[-60:] != two[-60:]


@settings(max_examples=30)
@given(
    st.binary(min_size=1, max_size=20),
    CONTEXTS,
    st.lists(st.sampled_from(["rotate", "snapshot", "disable"]), max_size=4),
)
def test_keys_keep_what_they_have_encrypted(text: bytes, context: dict[str, str], steps: list[str]) -> None:
    with mock_cloud() as cloud:
        kms = boto3.client("kms", region_name="us-east-1")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blobs = [kms.encrypt(KeyId=key, Plaintext=text, EncryptionContext=context)["CiphertextBlob"]]
        for step in steps:
            if step == "rotate":
                kms.rotate_key_on_demand(KeyId=key)
            elif step == "snapshot":
                before = cloud.snapshot()
                kms.rotate_key_on_demand(KeyId=key)
                cloud.restore(before)
            else:
                kms.disable_key(KeyId=key)
                kms.enable_key(KeyId=key)
            blobs.append(kms.encrypt(KeyId=key, Plaintext=text, EncryptionContext=context)["CiphertextBlob"])
        assert len(set(blobs)) == len(blobs)
        for blob in blobs:
            assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == text
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        cloud.clock.advance(days=7)
        with pytest.raises(ClientError, match="does not exist"):
            kms.decrypt(CiphertextBlob=blobs[0], EncryptionContext=context)
