"""API keys, quotas and throttling.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html: token buckets, filled in
virtual time. Limits act where they are set; the account's own (10,000 requests a second) do not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..gateway import Record
from ..usage_plans import keys_table
from .exchange import Exchange, Refused
from .execution_log import method_settings


def check_key(x: Exchange) -> None:
    """403 without a key that a usage plan allows on this stage; 429 when its plan's limits are used up."""
    if not x.method["apiKeyRequired"]:
        return
    identity = x.context["identity"]
    given = identity.get("apiKey") if x.api.record["apiKeySource"] == "AUTHORIZER" else x.request.header("x-api-key")
    key = next((k for k in x.db.table("api_keys").values() if k["value"] == given and k["enabled"]), None)
    plan = _plan_of(x, key["id"]) if key is not None else None
    if key is None or plan is None:
        raise Refused("INVALID_API_KEY", "Forbidden")
    identity |= {"apiKey": key["value"], "apiKeyId": key["id"]}
    stage = _stage(x, plan) or {}
    limits = stage.get("throttle", {}).get(f"{x.resource['path']}/{x.method['httpMethod']}") or plan.get("throttle")
    if limits:
        _take(x, f"{plan['id']} {key['id']}", limits.get("rateLimit"), limits.get("burstLimit"))
    if plan.get("quota"):
        _count(x, plan, key["id"])


def _plan_of(x: Exchange, key: str) -> Record | None:
    plans = x.db.table("usage_plans").values()
    return next((p for p in plans if key in x.db.table(keys_table(p["id"])) and _stage(x, p) is not None), None)


def _stage(x: Exchange, plan: Record) -> Record | None:
    return next((s for s in plan["apiStages"] if (s["apiId"], s["stage"]) == (x.api_id, x.stage_name)), None)


def _count(x: Exchange, plan: Record, key: str) -> None:
    quota = plan["quota"]
    used = x.db.used.setdefault((plan["id"], key), {})
    period = period_of(quota["period"], x.db.scope.now())
    if used.get(period, quota.get("offset", 0) if not used else 0) >= quota["limit"]:
        raise Refused("QUOTA_EXCEEDED", "Limit Exceeded")
    used[period] = used.get(period, quota.get("offset", 0) if not used else 0) + 1


def period_of(kind: str, now: datetime) -> str:
    """The day, week (from Monday) or month which a time lies in, in UTC."""
    if kind == "DAY":
        return now.strftime("%Y-%m-%d")
    if kind == "WEEK":
        return (now - timedelta(days=now.weekday())).strftime("%Y-%m-%d")
    return now.strftime("%Y-%m")


def throttle(x: Exchange) -> None:
    """429 when a method's own limits are used up."""
    own = method_settings(x)
    if own:
        name = f"{x.api_id} {x.stage_name} {x.resource['path']} {x.method['httpMethod']}"
        _take(x, name, own["throttlingRateLimit"], own["throttlingBurstLimit"])


def _take(x: Exchange, name: str, rate: float | None, burst: int | None) -> None:
    """One token out of a bucket, which holds ``burst`` of them and gets ``rate`` each second."""
    size = float(burst if burst is not None else rate or 0)
    now = x.db.scope.timestamp()
    tokens, then = x.db.buckets.get(name, (size, now))
    tokens = min(size, tokens + (now - then) * (rate if rate is not None else float("inf")))
    if tokens < 1:
        x.db.buckets[name] = (tokens, now)
        raise Refused("THROTTLED", "Too Many Requests")
    x.db.buckets[name] = (tokens - 1, now)
