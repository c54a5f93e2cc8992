"""The modules of a deployment package: an importer over a zip in memory, one module namespace per environment.

Two functions may both be ``app.py``: each environment has its own importer and its own modules, which are in
``sys.modules`` only while its function runs (when several do at once: modules.py). A package with data files besides its
modules is unpacked into a temporary folder, so that ``open(os.path.join(os.path.dirname(__file__), ...))`` works; tracebacks
say ``/var/task`` all the same.
"""

from __future__ import annotations

import importlib.util
import io
import linecache
import os
import shutil
import sys
import tempfile
import weakref
import zipfile
from collections.abc import Iterable, Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec, PathFinder
from types import CodeType, ModuleType
from typing import Any

TASK_ROOT = "/var/task"
# where these are installed, a package's own copy is left alone: the doors of this fake are in the installed one
_SHARED = """
boto3 botocore s3transfer aioboto3 aiobotocore mock_serverless time_machine requests urllib3 httpx httpcore
aiohttp
"""
SHARED = frozenset(_SHARED.split())


class Package:
    """A deployment package: its files, and what was compiled of them. Raises ValueError when it is no zip."""

    def __init__(self, archive: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(archive))
        except zipfile.BadZipFile as e:
            raise ValueError(str(e)) from None
        self.names = frozenset(n for n in self._zip.namelist() if not n.endswith("/"))
        self.size = sum(i.file_size for i in self._zip.infolist())
        self.folders = frozenset(f for n in self.names for f in _folders_of(n))
        self._compiled: dict[str, CodeType] = {}
        self._root: str | None = None

    def read(self, name: str) -> bytes:
        """The content of a file."""
        return self._zip.read(name)

    @property
    def root(self) -> str:
        """The folder that its modules believe to be in: /var/task, or a temporary one when there are data files."""
        if self._root is None:
            self._root = TASK_ROOT if all(n.endswith((".py", ".pyc")) for n in self.names) else self._unpack()
        return self._root

    def _unpack(self) -> str:
        folder = os.path.realpath(tempfile.mkdtemp(prefix="mock_serverless-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        for name in self.names:
            if not os.path.isabs(name) and ".." not in name.split("/"):
                self._zip.extract(name, folder)
        return folder

    def source(self, name: str) -> str:
        """The text of a module's file."""
        return importlib.util.decode_source(self.read(name))

    def code(self, name: str) -> CodeType:
        """A module's file, compiled. SyntaxError when it isn't Python."""
        found = self._compiled.get(name)
        if found is None:
            found = compile(self.read(name), f"{TASK_ROOT}/{name}", "exec", dont_inherit=True)
            self._compiled[name] = found
        return found

    def __deepcopy__(self, memo: dict[int, Any]) -> Package:
        return self


def _folders_of(name: str) -> Iterable[str]:
    parts = name.split("/")[:-1]
    return ("/".join(parts[: i + 1]) for i in range(len(parts)))


class Importer:
    """A finder for one environment's modules, and these ``modules``.

    While it has entered, ``aside`` has the modules of the process whose place its own take, and ``path`` the process' own
    ``sys.path``. When modules.py stands in for it, ``path`` is its own ``sys.path``, ``sources`` its own source lines.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self.modules: dict[str, ModuleType] = {}
        self.path: list[str] = []
        self.sources: dict[str, Any] = {}
        self.aside: dict[str, ModuleType] = {}
        self._process: tuple[dict[str, ModuleType], list[str]] = sys.modules, sys.path
        self._found: set[str] = set()
        self._tops = {n.split("/")[0].removesuffix(".py") for n in package.names} - SHARED

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> ModuleSpec | None:
        """The module of that name, when it is in the package."""
        if name.partition(".")[0] in SHARED and PathFinder.find_spec(name.partition(".")[0]) is not None:
            return None
        portions = []
        tail = name.rpartition(".")[2]
        for place in self._places(path):
            stem = f"{place}/{tail}" if place else tail
            spec = self._spec(name, stem)
            if spec is not None:
                self._found.add(name)
                return spec
            if stem in self.package.folders:
                portions.append(f"{self.package.root}/{stem}")
        if not portions or (path is None and getattr(PathFinder.find_spec(name), "loader", None) is not None):
            return None
        self._found.add(name)
        namespace = ModuleSpec(name, None, is_package=True)
        namespace.submodule_search_locations = portions
        return namespace

    def _places(self, path: Sequence[str] | None) -> list[str]:
        root = self.package.root
        places = [] if path is not None else [""]
        for entry in sys.path if path is None else path:
            entry = entry.replace(os.sep, "/")
            if entry in (root, TASK_ROOT):
                places.append("")
            elif entry.startswith((f"{root}/", f"{TASK_ROOT}/")):
                start = len(root) if entry.startswith(f"{root}/") else len(TASK_ROOT)
                places.append(os.path.normpath(entry[start + 1 :]).replace(os.sep, "/"))
        return places

    def _spec(self, name: str, stem: str) -> ModuleSpec | None:
        package = self.package
        for file, is_package in ((f"{stem}/__init__.py", True), (f"{stem}.py", False)):
            if file in package.names:
                loader = Loader(package, file, is_package)
                spec = ModuleSpec(name, loader, origin=loader.path, is_package=is_package)  # type: ignore[arg-type]
                spec.has_location = True
                if is_package:
                    spec.submodule_search_locations = [f"{package.root}/{stem}"]
                return spec
        for suffix in EXTENSION_SUFFIXES:
            if stem + suffix in package.names:
                origin = f"{package.root}/{stem}{suffix}"
                return importlib.util.spec_from_file_location(name, origin, loader=ExtensionFileLoader(name, origin))
        return None

    # ------------------------------------------------------------------ its modules, there and away

    def owns(self, name: str) -> bool:
        """Is a module of that name, loaded or not, one of the package's?"""
        top = name.partition(".")[0]
        return name in self._found or (top in self._tops and top not in sys.stdlib_module_names)

    def table(self, name: str) -> dict[str, ModuleType]:
        """Where a module of the package's is kept."""
        return self.modules

    def enter(self) -> None:
        """Its modules are the ones that imports give in this process."""
        table, path = self._process = sys.modules, sys.path
        names = set(self.modules)
        for top in self._tops:
            if top in table and top not in sys.stdlib_module_names:
                names |= {n for n in table if n == top or n.startswith(top + ".")}
        self.aside = {n: table.pop(n) for n in names if n in table}
        self.path = list(path)
        forget_sources()
        table.update(self.modules)
        path.insert(0, self.package.root)

    def leave(self) -> None:
        """The process' own modules are back."""
        table, path = self._process
        for name in self._found:
            module = table.pop(name, None)
            if module is not None:
                self.modules[name] = module
        path[:] = self.path
        table.update(self.aside)
        self.aside = {}
        forget_sources()


def forget_sources() -> None:
    """Tracebacks take source lines from a cache by file name, where another function's ``/var/task/app.py`` may be."""
    for name in [n for n in linecache.cache if n.startswith(TASK_ROOT + "/")]:
        linecache.cache.pop(name, None)


class Loader:
    """Loads one module of a package."""

    def __init__(self, package: Package, file: str, is_package: bool) -> None:
        self.package = package
        self.file = file
        self.path = f"{package.root}/{file}"
        self._is_package = is_package

    def create_module(self, spec: ModuleSpec) -> None:
        """The usual kind of module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        exec(self.package.code(self.file), module.__dict__)

    def is_package(self, name: str) -> bool:
        """Is it a package's ``__init__``?"""
        return self._is_package

    def get_source(self, name: str) -> str:
        """Its text."""
        return self.package.source(self.file)

    def get_code(self, name: str) -> CodeType:
        """Its code."""
        return self.package.code(self.file)

    def get_filename(self, name: str) -> str:
        """Where it believes to be."""
        return self.path

    def get_data(self, path: str) -> bytes:
        """A data file of the package."""
        path = os.path.normpath(path).replace(os.sep, "/")
        for root in (self.package.root, TASK_ROOT):
            if path.startswith(f"{root}/") and path[len(root) + 1 :] in self.package.names:
                return self.package.read(path[len(root) + 1 :])
        raise FileNotFoundError(path)

    def get_resource_reader(self, name: str) -> Any:
        """For importlib.resources: the folder of a package, when there are data files at all."""
        if self.package.root == TASK_ROOT:
            return None
        from importlib.readers import FileReader

        return FileReader(self)  # type: ignore[arg-type]
