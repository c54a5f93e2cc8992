"""What there is in API Gateway, in one account and region.

Records are dicts as the API answers them, and are never changed in place: an update puts a new record in the old one's
place. So a deployment's snapshot of its API is a copy of the tables only, and so is a snapshot of the whole state.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import AwsError
from ...core.ids import LOWER_AND_DIGITS
from ...core.scope import Scope

Record = dict[str, Any]
Table = dict[str, Record]

# What a deployment keeps of its API: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
DEPLOYED = ("resources", "models", "request_validators", "authorizers", "gateway_responses")


@dataclass(slots=True)
class Api:
    """A REST API: its own record, and the tables of what is in it."""

    record: Record
    tables: dict[str, Table] = field(default_factory=dict)
    snapshots: dict[str, Api] = field(default_factory=dict)  # deployment id -> the API as it was

    def table(self, name: str) -> Table:
        """A table of the API, made when it is first asked for."""
        return self.tables.setdefault(name, {})

    def snapshot(self) -> Api:
        """The API as it is now, for a deployment."""
        return Api(self.record, {name: dict(self.table(name)) for name in DEPLOYED})

    def __deepcopy__(self, memo: dict[int, Any]) -> Api:
        return Api(self.record, {name: dict(table) for name, table in self.tables.items()}, dict(self.snapshots))


class State:
    """API Gateway in one account and region."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.apis: dict[str, Api] = {}
        self.tables: dict[str, Table] = {}
        self.account: Record = {
            "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
            "features": ["UsagePlans"],
            "apiKeyVersion": "4",
        }
        self.used: dict[tuple[str, str], dict[str, int]] = {}  # (usage plan, key) -> period -> requests
        self.buckets: dict[str, tuple[float, float]] = {}  # throttled thing -> tokens left, when
        self.authorizations: dict[
            tuple[str, ...], tuple[float, Record]
        ] = {}  # identity -> until when, what was answered

        self.cached: dict[tuple[str, ...], Any] = {}  # what stages' caches keep: pipeline/caching.py

    def forget(self, api: str, stage: str) -> None:
        """A stage's cache is empty from now on."""
        self.cached = {key: kept for key, kept in self.cached.items() if key[:2] != (api, stage)}

    def table(self, name: str) -> Table:
        """A table of the account's, made when it is first asked for."""
        return self.tables.setdefault(name, {})

    def api(self, request: dict[str, Any]) -> Api:
        """The API that a request names."""
        api = self.apis.get(request["restApiId"])
        if api is None:
            identifier = f"{self.scope.account}:{request['restApiId']}"
            raise not_found(f"Invalid API identifier specified {identifier}")
        return api

    def new_id(self, length: int = 6) -> str:
        """An id; APIs, resources, keys have ten characters, the rest six."""
        return self.scope.ids.token(length, LOWER_AND_DIGITS)

    def arn(self, path: str) -> str:
        """The ARN of a resource: https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html"""
        return f"arn:{self.scope.partition}:apigateway:{self.scope.region}::{path}"

    def urls(self) -> list[str]:
        """Where the stages of the APIs are served."""
        there = f"execute-api.{self.scope.region}.{self.scope.dns_suffix}"
        return [f"https://{id}.{there}/{stage}" for id, api in self.apis.items() for stage in api.table("stages")]

    def __deepcopy__(self, memo: dict[int, Any]) -> State:
        new = copy(self)
        new.apis = {id: api.__deepcopy__(memo) for id, api in self.apis.items()}
        new.tables = {name: dict(table) for name, table in self.tables.items()}
        new.used = {key: dict(counts) for key, counts in self.used.items()}
        new.buckets, new.authorizations = dict(self.buckets), dict(self.authorizations)
        new.cached = dict(self.cached)
        memo[id(self)] = new
        return new


def not_found(message: str) -> AwsError:
    """What is named isn't there."""
    return AwsError("NotFoundException", message, 404)


def bad_request(message: str) -> AwsError:
    """The request can't be."""
    return AwsError("BadRequestException", message, 400)


def conflict(message: str) -> AwsError:
    """It is there already, or in use."""
    return AwsError("ConflictException", message, 409)
