"""The calls of a stream's service: is the stream there, and which shards does it have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ....core.errors import AwsError
from ....core.scope import Scope
from ..errors import invalid

Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StreamCalls:
    """What a stream's service calls its operations and members."""

    service: str
    arn: str
    """The member of a request that names the stream."""
    describe: str
    listing: str
    """The operation that gives the shards."""
    listed: Callable[[Params, str], tuple[Sequence[dict[str, Any]], Params | None]]
    """(its answer, the stream's ARN) -> shards, and the request for more."""

    def __call__(self, scope: Scope, operation: str, params: Params) -> dict[str, Any]:
        """Make a call as Lambda."""
        return scope.call(self.service, operation, params, caller="lambda")

    def check(self, scope: Scope, arn: str) -> None:
        """Is the stream there?"""
        try:
            self(scope, self.describe, {self.arn: arn})
        except AwsError as e:
            if e.code != "ResourceNotFoundException":
                raise
            raise invalid(f"Stream not found: {arn}") from None

    def shards(self, scope: Scope, arn: str) -> list[str]:
        """Its shards, parents first."""
        found: list[str] = []
        params: Params | None = {self.arn: arn}
        while params is not None:
            shards, params = self.listed(self(scope, self.listing, params), arn)
            found += [shard["ShardId"] for shard in shards]
        return found
