"""Keeps a table of prices up to date: fetches a supplier's list over HTTP and writes what has changed, many at a time."""

import asyncio
from decimal import Decimal

import aioboto3
import httpx

session = aioboto3.Session()


async def update(supplier: str, table: str = "prices", at_once: int = 10) -> dict[str, int]:
    """Bring the table up to the supplier's list; gives how many prices were new, changed and unchanged."""
    async with httpx.AsyncClient(timeout=10) as client:
        response = await client.get(f"{supplier}/prices")
        response.raise_for_status()
        listed = {entry["sku"]: Decimal(str(entry["price"])) for entry in response.json()}
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    gate = asyncio.Semaphore(at_once)
    async with session.resource("dynamodb") as dynamodb:
        prices = await dynamodb.Table(table)

        async def write(sku: str, price: Decimal) -> None:
            async with gate:
                answer = await prices.update_item(
                    Key={"sku": sku},
                    UpdateExpression="SET price = :price ADD changes :one",
                    ConditionExpression="attribute_not_exists(price) OR price <> :price",
                    ExpressionAttributeValues={":price": price, ":one": 1},
                    ReturnValues="UPDATED_OLD",
                )
                counts["changed" if answer.get("Attributes") else "new"] += 1

        async def try_to_write(sku: str, price: Decimal) -> None:
            try:
                await write(sku, price)
            except dynamodb.meta.client.exceptions.ConditionalCheckFailedException:
                counts["unchanged"] += 1

        await asyncio.gather(*(try_to_write(sku, price) for sku, price in listed.items()))
    return counts
