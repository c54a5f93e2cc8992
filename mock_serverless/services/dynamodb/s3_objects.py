"""Objects in S3 that imports and bulk operations read, and that exports and bulk operations write.

They are read and written by the same way as anybody's (``s3.ListObjectsV2``, ``s3.GetObject``, ``s3.PutObject``), so that a fake
or stubbed S3 serves them. What S3 refuses, or that there is none, is how such an operation ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mock_serverless.core.errors import AwsError, NotSupported
from mock_serverless.core.ids import UPPER_AND_DIGITS
from mock_serverless.core.scope import Scope

from .values import refuse

FAILURES = {
    "NoSuchBucket": "S3NoSuchBucket",
    "AccessDenied": "S3AccessDenied",
    "KMS.NotFoundException": "KmsNotFoundException",
}
STATUSES = {"NoSuchBucket": 404, "NoSuchKey": 404, "AccessDenied": 403}
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; of others, that which the error has."""
READABLE = {"DYNAMODB_JSON", "CSV"}


def check_readable(operation: str, form: str, compression: str | None, instead: str) -> None:
    """Refuse by name what can't be read; ``instead`` says what can."""
    if form in READABLE and compression != "ZSTD":
        return
    what = f"the input format {form}" if form not in READABLE else f"the compression {compression}"
    raise NotSupported(
        f"dynamodb.{operation}: mock_serverless can't read {what} yet.\n"
        f"Use {instead}, plain or GZIP, or stub the call: cloud.stub('dynamodb', '{operation}', {{...}})"
    )


def check_key(given: dict[str, Any]) -> None:
    """A key of KMS needs the algorithm that uses it. Measured for exports (ack-api-quirks)."""
    if "S3SseKmsKeyId" in given and given.get("S3SseAlgorithm") != "KMS":
        raise refuse("Invalid Request: KMS Key Id is not supported for this encryption type")


def owner_of(given: dict[str, Any]) -> dict[str, Any]:
    """The parameter of S3's calls that says whose the bucket is to be."""
    return {"ExpectedBucketOwner": given["S3BucketOwner"]} if "S3BucketOwner" in given else {}


def encryption_of(given: dict[str, Any], usual: str | None = None) -> dict[str, Any]:
    """The parameters of PutObject that say how an object is encrypted; ``usual`` is the algorithm if none is named."""
    algorithm = given.get("S3SseAlgorithm", usual)
    params = {} if algorithm is None else {"ServerSideEncryption": "aws:kms" if algorithm == "KMS" else algorithm}
    return {**params, "SSEKMSKeyId": given["S3SseKmsKeyId"]} if "S3SseKmsKeyId" in given else params


def folder_of(prefix: str, name: str) -> str:
    """Where in a bucket an operation's files lie."""
    return f"{prefix}{'/' if prefix and not prefix.endswith('/') else ''}AWSDynamoDB/{name}/"


def keys(scope: Scope, source: dict[str, Any]) -> Iterator[str]:
    """The keys of all objects that begin with the prefix, whatever follows: measured (ack-api-quirks, DDB-IMPORT-014)."""
    params = {"Bucket": source["S3Bucket"], "Prefix": source.get("S3KeyPrefix", ""), **owner_of(source)}
    while True:
        answer = scope.call("s3", "ListObjectsV2", params, caller="dynamodb")
        for entry in answer.get("Contents") or ():
            yield entry["Key"]
        if not answer.get("IsTruncated") or "NextContinuationToken" not in answer:
            return
        params = {**params, "ContinuationToken": answer["NextContinuationToken"]}


def content(scope: Scope, source: dict[str, Any], key: str) -> bytes:
    """An object's bytes."""
    params = {"Bucket": source["S3Bucket"], "Key": key, **owner_of(source)}
    body = scope.call("s3", "GetObject", params, caller="dynamodb").get("Body") or b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def failure_of(scope: Scope, error: AwsError | NotSupported) -> tuple[str, str]:
    """Code and message of what S3 refuses, as AWS's SDK for Java tells it, or of there being no S3.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Validation.html (Troubleshooting)
    """
    if isinstance(error, NotSupported):
        return "NotSupported", f"There is no S3 to call. {error}"
    ids = scope.ids
    told = (
        f"Service: Amazon S3; Status Code: {STATUSES.get(error.code, error.status)}; Error Code: {error.code}; Request ID: "
        f"{ids.token(16, UPPER_AND_DIGITS)}; S3 Extended Request ID: {ids.token(75)}=; Proxy: null"
    )
    return FAILURES.get(error.code, error.code), f"{error.message} ({told})"
