"""Nodes and variables -> text. One function per kind of node.

Whatever is called on null is null; a reference that is null prints nothing, but an unknown variable prints itself
(https://velocity.apache.org/engine/1.7/user-guide.html#quietreferencenotation; that API Gateway prints nothing for members
which aren't there is known from practice, not from its documentation). Everything but null and false is true.
"""

from __future__ import annotations

from typing import Any

from ....core.errors import NotSupported
from .java import method_of, printed
from .parser import Block, Node, TemplateError, parse

Variables = dict[str, Any]
MOST_STEPS = 100_000


class _Break(Exception):
    """#break"""


class _Stop(Exception):
    """#stop"""


class _Run:
    """One evaluation: variables, macros, and the text so far."""

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.macros: dict[str, Node] = {}
        self.out: list[str] = []
        self.steps = 0


def render(text: str, variables: Variables) -> str:
    """The text of a template. ``#set`` changes the variables that are handed in. Raises TemplateError."""
    run = _Run(variables)
    try:
        _block(run, parse(text))
    except (_Stop, _Break):
        pass
    except (TemplateError, NotSupported, RecursionError):
        raise
    except Exception as e:
        raise TemplateError(f"{type(e).__name__}: {e}") from e
    return "".join(run.out)


def _block(run: _Run, block: Block) -> None:
    for node in block:
        run.steps += 1
        if run.steps > MOST_STEPS:
            raise TemplateError("the template takes too many steps")
        _STATEMENTS[node[0]](run, node)


# ---------------------------------------------------------------------- what prints


def _text(run: _Run, node: Node) -> None:
    run.out.append(node[1])


def _print_reference(run: _Run, node: Node) -> None:
    _, source, quiet, name, steps, alternative = node
    value = _reference(run, node)
    if value is None and alternative is not None:
        value = _value(run, alternative)
    if value is not None:
        run.out.append(printed(value))
    elif not quiet and not steps and name not in run.variables:
        run.out.append(source)


def _escaped(run: _Run, node: Node) -> None:
    run.out.append(node[1] if _reference(run, node[2]) is not None else "\\" + node[1])


def _set(run: _Run, node: Node) -> None:
    _, target, expression = node
    value = _value(run, expression)
    name, steps = target[3], target[4]
    if not steps:
        run.variables[name] = value
        return
    place = run.variables.setdefault(name, {})
    for step in steps[:-1]:
        inner = _step(run, place, step)
        if inner is None and step[0] == "get" and isinstance(place, dict):
            inner = place[step[1]] = {}
        place = inner
    last = steps[-1]
    if isinstance(place, (dict, list)):
        key = last[1] if last[0] == "get" else _value(run, last[1])
        place[key] = value


def _if(run: _Run, node: Node) -> None:
    for condition, block in node[1]:
        if _truth(_value(run, condition)):
            return _block(run, block)
    return _block(run, node[2])


def _foreach(run: _Run, node: Node) -> None:
    _, name, expression, block = node
    items = _value(run, expression)
    if items is None:
        return
    items = list(items.values()) if isinstance(items, dict) else list(items)
    before = {k: run.variables[k] for k in (name, "foreach", "velocityCount", "velocityHasNext") if k in run.variables}
    for index, item in enumerate(items):
        more = index + 1 < len(items)
        loop: dict[str, Any] = {
            "index": index,
            "count": index + 1,
            "hasNext": more,
            "first": index == 0,
            "last": not more,
        }
        loop["parent"] = before.get("foreach")
        run.variables |= {name: item, "foreach": loop, "velocityCount": index + 1, "velocityHasNext": more}
        try:
            _block(run, block)
        except _Break:
            break
    for key in (name, "foreach", "velocityCount", "velocityHasNext"):
        run.variables.pop(key, None)
    run.variables.update(before)


def _macro(run: _Run, node: Node) -> None:
    run.macros[node[1]] = node


def _call(run: _Run, node: Node) -> None:
    _, name, arguments, source = node
    macro = run.macros.get(name)
    if macro is None:
        run.out.append(source)
        return
    values = [_value(run, a) for a in arguments]
    _, _, parameters, block = macro
    before = {p: run.variables[p] for p in parameters if p in run.variables}
    run.variables.update(zip(parameters, values, strict=False))
    _block(run, block)
    for parameter in parameters:
        run.variables.pop(parameter, None)
    run.variables.update(before)


def _break(run: _Run, node: Node) -> None:
    raise _Break


def _stop(run: _Run, node: Node) -> None:
    raise _Stop


_STATEMENTS = {
    "text": _text,
    "reference": _print_reference,
    "escaped": _escaped,
    "set": _set,
    "if": _if,
    "foreach": _foreach,
    "macro": _macro,
    "call": _call,
    "break": _break,
    "stop": _stop,
}


# ---------------------------------------------------------------------- values


def _value(run: _Run, node: Node) -> Any:
    return _VALUES[node[0]](run, node)


def _reference(run: _Run, node: Node) -> Any:
    value = run.variables.get(node[3])
    for step in node[4]:
        if value is None:
            return None
        value = _step(run, value, step)
    return value


def _step(run: _Run, value: Any, step: Node) -> Any:
    kind = step[0]
    if kind == "get":
        return _member(value, step[1])
    if kind == "index":
        return _item(value, _value(run, step[1]))
    name, arguments = step[1], [_value(run, a) for a in step[2]]
    if isinstance(value, dict) and callable(value.get(name)):
        return value[name](*arguments)
    method = method_of(value, name)
    return None if method is None else method(value, *arguments)


def _member(value: Any, name: str) -> Any:
    """``$map.key``; and ``$x.empty``, ``$x.class`` as Java's beans have them."""
    if isinstance(value, dict) and name in value:
        return value[name]
    getter = method_of(value, f"is{name[:1].upper()}{name[1:]}") or method_of(value, f"get{name[:1].upper()}{name[1:]}")
    return None if getter is None else getter(value)


def _item(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, (list, tuple, str)) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None


def _literal(run: _Run, node: Node) -> Any:
    return node[1]


def _string(run: _Run, node: Node) -> str:
    outer, run.out = run.out, []
    try:
        _block(run, node[1])
        return "".join(run.out)
    finally:
        run.out = outer


def _list(run: _Run, node: Node) -> list[Any]:
    return [_value(run, item) for item in node[1]]


def _map(run: _Run, node: Node) -> dict[Any, Any]:
    return {_value(run, k): _value(run, v) for k, v in node[1]}


def _range(run: _Run, node: Node) -> list[int]:
    low, high = int(_value(run, node[1])), int(_value(run, node[2]))
    return list(range(low, high + 1)) if low <= high else list(range(low, high - 1, -1))


def _not(run: _Run, node: Node) -> bool:
    return not _truth(_value(run, node[1]))


def _minus(run: _Run, node: Node) -> Any:
    value = _value(run, node[1])
    return -value if _is_number(value) else None


def _binary(run: _Run, node: Node) -> Any:
    _, operator, left_node, right_node = node
    left = _value(run, left_node)
    if operator == "&&":
        return _truth(left) and _truth(_value(run, right_node))
    if operator == "||":
        return _truth(left) or _truth(_value(run, right_node))
    right = _value(run, right_node)
    if operator in ("==", "!="):
        return _equal(left, right) == (operator == "==")
    if operator in _COMPARISONS:
        return _comparable(left, right) and _COMPARISONS[operator](left, right)
    return _arithmetic(operator, left, right)


def _arithmetic(operator: str, left: Any, right: Any) -> Any:
    if _is_number(left) and _is_number(right):
        if operator in ("/", "%"):
            return _divided(operator, left, right)
        return {"+": left + right, "-": left - right, "*": left * right}[operator]
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return printed(left) + printed(right)
    return None


def _divided(operator: str, left: Any, right: Any) -> Any:
    """As Java divides: whole numbers towards zero, the remainder with the sign of the dividend."""
    if right == 0:
        return None
    if isinstance(left, float) or isinstance(right, float):
        return left / right if operator == "/" else left - right * int(left / right)
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - right * quotient


def _truth(value: Any) -> bool:
    return value is not None and value is not False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    if type(left) is type(right) or (_is_number(left) and _is_number(right)):
        return bool(left == right)
    return printed(left) == printed(right)


def _comparable(left: Any, right: Any) -> bool:
    return (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))


_COMPARISONS: dict[str, Any] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_VALUES: dict[str, Any] = {
    "reference": _reference,
    "literal": _literal,
    "string": _string,
    "list": _list,
    "map": _map,
    "range": _range,
    "not": _not,
    "minus": _minus,
    "binary": _binary,
}
