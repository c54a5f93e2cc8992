"""A resource kind is a row: create, get, list, update and delete are the same for all.

A row says under which names its operations go, where its records are, how one is made of a request, what of it may be
patched and what must hold before it goes; ``register`` makes the operations of it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ...core.operation import operation
from .gateway import Record, State, bad_request, conflict, not_found
from .inputs import check
from .patching import Rule, Words, full_words, patched, with_value, without

Request = dict[str, Any]
LIMIT, MOST = 25, 500  # https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of resource."""

    noun: str  # in the names of operations: request_validator
    key: str  # the member of requests that names one: requestValidatorId
    missing: str  # AWS's words when there is none; {name} is what was asked for
    make: Callable[[State, Request], Record] | None = None  # a new record of a request, checked
    identity: str = "id"  # the member of the record that names it
    plural: str = ""
    in_api: bool = True  # it is part of an API, not of the account
    api_first: bool = False  # when its API is missing, that is what AWS says
    going: Callable[[State, Request], Any] | None = None  # before one is looked for that shall go
    no_api: Callable[[str], Exception] | None = None  # what create says when its API is missing
    exists: str = ""  # AWS's words when one of the name is there already
    rules: Sequence[Rule] = ()
    words: Words = full_words  # AWS's words for a patch that rules don't allow
    patch: Callable[[State, Request, Record, dict[str, Any]], Record] | None = (
        None  # one operation, where rules don't say all
    )
    changed: Callable[[State, Request, Record, Record], Record] | None = None  # after a patch: checked, completed
    leave: Callable[[State, Request, Record], None] | None = None  # before it goes
    shown: Callable[[Record], Record] = lambda record: record  # as an answer
    made: Callable[[Record], Record] | None = None  # as the answer to its creation, if that differs
    listed: Callable[[Record], Record] | None = None  # as one of a list, if that differs
    order: Callable[[Iterable[Record]], Iterable[Record]] = lambda records: records
    wanted: Callable[[Request, Record], bool] | None = None  # which of them a list is asked for
    items: str = "items"
    place: Callable[[State, Request], MutableMapping[str, Record]] | None = (
        None  # its table, when it isn't its API's or account's
    )
    only: str = ""  # its name, when there is but one in its place
    statuses: Mapping[str, int] = field(default_factory=dict)  # of answers, where they aren't the usual ones

    @property
    def table_name(self) -> str:
        """The name of its table."""
        return self.plural or f"{self.noun}s"

    def table(self, db: State, request: Request) -> MutableMapping[str, Record]:
        """Where its records are."""
        if self.place is not None:
            return self.place(db, request)
        return db.api(request).table(self.table_name) if self.in_api else db.table(self.table_name)

    def find(self, db: State, request: Request) -> Record:
        """The record that a request names."""
        missing = not_found(self.missing.format(name=request[self.key]))
        if self.in_api and not self.api_first and self.place is None and request["restApiId"] not in db.apis:
            raise missing
        record = self.table(db, request).get(self.only or request[self.key])
        if record is None:
            raise missing
        return record

    def put(self, db: State, request: Request, record: Record) -> None:
        """Put a record in its place."""
        self.table(db, request)[self.only or record[self.identity]] = record


class Nested(MutableMapping[str, Record]):
    """A table which is a member, somewhere inside, of a record of another table; what is put in makes a new outer record."""

    def __init__(self, table: MutableMapping[str, Record], name: str, *path: str) -> None:
        self._table, self._name, self._path = table, name, path

    def _inner(self) -> Record:
        found: Any = self._table[self._name]
        for step in self._path:
            found = found.get(step) or {}
        return found  # type: ignore[no-any-return]

    def __getitem__(self, name: str) -> Record:
        return self._inner()[name]  # type: ignore[no-any-return]

    def __setitem__(self, name: str, record: Record) -> None:
        self._table[self._name] = with_value(self._table[self._name], [*self._path, name], record)

    def __delitem__(self, name: str) -> None:
        self._table[self._name] = without(self._table[self._name], [*self._path, name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._inner())

    def __len__(self) -> int:
        return len(self._inner())


def register(kind: Kind, *, service: str = "apigateway", **names: str | None) -> Kind:
    """Make the operations of a row. ``names`` gives others than the usual, or None for those that are written by hand."""
    usual = {
        "create": f"create_{kind.noun}",
        "get": f"get_{kind.noun}",
        "list": f"get_{kind.table_name}",
        "update": f"update_{kind.noun}",
        "delete": f"delete_{kind.noun}",
    }
    for verb, name in {**usual, **names}.items():
        if name is not None:
            function = _VERBS[verb](kind, _model_name(name))
            function.__name__, function.__module__ = name, f"{__package__}.{kind.noun}"
            operation(service=service)(function)
    return kind


def _model_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _create(kind: Kind, name: str) -> Any:
    def create(db: State, request: Request) -> Record:
        check(name, request)
        if kind.in_api and kind.no_api is not None and request["restApiId"] not in db.apis:
            raise kind.no_api(request["restApiId"])
        table = kind.table(db, request)
        assert kind.make is not None
        record = kind.make(db, request)
        if kind.exists and record[kind.identity] in table:
            raise conflict(kind.exists)
        kind.put(db, request, record)
        return answer((kind.made or kind.shown)(record), kind.statuses.get("create", 201))

    return create


def _get(kind: Kind, name: str) -> Any:
    def get(db: State, request: Request) -> Record:
        check(name, request)
        return kind.shown(kind.find(db, request))

    return get


def _list(kind: Kind, name: str) -> Any:
    def list_(db: State, request: Request) -> Record:
        check(name, request)
        records = kind.order(kind.table(db, request).values())
        if kind.wanted is not None:
            records = [r for r in records if kind.wanted(request, r)]
        shown = kind.listed or kind.shown
        return page(request, [(r[kind.identity], shown(r)) for r in records], kind.items)

    return list_


def _update(kind: Kind, name: str) -> Any:
    def update(db: State, request: Request) -> Record:
        check(name, request)
        old = kind.find(db, request)
        one = kind.rules if kind.patch is None else partial(kind.patch, db, request)
        new = patched(old, request.get("patchOperations"), one, kind.words)
        if kind.changed is not None:
            new = kind.changed(db, request, old, new)
        kind.put(db, request, new)
        return answer(kind.shown(new), kind.statuses.get("update", 200))

    return update


def _delete(kind: Kind, name: str) -> Any:
    def delete(db: State, request: Request) -> Record:
        check(name, request)
        if kind.going is not None:
            kind.going(db, request)
        record = kind.find(db, request)
        if kind.leave is not None:
            kind.leave(db, request, record)
        del kind.table(db, request)[kind.only or record[kind.identity]]
        return answer({}, kind.statuses.get("delete", 202))

    return delete


_VERBS = {"create": _create, "get": _get, "list": _list, "update": _update, "delete": _delete}


def answer(record: Record, status: int) -> Record:
    """An answer whose status isn't 200."""
    return {**record, "ResponseMetadata": {"HTTPStatusCode": status}}


def page(request: Request, named: Sequence[tuple[str, Record]], items: str = "items") -> Record:
    """A page of a list: ``limit`` records after ``position``, which is where the last page ended."""
    limit = request.get("limit") or LIMIT
    limit = LIMIT if limit < 0 else min(limit, MOST)
    start = 0
    if request.get("position"):
        last = _position(request["position"])
        start = next((i + 1 for i, (name, _) in enumerate(named) if name == last), len(named))
    chosen = named[start : start + limit]
    found: Record = {items: [record for _, record in chosen]}
    if start + limit < len(named):
        found["position"] = base64.urlsafe_b64encode(chosen[-1][0].encode()).decode()
    return found


def _position(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise bad_request("Invalid position parameter specified") from None


def chosen(request: Request, *members: str) -> Record:
    """Those members of a request which are given and not empty texts."""
    return {m: request[m] for m in members if request.get(m) not in (None, "")}
