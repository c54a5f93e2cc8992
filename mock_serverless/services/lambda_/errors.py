"""Lambda's errors, in the words which several operations share (recorded)."""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, NotSupported


def invalid(message: str) -> AwsError:
    """InvalidParameterValueException."""
    return AwsError("InvalidParameterValueException", message, 400, Type="User")


def refuse(request: dict[str, Any], operation: str, *members: str) -> None:
    """Raises when a request has a member that could not act here."""
    for member in members:
        if request.get(member):
            raise NotSupported(f"lambda.{operation}: mock_serverless does not implement {member}.")


def not_found(message: str) -> AwsError:
    """ResourceNotFoundException."""
    return AwsError("ResourceNotFoundException", message, 404, Type="User")


def function_not_found(arn: str) -> AwsError:
    """For a function, version or alias that isn't there."""
    return not_found(f"Function not found: {arn}")


def no_such_resource() -> AwsError:
    """For mappings, function URLs and policies."""
    return not_found("The resource you requested does not exist.")


def conflict(message: str) -> AwsError:
    """ResourceConflictException."""
    return AwsError("ResourceConflictException", message, 409, Type="User")


def check_revision(request: dict[str, Any], current: str, what: str = "GetFunction/GetAlias") -> None:
    """Raises when the request names a RevisionId that is not the current one."""
    if request.get("RevisionId") not in (None, current):
        message = "The Revision Id provided does not match the latest Revision Id. "
        message += f"Call the {what} API to retrieve the latest Revision Id"
        raise AwsError("PreconditionFailedException", message, 412, Type="User")
