"""Modules of deployment packages, to each thread those of its function, though several may be called ``app``.

A function that enters when none runs in another thread has the process as it is: its modules stand in ``sys.modules``, and
those of the same names are put aside (packages.py). All that is here is for the others, while there are any: ``sys.modules``,
``sys.path`` and the cache of source lines are stand-ins that look at the place of the guest which asks (core/guest.py), and
``import`` goes by them. C code that looks into the interpreter's own table of modules finds those of the first function
(pickling an instance of a class of the package's own is the known case).

A *view* is what a thread sees in place of that table: a package's own modules (an Importer), or what the first function has put
aside (:class:`_Aside`). It says which names are its own; all others are everybody's.

How an import is done: https://docs.python.org/3/reference/import.html
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import linecache
import sys
import threading
from collections.abc import Iterable, Iterator, MutableMapping, MutableSequence, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ....core.guest import place
from .packages import TASK_ROOT, Importer

_system: Any = sys
_linecache: Any = linecache
_module_lock: Any = vars(importlib)["_bootstrap"]._ModuleLockManager
"""Python's own lock for the import of one module, which notices deadlocks."""
_real_import = builtins.__import__
_real_import_module = importlib.import_module
_lock = threading.Lock()
_there: dict[int, int] = {}
"""How many functions run in each thread."""
_first: list[Importer] = []
"""The importers, one called inside the other, of the functions whose modules stand in ``sys.modules``."""
_others: list[Any] = []
"""The processes of those that see something else there."""
_AS_IT_IS = "sys.modules as it is"


class _Aside:
    """The modules of the test which the first functions have put aside."""

    def owns(self, name: str) -> bool:
        return any(importer.owns(name) for importer in _first)

    def table(self, name: str) -> dict[str, ModuleType]:
        return next((importer.aside for importer in _first if importer.owns(name)), {})

    @property
    def modules(self) -> list[str]:
        """Their names."""
        return [name for importer in _first for name in list(importer.aside)]


_aside = _Aside()


def _view(name: str) -> Importer | _Aside | None:
    """Where this thread has the module of that name from; None: from everybody's modules."""
    somewhere = place()
    view = None if somewhere is None else somewhere.view
    if view is _AS_IT_IS:
        return None
    if isinstance(view, Importer) and view.owns(name):
        return view
    return _aside if _first and _aside.owns(name) else None


def _importer() -> Importer | None:
    """The importer of the function in this thread, where it sees something else than everybody."""
    somewhere = place()
    view = None if somewhere is None else somewhere.view
    return view if isinstance(view, Importer) else None


def enter(process: Any) -> None:
    """A function of this process' environment runs in this thread."""
    importer: Importer | None = process.importer
    with _lock:
        me = threading.get_ident()
        alone = all(thread == me for thread in _there)
        _there[me] = _there.get(me, 0) + 1
        process.view = None
        if importer is None and not _first:
            return
        if not _first and not _others:
            sys.meta_path.insert(0, _finder)
        if importer is not None and alone and not _others:
            process.view = _AS_IT_IS
            importer.enter()
            _first.append(importer)
            return
        if importer is not None:
            importer.path = [importer.package.root, *(_first[0].path if _first else _real_path())]
            process.view = importer
        _others.append(process)
        if len(_others) == 1:
            _put_in_place()


def leave(process: Any) -> None:
    """It has ended."""
    with _lock:
        me = threading.get_ident()
        _there[me] -= 1
        if not _there[me]:
            del _there[me]
        if process.view is _AS_IT_IS:
            _first.remove(process.importer)
            process.importer.leave()
        elif process in _others:
            _others.remove(process)
            if not _others:
                _take_away()
        else:
            return
        if not _first and not _others:
            sys.meta_path.remove(_finder)


class _Finder:
    """Stands in ``sys.meta_path`` for the importers of the functions that run."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """From the package of the function that asks."""
        somewhere = place()
        if somewhere is not None and somewhere.view is not None:
            importer = somewhere.importer
        else:  # some other thread; it sees what the first function sees, as long as that is the only one
            importer = _first[-1] if _first and not _others else None
        found: ModuleSpec | None = None if importer is None else importer.find_spec(name, path)
        return found


_finder: Any = _Finder()


# ---------------------------------------------------------------------- the import statement


def _import(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:
    """Stands in for ``builtins.__import__``."""
    full = name if level == 0 else _absolute(name, globals, level)
    view = None if full is None else _view(full)
    if view is None or full is None:
        return _real_import(name, globals, locals, fromlist, level)
    module = _load(view, full)
    if fromlist:
        if hasattr(module, "__path__"):
            _load_names(view, module, full, fromlist)
        return module
    if level == 0:
        return _load(view, full.partition(".")[0])
    return _load(view, full[: len(full) - len(name) + len(name.partition(".")[0])])


def _import_module(name: str, package: str | None = None) -> ModuleType:
    """Stands in for ``importlib.import_module``."""
    full = importlib.util.resolve_name(name, package) if name.startswith(".") and package else name
    view = _view(full)
    return _real_import_module(name, package) if view is None else _load(view, full)


def _absolute(name: str, globals: Any, level: int) -> str | None:
    """The full name of a relative import; None when Python itself shall say what is wrong with it."""
    spec = (globals or {}).get("__spec__")
    package = (globals or {}).get("__package__")
    if package is None:
        package = getattr(spec, "parent", None)
    if not package or package.count(".") < level - 1:
        return None
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])


def _load_names(view: Importer | _Aside, module: ModuleType, full: str, names: Iterable[str]) -> None:
    """``from package import names``: those that are modules."""
    for name in names:
        if name == "*":
            _load_names(view, module, full, [n for n in getattr(module, "__all__", ()) if n != "*"])
        elif not hasattr(module, name):
            try:
                _load(view, f"{full}.{name}")
            except ModuleNotFoundError as e:
                if e.name != f"{full}.{name}":
                    raise


def _load(view: Importer | _Aside, name: str) -> ModuleType:
    """One of a view's own modules, run when it isn't there yet."""
    table = view.table(name)
    module = table.get(name)
    if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
        return module
    with _module_lock(f"{name} of {id(view)}"):
        return table.get(name) or _run(view, table, name)


def _run(view: Importer | _Aside, table: dict[str, ModuleType], name: str) -> ModuleType:
    parent, _, tail = name.rpartition(".")
    package = _load(view, parent) if parent else None
    if name in table:  # its package has imported it
        return table[name]
    if package is not None and not hasattr(package, "__path__"):
        raise ModuleNotFoundError(f"No module named {name!r}; {parent!r} is not a package", name=name)
    spec: Any = _spec(name, None if package is None else package.__path__)
    module = importlib.util.module_from_spec(spec)
    spec._initializing = True
    table[name] = module
    if package is not None:  # before it runs: `from package import tail` in a circle finds it there
        setattr(package, tail, module)
    try:
        if spec.loader is not None:
            spec.loader.exec_module(module)
    except BaseException:
        table.pop(name, None)
        if package is not None and vars(package).get(tail) is module:
            delattr(package, tail)
        raise
    finally:
        spec._initializing = False
    module = table.get(name, module)  # it may have put something else there
    if package is not None:
        setattr(package, tail, module)
    return module


def _spec(name: str, path: Any) -> ModuleSpec:
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = None if find is None else find(name, path, None)
        if spec is not None:
            return spec
    raise ModuleNotFoundError(f"No module named {name!r}", name=name)


# ---------------------------------------------------------------------- what is looked at


class _Modules(MutableMapping[str, ModuleType], dict[str, ModuleType]):  # type: ignore[misc, metaclass]  # a dict for whom it matters
    """``sys.modules``."""

    def __init__(self, everybody: dict[str, ModuleType]) -> None:
        self.everybody = everybody

    def _table(self, name: str) -> dict[str, ModuleType]:
        view = _view(name)
        return self.everybody if view is None else view.table(name)

    def __getitem__(self, name: str) -> ModuleType:
        return self._table(name)[name]

    def __setitem__(self, name: str, module: ModuleType) -> None:
        self._table(name)[name] = module

    def __delitem__(self, name: str) -> None:
        del self._table(name)[name]

    def __iter__(self) -> Iterator[str]:
        own = _importer()
        names = dict.fromkeys([*self.everybody, *_aside.modules, *(() if own is None else own.modules)])
        return iter([name for name in names if name in self._table(name)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def copy(self) -> dict[str, ModuleType]:
        """A dict."""
        return {name: self[name] for name in self}

    __repr__ = object.__repr__


class _Path(MutableSequence[str], list[str]):  # type: ignore[misc, metaclass]  # a list for whom it matters
    """``sys.path``."""

    def __init__(self, everybody: list[str]) -> None:
        self.everybody = everybody

    def _list(self) -> list[str]:
        somewhere, own = place(), _importer()
        if own is not None:
            return own.path
        as_it_is = not _first or (somewhere is not None and somewhere.view is _AS_IT_IS)
        return self.everybody if as_it_is else _first[0].path

    def __getitem__(self, index: Any) -> Any:
        return self._list()[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self._list()[index] = value

    def __delitem__(self, index: Any) -> None:
        del self._list()[index]

    def __iter__(self) -> Iterator[str]:
        return iter(self._list())

    def __len__(self) -> int:
        return len(self._list())

    def insert(self, index: Any, value: str) -> None:
        """As a list does."""
        self._list().insert(index, value)

    def copy(self) -> list[str]:
        """A list."""
        return list(self._list())

    def __add__(self, other: Any) -> Any:
        return self._list() + list(other)

    def __radd__(self, other: Any) -> Any:
        return list(other) + self._list()

    def __eq__(self, other: object) -> bool:
        return self._list() == other

    __hash__ = None  # type: ignore[assignment]  # as a list

    def __repr__(self) -> str:
        return repr(self._list())


class _Sources(MutableMapping[str, Any], dict[str, Any]):  # type: ignore[misc, metaclass]  # a dict for whom it matters
    """``linecache.cache``: source lines by file, where each package has its own ``/var/task/app.py``."""

    def __init__(self, everybody: dict[str, Any]) -> None:
        self.everybody = everybody

    def _table(self, file: str) -> dict[str, Any]:
        own = _importer() if file.startswith(TASK_ROOT + "/") else None
        return self.everybody if own is None else own.sources

    def __getitem__(self, file: str) -> Any:
        return self._table(file)[file]

    def __setitem__(self, file: str, lines: Any) -> None:
        self._table(file)[file] = lines

    def __delitem__(self, file: str) -> None:
        del self._table(file)[file]

    def __iter__(self) -> Iterator[str]:
        own = _importer()
        return iter(
            [*(f for f in list(self.everybody) if self._table(f) is self.everybody), *(own.sources if own else ())]
        )

    def __len__(self) -> int:
        return len(list(iter(self)))

    __repr__ = object.__repr__


def _real_path() -> list[str]:
    return _system.path.everybody if isinstance(_system.path, _Path) else _system.path


def _put_in_place() -> None:
    _system.modules = _Modules(_system.modules)
    _system.path = _Path(_system.path)
    _linecache.cache = _Sources(_linecache.cache)
    builtins.__import__ = _import
    importlib.import_module = _import_module


def _take_away() -> None:
    if isinstance(_system.modules, _Modules):
        _system.modules = _system.modules.everybody
    if isinstance(_system.path, _Path):
        _system.path = _system.path.everybody
    if isinstance(_linecache.cache, _Sources):
        _linecache.cache = _linecache.cache.everybody
    if builtins.__import__ is _import:
        builtins.__import__ = _real_import
    if importlib.import_module is _import_module:
        importlib.import_module = _real_import_module
