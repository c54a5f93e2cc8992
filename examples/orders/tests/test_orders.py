"""The shop, from the HTTP request to the closed order."""

import boto3
import pytest


def status(cloud, url, order):
    return cloud.http.get(f"{url}/orders/{order}").json()["status"]


def test_a_small_order_is_closed_after_a_week(cloud, url):
    placed = cloud.http.post(f"{url}/orders", json={"id": "o-1", "amount": 20.5})
    assert (placed.status_code, placed.json()) == (201, {"id": "o-1", "status": "PLACED"})

    cloud.clock.advance(days=6)
    assert status(cloud, url, "o-1") == "PLACED"
    cloud.clock.advance(days=2)
    assert cloud.http.get(f"{url}/orders/o-1").json() == {
        "id": "o-1",
        "amount": 20.5,
        "status": "CLOSED",
        "parcel": "P-o-1",
    }


def test_a_big_order_waits_for_its_approval(cloud, url):
    cloud.http.post(f"{url}/orders", json={"id": "o-2", "amount": 250})

    cloud.clock.advance(days=20)
    mail = cloud.calls("ses", "SendEmail", caller="ask").last
    assert mail.params["Destination"] == {"ToAddresses": ["ada@example.com"]}
    token = mail.params["Message"]["Body"]["Text"]["Data"]
    cloud.http.post(f"{url}/decisions", json={"token": token, "approved": True, "by": "Ada"})

    cloud.settle(until_idle=True)
    assert status(cloud, url, "o-2") == "CLOSED"


@pytest.mark.parametrize("refused", [True, False], ids=["refused", "no answer in thirty days"])
def test_without_an_approval_it_is_cancelled(cloud, url, refused):
    cloud.http.post(f"{url}/orders", json={"id": "o-3", "amount": 250})
    if refused:
        (task,) = cloud.stepfunctions.waiting("Approval")
        cloud.http.post(f"{url}/decisions", json={"token": task.token, "approved": False, "by": "Ada"})
    cloud.clock.advance(days=31)
    assert status(cloud, url, "o-3") == "CANCELLED"
    assert len(cloud.calls("lambda", "Invoke", where=lambda p: p["FunctionName"] == "ship")) == 0


def test_an_order_is_placed_once(cloud, url):
    order = {"id": "o-4", "amount": 5}
    answers = [cloud.http.post(f"{url}/orders", json=order).status_code for _ in range(2)]
    assert answers == [201, 409]
    executions = boto3.client("stepfunctions").list_executions(
        stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:orders"
    )["executions"]
    assert [e["name"] for e in executions] == ["o-4"]


def test_a_throttled_table_costs_the_customer_nothing(cloud, url):
    cloud.fail("dynamodb", "PutItem", "ProvisionedThroughputExceededException", times=2)
    assert cloud.http.post(f"{url}/orders", json={"id": "o-5", "amount": 5}).status_code == 201
    assert len(cloud.calls("dynamodb", "PutItem", caller="place", failed=True)) == 2


def test_shipping_is_tried_again(cloud, url):
    fault = cloud.fail("lambda", "Invoke", "ServiceException", where=lambda p: p["FunctionName"] == "ship", times=3)
    cloud.http.post(f"{url}/orders", json={"id": "o-6", "amount": 5})
    cloud.settle(until_idle=True)
    assert fault.hits == 3
    assert status(cloud, url, "o-6") == "CLOSED"
