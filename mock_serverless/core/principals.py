"""Whose an access key is, for keys that the cloud has given out itself.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import AwsError


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or the session of a role, as ``sts.get_caller_identity`` names it; ``expires`` in seconds since the epoch."""

    account: str
    user_id: str
    arn: str
    expires: float = float("inf")


def user_of(account: str, partition: str) -> Principal:
    """The one user that every account has: whose the keys are which are nobody else's."""
    return Principal(account, "AIDAMOCKSERVERLESS000", f"arn:{partition}:iam::{account}:user/mock_serverless")


def expired(service: str, protocol: str) -> AwsError:
    """The refusal of keys that are good no longer.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (ExpiredToken), and the services' CommonErrors pages.
    """
    if service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.", 400)
    code = "ExpiredToken" if protocol in ("query", "ec2", "rest-xml") else "ExpiredTokenException"
    status = 400 if code == "ExpiredTokenException" and protocol == "json" else 403
    return AwsError(code, "The security token included in the request is expired", status)
