"""A function's ``/tmp``: as large as its EphemeralStorage, and full when that is used up.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html. The files are the machine's own, so that a
test can look at what a function has left. What counts is what an environment has written itself: the sizes of the files that it
has opened for writing, or moved, in ``/tmp`` and in the folder for temporary files. Writing more fails with ENOSPC, as on AWS,
through ``open``, ``os.write`` and whatever goes by them (pathlib, tempfile, shutil, zipfile ...); C code that writes by itself is
not seen.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import pathlib
import tempfile
import weakref
from collections.abc import Callable
from typing import Any

from ....core import guest
from .stand_ins import Table, real

BLOCK = 4096
TEMPORARY = tempfile.gettempdir()
"""Asked for before anything stands in: the first time, tempfile tries folders out with a lock held, and what it does there comes
to :func:`_inside`, which must not ask it again."""
_WRITING = os.O_WRONLY | os.O_RDWR


class Storage:
    """What one environment has in its ``/tmp``; ``size`` in bytes."""

    def __init__(self, megabytes: int) -> None:
        self.size = megabytes * 1024 * 1024
        self.paths: set[str] = set()
        self.files: weakref.WeakSet[Any] = weakref.WeakSet()
        self.descriptors: dict[int, tuple[int, int]] = {}
        self._used = 0

    def used(self) -> int:
        """The bytes of all that is there, each file once however many names it has."""
        found: dict[tuple[int, int], int] = {}
        for path in list(self.paths):
            try:
                status = os.lstat(path)
            except OSError:
                self.paths.discard(path)
                continue
            found[status.st_dev, status.st_ino] = status.st_size
        for file in list(self.files):
            try:
                status = os.fstat(file.fileno())
            except (ValueError, OSError):  # closed, as a file or as a descriptor
                continue
            found[status.st_dev, status.st_ino] = status.st_size
        for descriptor, identity in list(self.descriptors.items()):
            size = _size(descriptor, identity)
            if size is None:
                self.descriptors.pop(descriptor, None)
            else:
                found[identity] = size
        return sum(found.values())

    def room(self, wanted: int) -> int:
        """How many of so many bytes can be written. OSError when there is no room at all."""
        if self._used + wanted > self.size:  # as it seems: files may have gone or been written over
            self._used = self.used()
        room = min(wanted, self.size - self._used)
        if room <= 0 < wanted:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._used += room
        return room

    def has(self, descriptor: int) -> bool:
        """Is it the descriptor of a file that ``os.open`` has opened here?"""
        identity = self.descriptors.get(descriptor)
        return identity is not None and _size(descriptor, identity) is not None

    def note(self, descriptor: int) -> None:
        """``os.open`` has opened a file for writing."""
        status = os.fstat(descriptor)
        self.descriptors[descriptor] = status.st_dev, status.st_ino

    def moved(self, source: str, target: str) -> None:
        """A file or a folder has another name."""
        for path in [p for p in self.paths if p == source or p.startswith(source + os.sep)]:
            self.paths.discard(path)
            self.paths.add(target + path[len(source) :])


def _size(descriptor: int, identity: tuple[int, int]) -> int | None:
    """The size of an open file; None when the descriptor is another's meanwhile."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_size if (status.st_dev, status.st_ino) == identity else None


class _File(io.FileIO):
    """A file which takes no more than there is room for. (A raw file may write less than it is given; who is above goes on.)"""

    storage: Storage

    def write(self, content: Any, /) -> int:
        """Write what there is room for."""
        view = memoryview(content).cast("B")
        return super().write(view[: self.storage.room(len(view))]) or 0


def _inside(file: Any) -> str | None:
    """The real path of a file that is in ``/tmp`` or in the folder for temporary files."""
    try:
        path = os.path.realpath(os.fsdecode(os.fspath(file)))
    except (TypeError, ValueError, OSError):
        return None
    roots = {os.path.realpath("/tmp"), os.path.realpath(os.fsdecode(tempfile.tempdir or TEMPORARY))}
    return path if any(path == root or path.startswith(root + os.sep) for root in roots) else None


def _here() -> Storage | None:
    here = guest.place()
    found: Storage | None = None if here is None else here.storage
    return found


def _open(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    """Stands in for ``open``."""
    storage = _here() if isinstance(mode, str) and set(mode) & set("wax+") else None
    counts = storage is not None and (storage.has(file) if isinstance(file, int) else _inside(file) is not None)
    if storage is None or not counts:
        return real(io, "open")(file, mode, buffering, encoding, errors, newline, closefd, opener)
    return _opened(storage, file, mode, buffering, (encoding, errors, newline), closefd, opener)


def _opened(
    storage: Storage, file: Any, mode: str, buffering: int, text: tuple[Any, Any, Any], closefd: bool, opener: Any
) -> Any:
    """As https://docs.python.org/3/library/functions.html#open says; Python itself finds what is wrong with the arguments."""
    binary, kinds = "b" in mode, set(mode)
    odd = len(kinds & set("rwax")) != 1 or len(kinds) != len(mode) or not kinds <= set("rwaxbt+")
    if odd or (binary and (any(t is not None for t in text) or "t" in mode)) or (buffering == 0 and not binary):
        return real(io, "open")(file, mode, buffering, *text, closefd, opener)
    raw = _File(file, mode.replace("b", "").replace("t", ""), closefd, opener)
    raw.storage = storage
    storage.files.add(raw)
    if not isinstance(file, int):
        path = _inside(file)
        if path is not None and not os.path.isdir(path):
            storage.paths.add(path)
    try:
        return _wrapped(raw, file, mode, buffering, text)
    except BaseException:
        raw.close()
        raise


def _wrapped(raw: _File, file: Any, mode: str, buffering: int, text: tuple[Any, Any, Any]) -> Any:
    if buffering == 0:
        return raw
    size = buffering if buffering > 1 else io.DEFAULT_BUFFER_SIZE
    kind: Any = io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
    buffered = kind(raw, size)
    if "b" in mode:
        return buffered
    wrapper: Any = io.TextIOWrapper(buffered, *text, line_buffering=buffering == 1 or raw.isatty())
    wrapper.mode = mode
    return wrapper


def _os_open(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    """Stands in for ``os.open``."""
    descriptor: int = real(os, "open")(path, flags, mode, dir_fd=dir_fd)
    storage = _here() if flags & _WRITING else None
    if storage is not None and dir_fd is None:
        inside = _inside(path)
        if inside is not None:
            storage.note(descriptor)
            if not os.path.isdir(inside):  # a file without a name, in a folder
                storage.paths.add(inside)
    return descriptor


def _os_write(descriptor: int, content: Any, /) -> int:
    """Stands in for ``os.write``."""
    storage = _here()
    if storage is None or not storage.has(descriptor):
        return int(real(os, "write")(descriptor, content))
    view = memoryview(content).cast("B")
    return int(real(os, "write")(descriptor, view[: storage.room(len(view))]))


def _fitting(out_fd: int, in_fd: int, offset: Any, count: int) -> int:
    """How many of so many bytes of a file, from there on, fit into another one."""
    storage = _here()
    if storage is None or not any(not f.closed and f.fileno() == out_fd for f in list(storage.files)):
        return count
    start = os.lseek(in_fd, 0, os.SEEK_CUR) if offset is None else offset
    left = os.fstat(in_fd).st_size - start
    return storage.room(min(count, left)) if left > 0 else count


def _os_sendfile(out_fd: int, in_fd: int, offset: Any, count: int, *args: Any, **kwargs: Any) -> int:
    """Stands in for ``os.sendfile``, with which ``shutil`` copies."""
    return int(real(os, "sendfile")(out_fd, in_fd, offset, _fitting(out_fd, in_fd, offset, count), *args, **kwargs))


def _os_copy_file_range(src: int, dst: int, count: int, offset_src: Any = None, offset_dst: Any = None) -> int:
    """Stands in for ``os.copy_file_range``, with which ``shutil`` copies since Python 3.14."""
    return int(real(os, "copy_file_range")(src, dst, _fitting(dst, src, offset_src, count), offset_src, offset_dst))


def _moving(name: str) -> Callable[..., Any]:
    """Stands in for ``os.rename`` or ``os.replace``."""

    def move(src: Any, dst: Any, **kwargs: Any) -> None:
        storage = _here()
        source = _inside(src) if storage is not None and not kwargs else None
        real(os, name)(src, dst, **kwargs)
        if storage is not None and source is not None:
            storage.moved(source, os.path.realpath(os.fsdecode(dst)))

    return move


def _os_statvfs(path: Any) -> Any:
    """Stands in for ``os.statvfs``, which ``shutil.disk_usage`` asks."""
    found, storage = real(os, "statvfs")(path), _here()
    if storage is None or isinstance(path, int) or _inside(path) is None:
        return found
    blocks, free = storage.size // BLOCK, max(0, storage.size - storage.used()) // BLOCK
    return os.statvfs_result((BLOCK, BLOCK, blocks, free, free, *found[5:]))


_rename, _replace = _moving("rename"), _moving("replace")
_accessor = getattr(pathlib, "_NormalAccessor", None)
_MOVES = (("open", _open), ("replace", _replace), ("rename", _rename))
_OF_PATHLIB: Table = () if _accessor is None else tuple((_accessor, name, new) for name, new in _MOVES)
"""Python 3.10's pathlib keeps the functions that it calls."""

STAND_INS: Table = (
    (builtins, "open", _open),
    (io, "open", _open),
    (os, "open", _os_open),
    (os, "write", _os_write),
    (os, "sendfile", _os_sendfile),
    (os, "copy_file_range", _os_copy_file_range),
    (os, "replace", _replace),
    (os, "rename", _rename),
    (os, "statvfs", _os_statvfs),
    *(
        ()
        if _accessor is None
        else ((_accessor, "open", _open), (_accessor, "replace", _replace), (_accessor, "rename", _rename))
    ),
)
"""The functions of Python's own that are replaced while a function runs (machine.py)."""
