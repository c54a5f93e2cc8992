"""Key specs, what keys of each may be used for, and with which algorithms.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html. The order of the algorithms is recorded
for RSA, ECC and HMAC.
"""

from __future__ import annotations

from ...core.errors import AwsError

SYMMETRIC = "SYMMETRIC_DEFAULT"
ENCRYPT, SIGN, MAC, AGREE, ENCAPSULATE = (
    "ENCRYPT_DECRYPT",
    "SIGN_VERIFY",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE",
)
MEMBERS = {
    ENCRYPT: "EncryptionAlgorithms",
    SIGN: "SigningAlgorithms",
    MAC: "MacAlgorithms",
    AGREE: "KeyAgreementAlgorithms",
    ENCAPSULATE: "EncapsulationAlgorithms",
}
"""What a key's metadata calls its algorithms."""

_RSA = {
    ENCRYPT: ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"],
    SIGN: [
        *(f"RSASSA_PKCS1_V1_5_SHA_{bits}" for bits in (256, 384, 512)),
        *(f"RSASSA_PSS_SHA_{bits}" for bits in (256, 384, 512)),
    ],
}
SPECS: dict[str, dict[str, list[str]]] = {
    SYMMETRIC: {ENCRYPT: [SYMMETRIC]},
    **{f"RSA_{bits}": _RSA for bits in (2048, 3072, 4096)},
    "ECC_NIST_P256": {SIGN: ["ECDSA_SHA_256"], AGREE: ["ECDH"]},
    "ECC_NIST_P384": {SIGN: ["ECDSA_SHA_384"], AGREE: ["ECDH"]},
    "ECC_NIST_P521": {SIGN: ["ECDSA_SHA_512"], AGREE: ["ECDH"]},
    "ECC_SECG_P256K1": {SIGN: ["ECDSA_SHA_256"]},
    "ECC_NIST_EDWARDS25519": {SIGN: ["ED25519_SHA_512", "ED25519_PH_SHA_512"]},
    **{f"HMAC_{bits}": {MAC: [f"HMAC_SHA_{bits}"]} for bits in (224, 256, 384, 512)},
    **{f"ML_DSA_{size}": {SIGN: ["ML_DSA_SHAKE_256"]} for size in (44, 65, 87)},
    **{f"ML_KEM_{size}": {ENCAPSULATE: ["ML_KEM"]} for size in (512, 768, 1024)},
    "SM2": {ENCRYPT: ["SM2PKE"], SIGN: ["SM2DSA"], AGREE: ["ECDH"]},
}
OAEP = {"RSAES_OAEP_SHA_1": 42, "RSAES_OAEP_SHA_256": 66}
"""Bytes which the padding takes of an RSA key's length."""

GRANTABLE = {
    ENCRYPT: {"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"},
    SIGN: {"Sign", "Verify"},
    MAC: {"GenerateMac", "VerifyMac"},
    AGREE: {"DeriveSharedSecret"},
    ENCAPSULATE: {"Encapsulate", "Decapsulate"},
}
"""https://docs.aws.amazon.com/kms/latest/developerguide/grants.html#terms-grant-operations"""
ALWAYS_GRANTABLE = {"CreateGrant", "RetireGrant", "DescribeKey"}
DATA_KEYS = {f"GenerateDataKey{more}" for more in ("", "WithoutPlaintext", "Pair", "PairWithoutPlaintext")}


def usage_of(spec: str, given: str | None) -> str:
    """A new key's usage: the one that is given, or the only one which needs not be."""
    if given is None:
        if spec != SYMMETRIC:
            message = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys."
            raise AwsError("ValidationException", message)
        return ENCRYPT
    if given not in SPECS[spec]:
        raise AwsError("ValidationException", f"KeyUsage {given} is not compatible with KeySpec {spec}")
    return given


def grantable(spec: str, usage: str) -> set[str]:
    """The operations that a grant for such a key may permit."""
    if spec == SYMMETRIC:
        return ALWAYS_GRANTABLE | GRANTABLE[ENCRYPT] | DATA_KEYS
    return ALWAYS_GRANTABLE | GRANTABLE[usage] | (set() if usage == MAC else {"GetPublicKey"})


def check_algorithm(spec: str, usage: str, algorithm: str) -> None:
    """An algorithm that keys of this spec have. Recorded for HMAC."""
    if algorithm not in SPECS[spec].get(usage, ()):
        message = f"Algorithm {algorithm} is incompatible with key spec {spec}."
        raise AwsError("InvalidKeyUsageException", message)
