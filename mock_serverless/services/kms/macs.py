"""generate_mac, verify_mac: https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html. The refusals are recorded."""

from __future__ import annotations

import hmac
from typing import Any

from ...core.errors import AwsError
from ...core.operation import operation
from .grants import check_tokens
from .identifiers import key_of
from .requests import check_dry_run
from .specs import MAC, check_algorithm
from .store import Key, State


def _key(state: State, request: dict[str, Any], operation: str) -> Key:
    check_tokens(state, request)
    key = key_of(state, request, operation)
    if key.usage != MAC:
        message = f"{key.arn} key usage is {key.usage} which is not valid for {operation}."
        raise AwsError("InvalidKeyUsageException", message)
    check_algorithm(key.spec, MAC, request["MacAlgorithm"])
    return key


def _mac(key: Key, request: dict[str, Any]) -> bytes:
    digest = request["MacAlgorithm"].removeprefix("HMAC_").replace("_", "").lower()  # HMAC_SHA_256 -> sha256
    return hmac.digest(key.material.secret, request["Message"], digest)


@operation
def generate_mac(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = _key(state, request, "GenerateMac")
    check_dry_run(request)
    return {"KeyId": key.arn, "Mac": _mac(key, request), "MacAlgorithm": request["MacAlgorithm"]}


@operation
def verify_mac(state: State, request: dict[str, Any]) -> dict[str, Any]:
    key = _key(state, request, "VerifyMac")
    if not hmac.compare_digest(_mac(key, request), request["Mac"]):
        raise AwsError("KMSInvalidMacException", "")
    check_dry_run(request)
    return {"KeyId": key.arn, "MacAlgorithm": request["MacAlgorithm"], "MacValid": True}
