"""Hypothesis strategies for what AWS takes and gives (needs the extra ``hypothesis``).

attribute_values(), items(table), table_definitions(), keys_of(table)     DynamoDB, see dynamodb.py
state_machines()                                                         Step Functions, see state_machines.py
responses(service, operation), requests(service, operation)               any operation of AWS's, see shapes.py
"""

from __future__ import annotations

from .dynamodb import attribute_values, items, keys_of, table_definitions
from .shapes import requests, responses
from .state_machines import state_machines

__all__ = ["attribute_values", "items", "keys_of", "requests", "responses", "state_machines", "table_definitions"]
