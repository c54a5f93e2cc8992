"""Hypothesis strategies for expressions: drawn from the grammar, with their placeholders, then broken now and then.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from .values import KEY_NAMES, NAMES, bad_values, good_values

RESERVED = ("name", "size", "Order", "value", "status", "hash")
COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
TYPES = ("S", "N", "B", "SS", "NS", "BS", "BOOL", "NULL", "L", "M")
PLACES = ("[0]", "[0]", "[1]", "[1]", "[7]", "[99]")
FUNCTIONS = ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size")
TOKEN = re.compile(r"[#:]?\w+|<=|>=|<>|\S")
SIGNS = ("(", ")", ",", ".", "=", "<>", "[0]", "[", "]", "+", "-", "0", "$", "_x", "foo(")
NOISE = (*SIGNS, "AND", "OR", "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "a", ":v9", "#n9", "size")


class Writer:
    """Writes expressions of one request; names and values are its placeholders.

    At most one deliberate mistake is made in a call: which of several is found first is another matter.
    """

    def __init__(self, draw: Any, slipped: bool = False) -> None:
        self.draw = draw
        self.keys = KEY_NAMES
        self.slipped = slipped
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def one(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def often(self, times: int) -> bool:
        """True, but for once in ``times``."""
        return bool(self.draw(st.integers(1, times)) != times)

    def slip(self, times: int) -> bool:
        """Whether to make a mistake here: once in ``times``, and once only."""
        if self.slipped or self.often(times):
            return False
        self.slipped = True
        return True

    def any_value(self) -> Any:
        return self.draw(bad_values if self.slip(40) else good_values)

    # Operands

    def named(self, name: str) -> str:
        """A name as it is, or by a placeholder."""
        if self.often(4):
            return name
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = name
        return placeholder

    def value(self, value: Any = None) -> str:
        if self.values and value is None and not self.often(6):
            return self.one(*self.values)
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = self.any_value() if value is None else value
        return placeholder

    def path(self, top: tuple[str, ...] = ()) -> str:
        name = self.one(*(top or NAMES + self.keys[:1]))
        if self.slip(40):
            name = self.one(*RESERVED, *self.keys)
        text = self.named(name)
        while not self.often(4):
            text += self.one(*PLACES) if self.often(2) else "." + self.named(self.one(*NAMES[:4]))
        return text

    def operand(self) -> str:
        kind = self.one("path", "path", "value", "value", "size")
        if kind == "path":
            return self.path()
        return self.value() if kind == "value" else f"size({self.path()})"

    # Conditions

    def condition(self, depth: int = 2) -> str:
        kind = self.one("simple", "simple", "simple", "and", "or", "not", "nested") if depth else "simple"
        if kind == "simple":
            return self.primitive()
        if kind == "not":
            return f"NOT {self.condition(depth - 1)}"
        if kind == "nested":
            return f"({self.condition(depth - 1)})"
        return f"{self.condition(depth - 1)} {kind.upper()} {self.condition(depth - 1)}"

    def primitive(self) -> str:
        kind = self.one("compare", "compare", "between", "in", "function", "function", "function")
        if kind == "compare":
            return f"{self.operand()} {self.one(*COMPARATORS)} {self.operand()}"
        if kind == "between":
            return f"{self.operand()} BETWEEN {self.operand()} AND {self.operand()}"
        if kind == "in":
            if not self.often(12):
                return f"{self.path()} IN ({', '.join([self.value()] * self.one(99, 101))})"
            return f"{self.operand()} IN ({', '.join(self.operand() for _ in range(self.one(1, 1, 2, 3)))})"
        return self.function()

    def function(self) -> str:
        name = self.one(*FUNCTIONS[:5])
        if name == "attribute_type":
            second = self.value({"S": self.one(*TYPES)}) if self.often(6) else self.operand()
            return f"attribute_type({self.path()}, {second})"
        if name in ("attribute_exists", "attribute_not_exists"):
            return f"{name}({self.path() if self.often(8) else self.operand()})"
        first = self.path() if self.often(5) else self.operand()
        return f"{name}({first}, {self.value() if self.often(4) else self.operand()})"

    # Updates

    def update(self) -> str:
        clauses = self.draw(
            st.lists(st.sampled_from(("SET", "SET", "REMOVE", "ADD", "DELETE")), min_size=1, max_size=3)
        )
        if not self.slip(8):
            clauses = list(dict.fromkeys(clauses))
        return " ".join(f"{clause} {self.actions(clause)}" for clause in clauses)

    def actions(self, clause: str) -> str:
        return ", ".join(self.action(clause) for _ in range(self.one(1, 1, 1, 2)))

    def action(self, clause: str) -> str:
        path = self.path(self.keys if self.slip(25) else NAMES + self.keys[2:])
        if clause == "SET":
            return f"{path} = {self.assigned()}"
        if clause == "REMOVE":
            return path
        if not self.often(5):
            return f"{path} {self.value()}"
        return f"{path} {self.value(self.one({'N': '1'}, {'SS': ['a', 'b']}, {'NS': ['1', '2']}, {'BS': [b'a']}))}"

    def assigned(self) -> str:
        kind = self.one("value", "value", "path", "if_not_exists", "list_append", "sum", "sum")
        if kind == "value":
            return self.value()
        if kind == "path":
            return self.path()
        if kind == "sum":
            left = self.path() if self.often(3) else self.term()
            right = self.value({"N": self.one("1", "-2", "0.5", "1e100", "1e-100")}) if self.often(3) else self.term()
            return f"{left} {self.one('+', '-')} {right}"
        return self.term()

    def term(self) -> str:
        kind = self.one("if_not_exists", "list_append", "operand")
        if kind == "if_not_exists":
            return f"if_not_exists({self.path()}, {self.one(self.value, self.path, self.term)()})"
        if kind == "list_append":
            listed = self.value({"L": [{"N": "1"}]}) if self.often(3) else self.term()
            other = self.path(("l",)) if self.often(4) else self.term()
            return f"list_append({self.one(f'{other}, {listed}', f'{listed}, {other}')})"
        return self.path() if self.often(2) else self.value()

    # Keys and projections

    def key_condition(self, hash_name: str, range_name: str | None, key: dict[str, Any]) -> str:
        """``key`` has the values to ask for; without a sort key in it none is asked for."""
        text = f"{self.named(hash_name)} = {self.value(key[hash_name])}"
        if range_name is None or range_name not in key:
            return text
        name, value = self.named(range_name), key[range_name]
        kind = self.one("compare", "compare", "between", "begins_with")
        if kind == "compare":
            second = f"{name} {self.one(*COMPARATORS) if not self.often(3) else '='} {self.value(value)}"
        elif kind == "between":
            second = f"{name} BETWEEN {self.value(value)} AND {self.value(key.get('upper', value))}"
        else:
            second = f"begins_with({name}, {self.value(value)})"
        joined = f"{text} AND {second}" if self.often(3) else f"{second} AND {text}"
        return joined if self.often(10) else f"({joined})"

    def projection(self) -> str:
        return ", ".join(self.path(NAMES + self.keys) for _ in range(self.one(1, 2, 3)))

    # Mistakes

    def broken(self, text: str) -> str:
        """The text with a token too few, too many, or another one."""
        tokens = TOKEN.findall(text)
        for _ in range(self.one(1, 1, 2)):
            at = self.draw(st.integers(0, max(0, len(tokens) - 1)))
            kind = self.one("drop", "double", "insert", "replace", "swap")
            if kind == "drop":
                del tokens[at : at + 1]
            elif kind == "double":
                tokens[at:at] = tokens[at : at + 1]
            elif kind == "insert":
                tokens.insert(at, self.one(*NOISE))
            elif kind == "replace":
                tokens[at : at + 1] = [self.one(*NOISE)]
            else:
                tokens[at : at + 2] = reversed(tokens[at : at + 2])
        return " ".join(tokens)

    def maybe_broken(self, text: str) -> str:
        return self.broken(text) if self.slip(10) else text

    def placeholders(self, request: dict[str, Any]) -> None:
        """Put the placeholders into the request, now and then one too few or too many."""
        if self.slip(40):
            self.names[self.one("#unused", "#", "bad", "#a-b")] = self.one("a", "b")
        if self.slip(40):
            self.values[self.one(":unused", ":", "bad", ":a-b")] = self.draw(good_values)
        for given, parameter in ((self.names, "ExpressionAttributeNames"), (self.values, "ExpressionAttributeValues")):
            if given and self.slip(30):
                given.pop(self.one(*given))
            if given or self.slip(80):
                request[parameter] = dict(given)
