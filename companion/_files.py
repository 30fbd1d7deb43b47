"""Writing files whole or not at all.

What is written goes to a temporary file in the same folder, reaches the disk, and only then takes the final
name. Whoever reads that name sees the old file or the new one, whatever happens in between.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yield a binary file that replaces `path` when the block ends, and leaves `path` alone when it fails.

    A folder that is missing or read-only, or a full disk, raises OSError naming the file and the reason.
    A process killed inside the block leaves its `.NAME.*.tmp` behind, and `path` as it was.
    """
    target = Path(path).resolve()  # behind a link, so that the link stays one
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
    except OSError as error:
        if error.filename is not None and str(error.filename) not in (str(temporary), str(target)):
            raise  # about another file that the block used
        raise _unwritten(target, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    _keep_name(target.parent)


def write_whole(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write `content` (text as UTF-8, its line ends as they are) to `path`, whole or not at all."""
    data = content.encode() if isinstance(content, str) else content
    with whole_file(path) as file:
        file.write(data)


def _unwritten(target: Path, error: OSError) -> OSError:
    kept = "the old file is unchanged" if os.path.isfile(target) else "nothing was written"
    reason = error.strerror or str(error)
    # Built from an errno, OSError becomes PermissionError, FileNotFoundError, ... as the cause was.
    return OSError(error.errno, f"cannot write {target} ({reason}); {kept}")


def _keep_name(folder: Path) -> None:
    """Bring the folder's entry for the new name to the disk, on systems that can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
