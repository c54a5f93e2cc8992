"""The feed, with coroutines all the way: aioboto3 and httpx are answered by the cloud, unchanged."""

import asyncio

import pytest

pytest.importorskip("aioboto3", reason="the app needs aioboto3")
pytest.importorskip("httpx", reason="the app needs httpx")

import feed


def test_prices_are_new_then_unchanged_then_changed(cloud, supplier):
    url, prices = supplier

    async def three_days():
        prices.update({f"sku-{i}": i + 0.5 for i in range(25)})
        first = await feed.update(url)
        second = await feed.update(url)
        prices["sku-3"] = 99.9
        return first, second, await feed.update(url)

    first, second, third = asyncio.run(three_days())
    assert first == {"new": 25, "changed": 0, "unchanged": 0}
    assert second == {"new": 0, "changed": 0, "unchanged": 25}
    assert third == {"new": 0, "changed": 1, "unchanged": 24}


def test_throttling_is_waited_out_in_virtual_time(cloud, supplier):
    url, prices = supplier
    prices.update({f"sku-{i}": 1 for i in range(25)})
    fault = cloud.fail("dynamodb", "UpdateItem", "ThrottlingException", probability=0.3)
    before = cloud.clock.now()
    assert asyncio.run(feed.update(url))["new"] == 25
    assert fault.hits > 0
    assert cloud.clock.now() > before


def test_a_supplier_that_is_down_changes_nothing(cloud, supplier):
    url, _ = supplier

    @cloud.function("list_prices")
    def list_prices(event, context):
        raise RuntimeError("the cellar is flooded")

    with pytest.raises(feed.httpx.HTTPStatusError, match="502"):
        asyncio.run(feed.update(url))
    assert len(cloud.calls("dynamodb", "UpdateItem")) == 0
