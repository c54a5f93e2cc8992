"""What is the same for every table: describe_limits, describe_endpoints."""

from __future__ import annotations

from typing import Any

from mock_serverless.core.operation import operation

from .database import Database


@operation
def describe_limits(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """The default quotas: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""
    return {
        "AccountMaxReadCapacityUnits": 80000,
        "AccountMaxWriteCapacityUnits": 80000,
        "TableMaxReadCapacityUnits": 40000,
        "TableMaxWriteCapacityUnits": 40000,
    }


@operation
def describe_endpoints(db: Database, request: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeEndpoints.html"""
    address = f"dynamodb.{db.scope.region}.{db.scope.dns_suffix}"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}
