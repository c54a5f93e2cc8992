"""Ciphertext blobs: authenticated encryption out of HMAC-SHA256 (encrypt, then MAC), bytes in, bytes out.

AWS uses AES-GCM (https://docs.aws.amazon.com/kms/latest/cryptographic-details/) and calls its blobs opaque; so are these.
What a user can see holds: a blob names its key material, opens with that and the same encryption context only, and is
different each time.

    prefix | id of the key material | nonce | check of these three | ciphertext | tag
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

PREFIX = b"\x01\x02\x02\x00\x78"
"""With what AWS's own blobs of symmetric keys begin."""
ID, NONCE, CHECK, TAG = 32, 16, 8, 32
HEAD = len(PREFIX) + ID + NONCE


class Broken(Exception):
    """These bytes are no blob, or not one of this key material and context."""


def seal(secret: bytes, material: bytes, nonce: bytes, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    """Encrypt; ``material`` is the id of the key material (32 bytes), ``nonce`` 16 bytes that are never used twice."""
    head = PREFIX + material + nonce
    head += hashlib.sha256(head).digest()[:CHECK]
    body = _mixed(secret, nonce, plaintext)
    return head + body + _tag(secret, head + body, context)


def material_of(blob: bytes) -> bytes:
    """The id of the key material which a blob names; Broken when it isn't a blob."""
    head, check = blob[:HEAD], blob[HEAD : HEAD + CHECK]
    if len(blob) < HEAD + CHECK + TAG or not head.startswith(PREFIX) or hashlib.sha256(head).digest()[:CHECK] != check:
        raise Broken
    return head[len(PREFIX) : len(PREFIX) + ID]


def unseal(secret: bytes, blob: bytes, context: Mapping[str, str]) -> bytes:
    """The plaintext; Broken when a byte or the context is another."""
    signed, tag = blob[:-TAG], blob[-TAG:]
    if not hmac.compare_digest(tag, _tag(secret, signed, context)):
        raise Broken
    return _mixed(secret, blob[len(PREFIX) + ID : HEAD], signed[HEAD + CHECK :])


def _mixed(secret: bytes, nonce: bytes, text: bytes) -> bytes:
    """The text XOR a keystream of HMACs, one for each 32 bytes: HMAC in counter mode."""
    key = hmac.digest(secret, b"encrypt" + nonce, "sha256")
    stream = b"".join(hmac.digest(key, i.to_bytes(8, "big"), "sha256") for i in range(-(-len(text) // 32)))
    return bytes(a ^ b for a, b in zip(text, stream[: len(text)], strict=True))


def _tag(secret: bytes, signed: bytes, context: Mapping[str, str]) -> bytes:
    key = hmac.digest(secret, b"authenticate", "sha256")
    pairs = json.dumps(sorted(context.items())).encode()
    return hmac.digest(key, len(pairs).to_bytes(8, "big") + pairs + signed, "sha256")
