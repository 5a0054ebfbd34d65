"""A rename that never overwrites, in one step where the system has one."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

_NOT_OFFERED = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM, errno.EMLINK})
_RENAME_NOREPLACE = 1
_HERE = -100  # AT_FDCWD

_Call = Callable[[int, bytes, int, bytes], None]


def rename_new(old: str, new: str, old_folder: int | None = None, new_folder: int | None = None) -> None:
    """Rename a file; raises FileExistsError, and leaves all as it is, where there is one of the new name.

    The names are relative to the descriptors of folders where those are given. Where a file system offers
    neither such a rename nor hard links, a look comes before the rename: then two apps that choose the same
    name in the same moment are not told apart.
    """
    if sys.platform == "win32":
        Path(old).rename(new)  # never overwrites there
        return
    for way in (_by_system, _by_link):
        try:
            way(old, new, old_folder, new_folder)
            return
        except OSError as error:
            if error.errno not in _NOT_OFFERED:
                raise
    _by_look(old, new, old_folder, new_folder)


def _by_system(old: str, new: str, old_folder: int | None, new_folder: int | None) -> None:
    call = _renameat2()
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    call(
        _HERE if old_folder is None else old_folder,
        os.fsencode(old),
        _HERE if new_folder is None else new_folder,
        os.fsencode(new),
    )


def _by_link(old: str, new: str, old_folder: int | None, new_folder: int | None) -> None:
    os.link(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder, follow_symlinks=False)
    os.unlink(old, dir_fd=old_folder)


def _by_look(old: str, new: str, old_folder: int | None, new_folder: int | None) -> None:
    try:
        os.stat(new, dir_fd=new_folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)
    else:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)


@lru_cache(maxsize=1)
def _renameat2() -> _Call | None:
    """Return Linux' own call for it, or None where the C library has none."""
    found = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if found is None:
        return None
    found.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    found.restype = ctypes.c_int

    def call(old_folder: int, old: bytes, new_folder: int, new: bytes) -> None:
        if found(old_folder, old, new_folder, new, _RENAME_NOREPLACE) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), os.fsdecode(new))

    return call
