"""Step Functions: definitions of state machines, valid ones and ones with a defect of a certain kind.

Transitions lead forward only, loops count themselves down, and waits are finite, so every machine comes to an end whatever its
input is. https://states-language.net/, https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

Definition = dict[str, Any]
TYPES = ("Pass", "Wait", "Choice", "Task", "Parallel", "Map", "Succeed", "Fail")
CALL = "arn:aws:lambda:us-east-1:123456789012:function:"
ERRORS = ("States.ALL", "States.TaskFailed", "States.Timeout", "Custom")
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text("abc", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=4,
)
WHOLE = st.builds(lambda a, b: f"{{% {a} * {b} %}}", st.integers(0, 999), st.integers(0, 999))
"""A number of seconds, as an expression."""
VALUES: st.SearchStrategy[Any] = JSON | st.sampled_from(
    (
        "{% $states.input %}",
        "{% $exists($states.input.a) ? $states.input.a : 'none' %}",
        "{% $count($states.context.Execution.Input.items) %}",
        "{% $uuid() %}",
        "{% $states.input.missing.member %}",
    )
)
"""What a field that takes expressions may have; the last one gives nothing, which is an error."""


def state_machines(
    *, functions: Sequence[str] = (), max_states: int = 5, depth: int = 2, defect: str | None = None
) -> st.SearchStrategy[Definition]:
    """Definitions as dicts; their states are written in JSONPath or in JSONata.

    ``functions`` are names of Lambda functions in us-east-1 of the account 123456789012 which Task states may call (none: there
    are no Task states); ``max_states`` in each line of states; ``depth`` of Parallel and Map states inside each other;
    ``defect`` is one of :data:`DEFECTS`: such definitions are refused by AWS for that reason at least. Raises ValueError for
    another defect.
    """
    if defect is not None and defect not in DEFECTS:
        raise ValueError(f"a defect is one of {', '.join(DEFECTS)}, not {defect!r}")
    machines = _lines(tuple(functions), max_states, depth).map(_named)
    return machines if defect is None else _broken(machines, DEFECTS[defect])


# ---------------------------------------------------------------------- lines of states; states are numbers until they are named


def _lines(functions: tuple[str, ...], most: int, depth: int) -> st.SearchStrategy[list[Any]]:
    def of_length(length: int) -> st.SearchStrategy[list[Any]]:
        return st.tuples(*(_state(n, length, functions, most, depth) for n in range(length))).map(list)

    return st.integers(1, most).flatmap(of_length)


def _state(number: int, length: int, functions: tuple[str, ...], most: int, depth: int) -> st.SearchStrategy[Any]:
    last = number == length - 1
    after = st.integers(number + 1, length - 1) if not last else st.none()
    kinds: list[st.SearchStrategy[Any]] = [
        st.fixed_dictionaries({"Type": st.just("Pass"), "Next": after}, optional=_data()),
        st.fixed_dictionaries({"Type": st.just("Wait"), "Next": after, "Seconds": st.integers(0, 10**6)}),
        st.fixed_dictionaries({**_in_jsonata("Pass"), "Next": after}, optional=_output()),
        st.fixed_dictionaries({**_in_jsonata("Wait"), "Next": after, "Seconds": WHOLE}, optional=_output()),
    ]
    if last:
        kinds.append(st.just({"Type": "Succeed"}))
        kinds.append(st.fixed_dictionaries({"Type": st.just("Fail")}, optional={"Error": st.just("Custom")}))
    else:
        kinds += [_choices(after), _conditions(after)]
    if functions:
        kinds += [_tasks(functions, after, last), _calls(functions, after)]
    if depth > 0:
        inner = _lines(functions, max(1, most // 2), depth - 1)
        kinds.append(
            st.fixed_dictionaries(
                {"Type": st.just("Parallel"), "Next": after, "Branches": st.lists(inner, min_size=1, max_size=3)},
                optional={} if last else {"Catch": _catchers(after)},
            )
        )
        items = st.just({"ItemsPath": "$$.Execution.Input.items"})
        kinds.append(
            st.builds(
                dict,
                items,
                Type=st.just("Map"),
                Next=after,
                ItemProcessor=inner,
                MaxConcurrency=st.integers(0, 3),
            )
        )
    return st.one_of(kinds)


def _data() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "Result": JSON,
        "ResultPath": st.sampled_from(["$", "$.a", "$.b.c", None]),
        "InputPath": st.sampled_from(["$", "$$.Execution.Input", None]),
        "Comment": st.text("abc ", max_size=8),
    }


def _in_jsonata(kind: str) -> dict[str, st.SearchStrategy[str]]:
    return {"Type": st.just(kind), "QueryLanguage": st.just("JSONata")}


def _output() -> dict[str, st.SearchStrategy[Any]]:
    return {"Output": VALUES, "Assign": st.fixed_dictionaries({"seen": VALUES})}


def _conditions(after: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    tests = st.sampled_from(("$states.input.a > 0", "$exists($states.input.b)", "$states.context.State.Name = 'x'"))
    rules = st.builds(lambda test, target: {"Condition": f"{{% {test} %}}", "Next": target}, tests, after)
    return st.fixed_dictionaries(
        {**_in_jsonata("Choice"), "Choices": st.lists(rules, min_size=1, max_size=3), "Default": after}
    )


def _calls(functions: tuple[str, ...], after: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {
            **_in_jsonata("Task"),
            "Resource": st.sampled_from([CALL + name for name in functions]),
            "Arguments": st.fixed_dictionaries({"value": VALUES}),
            "Next": after,
        },
        optional=_output(),
    )


def _choices(after: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    variable = st.sampled_from(["$.a", "$.b.c", "$.items[0]"])
    tests = st.one_of(
        st.builds(lambda v, n: {"Variable": v, "NumericLessThan": n}, variable, st.integers(-9, 9)),
        st.builds(lambda v, t: {"Variable": v, "StringEquals": t}, variable, st.text("abc", max_size=2)),
        st.builds(lambda v, b: {"Variable": v, "IsNumeric": b}, variable, st.booleans()),
    )
    # a comparison fails where its variable is missing, so it asks first
    guarded = tests.map(lambda test: {"And": [{"Variable": test["Variable"], "IsPresent": True}, test]})
    either = st.lists(guarded, min_size=1, max_size=2).map(lambda some: {"Or": some})
    rules = st.builds(lambda test, target: {**test, "Next": target}, guarded | either | guarded.map(_negated), after)
    return st.fixed_dictionaries(
        {"Type": st.just("Choice"), "Choices": st.lists(rules, min_size=1, max_size=3), "Default": after}
    )


def _negated(test: dict[str, Any]) -> dict[str, Any]:
    return {"Not": test}


def _tasks(functions: tuple[str, ...], after: st.SearchStrategy[Any], last: bool) -> st.SearchStrategy[Any]:
    retriers = st.builds(
        lambda errors, seconds, rate, most: {
            "ErrorEquals": [errors], "IntervalSeconds": seconds, "BackoffRate": rate, "MaxAttempts": most,
        },
        st.sampled_from(ERRORS), st.integers(1, 60), st.sampled_from([1, 1.5, 2]), st.integers(0, 3),
    )  # fmt: skip
    optional = {"Retry": st.lists(retriers, min_size=1, max_size=1), "ResultPath": st.sampled_from(["$", "$.a", None])}
    return st.fixed_dictionaries(
        {"Type": st.just("Task"), "Resource": st.sampled_from([CALL + name for name in functions]), "Next": after},
        optional=optional if last else {**optional, "Catch": _catchers(after)},
    )


def _catchers(after: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    catcher = st.builds(
        lambda error, target, path: {"ErrorEquals": [error], "Next": target, "ResultPath": path},
        st.sampled_from(ERRORS),
        after,
        st.sampled_from(["$", "$.error"]),
    )
    return st.lists(catcher, min_size=1, max_size=1)


# ---------------------------------------------------------------------- names


def _named(line: list[Any], prefix: str = "S") -> Definition:
    """A line as a definition: numbers become names that are unique in the whole machine, and no state is out of reach."""
    line = [dict(state) for state in line]
    for number in range(1, len(line)):
        if not any(number in _targets(before) for before in line[:number]):
            _lead_to(line[number - 1], number)
    names = [f"{prefix}{number}" for number in range(len(line))]
    states = {name: _finished(state, names, f"{name}.") for name, state in zip(names, line, strict=True)}
    return {"StartAt": names[0], "States": states}


def _targets(state: Any) -> set[Any]:
    rules = [*state.get("Choices", ()), *state.get("Catch", ())]
    return {state.get("Next"), state.get("Default"), *(rule["Next"] for rule in rules)}


def _lead_to(state: dict[str, Any], number: int) -> None:
    state["Default" if state["Type"] == "Choice" else "Next"] = number


def _finished(state: dict[str, Any], names: list[str], prefix: str) -> dict[str, Any]:
    done = deepcopy(state)
    for place in (done, *done.get("Choices", ()), *done.get("Catch", ())):
        if isinstance(place.get("Next"), int):
            place["Next"] = names[place["Next"]]
    if isinstance(done.get("Default"), int):
        done["Default"] = names[done["Default"]]
    if "Next" in done and done["Next"] is None:
        del done["Next"]
        done["End"] = True
    if "Branches" in done:
        done["Branches"] = [_named(branch, f"{prefix}{n}.") for n, branch in enumerate(state["Branches"])]
    if "ItemProcessor" in done:
        done["ItemProcessor"] = _named(state["ItemProcessor"], prefix)
    return done


# ---------------------------------------------------------------------- defects

Defect = Callable[[Definition, str, dict[str, Any]], None]


def _broken(machines: st.SearchStrategy[Definition], defect: Defect) -> st.SearchStrategy[Definition]:
    @st.composite
    def broken(draw: st.DrawFn) -> Definition:
        machine = draw(machines)
        level = draw(st.sampled_from(list(_levels(machine))))
        name = draw(st.sampled_from(sorted(level["States"])))
        defect(level, name, level["States"][name])
        return machine

    return broken()


def _levels(definition: Definition) -> Iterator[Definition]:
    yield definition
    for state in definition["States"].values():
        for inner in (*state.get("Branches", ()), *([state["ItemProcessor"]] if "ItemProcessor" in state else ())):
            yield from _levels(inner)


def _no_start(level: Definition, name: str, state: dict[str, Any]) -> None:
    del level["StartAt"]


def _start_nowhere(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["StartAt"] = "Nowhere"


def _no_states(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"] = {}


def _unknown_type(level: Definition, name: str, state: dict[str, Any]) -> None:
    state["Type"] = "Jump"


def _no_type(level: Definition, name: str, state: dict[str, Any]) -> None:
    del state["Type"]


def _next_nowhere(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"][name] = {"Type": "Pass", "Next": "Nowhere"}


def _no_way_out(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"][name] = {"Type": "Pass"}


def _no_choices(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"][name] = {"Type": "Choice", "Choices": [], "Default": name}


def _unknown_operator(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"][name] = {"Type": "Choice", "Choices": [{"Variable": "$.a", "Resembles": 1, "Next": name}]}


def _no_path(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"][name] = {"Type": "Pass", "InputPath": "a.b", "End": True}


def _no_resource(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"][name] = {"Type": "Task", "End": True}


def _catch_nowhere(level: Definition, name: str, state: dict[str, Any]) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Nowhere"}]
    level["States"][name] = {"Type": "Task", "Resource": CALL + "f", "Catch": catch, "End": True}


def _two_waits(level: Definition, name: str, state: dict[str, Any]) -> None:
    level["States"][name] = {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.a", "End": True}


DEFECTS: dict[str, Defect] = {
    "no start": _no_start,
    "start nowhere": _start_nowhere,
    "no states": _no_states,
    "unknown type": _unknown_type,
    "no type": _no_type,
    "next nowhere": _next_nowhere,
    "no way out": _no_way_out,
    "no choices": _no_choices,
    "unknown operator": _unknown_operator,
    "no path": _no_path,
    "no resource": _no_resource,
    "catch nowhere": _catch_nowhere,
    "two waits": _two_waits,
}
"""Kinds of defects: what each does to one line of a definition, at one of its states."""
