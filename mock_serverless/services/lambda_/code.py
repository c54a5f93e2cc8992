"""Where a function's code comes from: a zip in the request, or one in S3."""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, NotSupported
from ...core.scope import Scope
from .errors import invalid, refuse
from .store import Code

ZIPPED_LIMIT = 52_428_800
UNZIPPED_LIMIT = 262_144_000  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html


def code_of(scope: Scope, given: dict[str, Any]) -> Code:
    """The code that a request's Code (or UpdateFunctionCode itself) names, checked."""
    refuse(given, "CreateFunction", "SourceKMSKeyArn", "S3ObjectStorageMode")
    if given.get("ImageUri"):
        raise NotSupported(
            "lambda: mock_serverless runs no container images (ImageUri). Create the function with "
            "cloud.function(name, handler) or from a zip."
        )
    if given.get("ZipFile") is not None:
        archive = bytes(given["ZipFile"])
    elif given.get("S3Bucket"):
        archive = _from_s3(scope, given)
    else:
        raise invalid("Please provide a source for function code.")
    if len(archive) >= ZIPPED_LIMIT and given.get("ZipFile") is not None:
        message = f"Zipped size must be smaller than {ZIPPED_LIMIT} bytes"
        raise AwsError("RequestEntityTooLargeException", message, 413)
    return _checked(Code(archive))


def _checked(code: Code) -> Code:
    try:
        package = code.package
    except ValueError:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
    if not package.names:
        raise invalid("Uploaded file must be a non-empty zip")
    if package.size >= UNZIPPED_LIMIT:
        raise invalid(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
    return code


def _from_s3(scope: Scope, given: dict[str, Any]) -> bytes:
    params = {"Bucket": given["S3Bucket"], "Key": given.get("S3Key", "")}
    if given.get("S3ObjectVersion"):
        params["VersionId"] = given["S3ObjectVersion"]
    try:
        body = scope.call("s3", "GetObject", params, caller="lambda")["Body"]
    except AwsError as e:
        raise invalid(
            f"Error occurred while GetObject. S3 Error Code: {e.code}. S3 Error Message: {e.message}"
        ) from None
    return bytes(body.read() if hasattr(body, "read") else body)
