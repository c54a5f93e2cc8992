"""Whatever is delivered twice and whatever fails on the way, each payment is booked once, or is to be delivered again.

hypothesis makes up the deliveries and the errors. The tables are made once; each example starts from them in a
`cloud.scratch()`, which costs a copy of two empty tables instead of a new cloud.
"""

import json
from collections import Counter

import boto3
import pytest
from consumer import book

pytest.importorskip("hypothesis", reason="the test needs hypothesis")

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

ACCOUNTS = ["ada", "bob"]
dynamodb = boto3.client("dynamodb")
functions = boto3.client("lambda")


class Deliveries(RuleBasedStateMachine):
    messages = Bundle("messages")

    def __init__(self, cloud):
        super().__init__()
        self.cloud = cloud
        self.scratch = cloud.scratch()
        self.scratch.__enter__()
        self.owed = {}
        self.booked = set()

    def teardown(self):
        self.scratch.__exit__(None, None, None)

    @rule(target=messages, account=st.sampled_from(ACCOUNTS), amount=st.integers(1, 1000))
    def pay(self, account, amount):
        message = f"m-{len(self.owed)}"
        self.owed[message] = (account, amount)
        return message

    @rule(batch=st.lists(messages, min_size=1, max_size=5))
    def deliver(self, batch):
        records = [{"messageId": m, "body": "{}:{}".format(*self.owed[m])} for m in batch]
        answer = functions.invoke(FunctionName="book", Payload=json.dumps({"Records": records}))
        assert "FunctionError" not in answer
        failures = json.loads(answer["Payload"].read())["batchItemFailures"]
        # one that is in the batch twice may have been booked and have failed
        self.booked |= set(batch) - {failure["itemIdentifier"] for failure in failures}

    @rule(
        error=st.sampled_from(["ThrottlingException", "InternalServerError", "TransactionInProgressException"]),
        times=st.integers(1, 12),
    )
    def things_go_wrong(self, error, times):
        self.cloud.fail("dynamodb", "TransactWriteItems", error, times=times)

    @invariant()
    def each_payment_is_booked_once(self):
        items = dynamodb.scan(TableName="booked")["Items"]
        marked = {item["id"]["S"] for item in items}
        assert self.booked <= marked <= set(self.owed)
        balances = Counter()
        for message in marked:
            account, amount = self.owed[message]
            balances[account] += amount
        found = dynamodb.scan(TableName="accounts")["Items"]
        assert {item["id"]["S"]: int(item["balance"]["N"]) for item in found} == balances


def test_payments_are_booked_once(cloud):
    for table in ("booked", "accounts"):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    cloud.function("book", book, timeout=900)  # the SDK retries for a minute, message by message
    run_state_machine_as_test(
        lambda: Deliveries(cloud), settings=settings(max_examples=15, stateful_step_count=10, deadline=None)
    )
