"""encrypt, decrypt, re_encrypt, generate_data_key, generate_data_key_without_plaintext, generate_random.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html and its neighbours. Refusals are recorded where they are
not marked. What a symmetric key has encrypted says itself with which key material; all that a key ever had opens what it
closed.
"""

from __future__ import annotations

from typing import Any

from ...core.constraints import NOT_NULL, validation_error, violation
from ...core.errors import AwsError, NotSupported
from ...core.operation import operation
from .ciphers import Broken, material_of, seal, unseal
from .grants import check_tokens
from .identifiers import find, named_key
from .materials import rotate_if_due
from .permissions import authorise
from .requests import check_dry_run, known, refuse
from .specs import ENCRYPT, OAEP, SYMMETRIC, check_algorithm
from .states import check_state
from .store import Key, Material, State

LENGTHS = {"AES_128": 16, "AES_256": 32}
WRONG_KEY = "The key ID in the request does not identify a CMK that can perform this operation."
NO_KEY = (
    "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not "
    "allowed to access."
)


# ---------------------------------------------------------------------- operations


@operation
def encrypt(state: State, request: dict[str, Any]) -> dict[str, Any]:
    check_tokens(state, request)
    context, algorithm = request.get("EncryptionContext") or {}, request.get("EncryptionAlgorithm", SYMMETRIC)
    key = _closing(state, request["KeyId"], "Encrypt", "Encrypt", context)
    _check_asymmetric(key, "Encrypt", algorithm, request["Plaintext"])
    check_dry_run(request)
    return {
        "CiphertextBlob": _sealed(state, key, request["Plaintext"], context),
        "KeyId": key.arn,
        "EncryptionAlgorithm": algorithm,
    }


@operation
def decrypt(state: State, request: dict[str, Any]) -> dict[str, Any]:
    check_tokens(state, request)
    refuse(request, "Decrypt", "Recipient", "DryRunModifiers")
    context, algorithm = request.get("EncryptionContext") or {}, request.get("EncryptionAlgorithm", SYMMETRIC)
    blob, named = _blob(request), request.get("KeyId")
    key, material = _opening(state, blob, named, algorithm, "Decrypt", "Decrypt", context)
    plaintext = _unsealed(material, blob, context)
    check_dry_run(request)
    answer = {"KeyId": key.arn, "Plaintext": plaintext, "EncryptionAlgorithm": algorithm}
    return known("Decrypt", {**answer, "KeyMaterialId": material.id.hex()})


@operation
def re_encrypt(state: State, request: dict[str, Any]) -> dict[str, Any]:
    check_tokens(state, request)
    refuse(request, "ReEncrypt", "DryRunModifiers")
    old, new = request.get("SourceEncryptionContext") or {}, request.get("DestinationEncryptionContext") or {}
    before, after = (request.get(f"{side}EncryptionAlgorithm", SYMMETRIC) for side in ("Source", "Destination"))
    blob, named = _blob(request), request.get("SourceKeyId")
    source, material = _opening(state, blob, named, before, "ReEncrypt", "ReEncryptFrom", old)
    plaintext = _unsealed(material, blob, old)
    key = _closing(state, request["DestinationKeyId"], "ReEncrypt", "ReEncryptTo", new)
    _check_asymmetric(key, "ReEncrypt", after, plaintext)
    check_dry_run(request)
    answer = {
        "CiphertextBlob": _sealed(state, key, plaintext, new),
        "SourceKeyId": source.arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": before,
        "DestinationEncryptionAlgorithm": after,
        "SourceKeyMaterialId": material.id.hex(),
        "DestinationKeyMaterialId": key.material.id.hex(),
    }
    return known("ReEncrypt", answer)


@operation
def generate_data_key(state: State, request: dict[str, Any]) -> dict[str, Any]:
    refuse(request, "GenerateDataKey", "Recipient")
    return known("GenerateDataKey", _data_key(state, request, "GenerateDataKey"))


@operation
def generate_data_key_without_plaintext(state: State, request: dict[str, Any]) -> dict[str, Any]:
    name = "GenerateDataKeyWithoutPlaintext"
    return known(name, _data_key(state, request, name))  # the model has no Plaintext


def _data_key(state: State, request: dict[str, Any], operation: str) -> dict[str, Any]:
    check_tokens(state, request)
    spec, length = request.get("KeySpec"), request.get("NumberOfBytes")
    if (spec is None) == (length is None):  # the words are moto's
        raise AwsError(
            "ValidationException",
            "Please specify either number of bytes or key spec."
            if spec is None
            else "KeySpec and NumberOfBytes are mutually exclusive.",
        )
    context = request.get("EncryptionContext") or {}
    key = _closing(state, request["KeyId"], operation, operation, context)
    if key.spec != SYMMETRIC:  # a guess at the words
        message = f"{key.arn} key spec is {key.spec} which is not valid for {operation}."
        raise AwsError("InvalidKeyUsageException", message)
    check_dry_run(request)
    plaintext = state.scope.ids.random.randbytes(length or LENGTHS[str(spec)])
    return {
        "CiphertextBlob": _sealed(state, key, plaintext, context),
        "Plaintext": plaintext,
        "KeyId": key.arn,
        "KeyMaterialId": key.material.id.hex(),
    }


@operation
def generate_random(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """Bytes out of the cloud's seed."""
    refuse(request, "GenerateRandom", "CustomKeyStoreId", "Recipient")
    if request.get("NumberOfBytes") is None:
        raise AwsError("ValidationException", "NumberOfBytes is required.")
    return {"Plaintext": state.scope.ids.random.randbytes(request["NumberOfBytes"])}


# ---------------------------------------------------------------------- the keys


def _closing(state: State, identifier: str, operation: str, action: str, context: dict[str, str]) -> Key:
    """The key that encrypts."""
    key = named_key(state, identifier, operation, action=action, context=context)
    _check_usage(key, operation)
    return key


def _check_usage(key: Key, operation: str) -> None:
    if key.usage != ENCRYPT:
        message = f"{key.arn} key usage is {key.usage} which is not valid for {operation}."
        raise AwsError("InvalidKeyUsageException", message)


def _check_asymmetric(key: Key, operation: str, algorithm: str, plaintext: bytes) -> None:
    """The algorithm fits the key, and the text fits into it; RSA itself isn't there."""
    check_algorithm(key.spec, ENCRYPT, algorithm)
    if key.spec == SYMMETRIC:
        return
    if algorithm in OAEP:
        most = int(key.spec.removeprefix("RSA_")) // 8 - OAEP[algorithm]
        if len(plaintext) > most:
            message = f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data larger than {most} bytes."
            raise AwsError("ValidationException", message)
    raise no_asymmetric(operation, key)


def no_asymmetric(operation: str, key: Key) -> NotSupported:
    """What asymmetric keys would compute."""
    return NotSupported(
        f"kms.{operation}: mock_serverless does not implement the cryptography of asymmetric keys ({key.spec}).\n"
        f"Stub it: cloud.stub('kms', '{operation}', {{...}})"
    )


def _opening(
    state: State, blob: bytes, named: str | None, algorithm: str, operation: str, action: str, context: dict[str, str]
) -> tuple[Key, Material]:
    """The key that decrypts, and with which material: the one of the blob, which a name in the request must agree with."""
    wanted = None if named is None else find(state, named, operation)
    if wanted is not None and wanted.spec != SYMMETRIC and algorithm in ("SM2PKE", *OAEP):
        authorise(state, wanted, action, context)
        check_state(wanted, operation)
        _check_usage(wanted, operation)
        check_algorithm(wanted.spec, ENCRYPT, algorithm)
        raise no_asymmetric(operation, wanted)
    if algorithm != SYMMETRIC:  # asymmetric keys must be named: the API reference; a guess at the words
        if wanted is None:
            raise AwsError("ValidationException", "KeyId is required for ciphertexts of asymmetric KMS keys.")
        check_algorithm(wanted.spec, ENCRYPT, algorithm)
    material_id = _material_of(blob)
    key = _of_material(state, material_id)
    if wanted is not None and wanted is not key:
        authorise(state, wanted, action, context)
        check_state(wanted, operation)
        raise AwsError("IncorrectKeyException", WRONG_KEY)
    if key is None:
        raise AwsError("AccessDeniedException", NO_KEY)
    authorise(state, key, action, context)
    check_state(key, operation)
    return key, next(material for material in key.family.materials if material.id == material_id)


def _of_material(state: State, material_id: bytes) -> Key | None:
    """The key of this region, in whatever account, which has had that material."""
    states: list[State] = [state, *(s for s in state.scope.cloud.states_of("kms") if s is not state)]
    for there in states:
        if material_id in there.by_material and there.scope.region == state.scope.region:
            key = there.keys[there.by_material[material_id]]
            rotate_if_due(there, key)
            return key
    return None


# ---------------------------------------------------------------------- the bytes


def _sealed(state: State, key: Key, plaintext: bytes, context: dict[str, str]) -> bytes:
    material = key.material
    return seal(material.secret, material.id, state.scope.ids.random.randbytes(16), plaintext, context)


def _blob(request: dict[str, Any]) -> bytes:
    """Newer models of botocore's leave it to the service to ask for it: a dry run may do without."""
    blob: bytes | None = request.get("CiphertextBlob")
    if blob is None:
        raise validation_error([violation(None, "ciphertextBlob", NOT_NULL)])
    return blob


def _material_of(blob: bytes) -> bytes:
    try:
        return material_of(blob)
    except Broken:
        raise AwsError("InvalidCiphertextException", "") from None


def _unsealed(material: Material, blob: bytes, context: dict[str, str]) -> bytes:
    try:
        return unseal(material.secret, blob, context)
    except Broken:
        raise AwsError("InvalidCiphertextException", "") from None
