"""Whose an access key is, for keys that the cloud has given out itself.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from .arns import Arn
from .errors import AwsError


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or the session of a role, as ``sts.get_caller_identity`` names it; ``expires`` in seconds since the epoch.

    ``role`` is the ARN of a session's role. ``source`` and ``tags`` are its source identity and session tags (keys are told apart
    whatever their case), ``transitive`` the keys, in lower case, of those that go on along a chain of roles; ``mfa`` is when a
    code of an MFA device was given.
    """

    account: str
    user_id: str
    arn: str
    expires: float = float("inf")
    role: str = ""
    source: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    transitive: frozenset[str] = frozenset()
    mfa: float | None = None

    @property
    def is_temporary(self) -> bool:
        """Whether it is a session."""
        return bool(self.role) or self.expires < float("inf")


def user_of(account: str, partition: str) -> Principal:
    """The one user that every account has: whose the keys are which are nobody else's."""
    return Principal(account, "AIDAMOCKSERVERLESS000", f"arn:{partition}:iam::{account}:user/mock_serverless")


def session_of(role: Arn, name: str, expires: float = float("inf")) -> Principal:
    """The session ``name`` of a role.

    A role has one id, which all its sessions show: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
    (unique ids); here it follows from the ARN. A role's path is no part of a session's ARN.
    """
    arn = f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.resource.rpartition('/')[2]}/{name}"
    return Principal(role.account, f"AROA{_digest(str(role), 17)}:{name}", arn, expires, str(role))


@lru_cache(maxsize=1024)
def session_of_service(role: Arn, name: str) -> tuple[Principal, str]:
    """A session of a role that a service keeps up, and its access key: the same one for the same session."""
    session = session_of(role, name)
    return session, f"ASIA{_digest(session.arn + session.role, 16)}"


def secrets_of(key: str) -> tuple[str, str]:
    """A secret key and a session token for an access key that :func:`session_of_service` has given. Nothing verifies them."""
    digest = hashlib.sha512(key.encode()).digest()
    return base64.b64encode(digest[:30]).decode(), base64.b64encode(digest * 4).decode()


def _digest(text: str, length: int) -> str:
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()[:length]


def expired(service: str, protocol: str) -> AwsError:
    """The refusal of keys that are good no longer.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (ExpiredToken), and the services' CommonErrors pages.
    """
    if service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.", 400)
    code = "ExpiredToken" if protocol in ("query", "ec2", "rest-xml") else "ExpiredTokenException"
    status = 400 if code == "ExpiredTokenException" and protocol == "json" else 403
    return AwsError(code, "The security token included in the request is expired", status)
