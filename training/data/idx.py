"""IDX files, the format of MNIST: a big-endian header, then the values; plain or gzipped.

Format: http://yann.lecun.com/exdb/mnist/ (two zero bytes, a type code, the number of dimensions,
one unsigned 32-bit length for each, and the values in C order).
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from training.data.array_files import AnyArray, ArraySource, dataset_of, shape_to_read, stem
from training.data.dataset import Dataset
from training.data.files import MAX_FILE_BYTES, Watch, open_input, size_of
from training.errors import InputError

if TYPE_CHECKING:
    from training.experiment import ArrayData

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
BLOCK = 1 << 22


@dataclass(frozen=True)
class Header:
    """What an IDX file says of itself."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]

    @property
    def header_bytes(self) -> int:
        """Length of the header."""
        return 4 + 4 * len(self.shape)


def load_idx(data: ArrayData, watch: Watch) -> Dataset:
    """Read images (or rows of numbers) and their labels from two IDX files.

    Raises
    ------
    InputError
        If a file cannot be read, is not IDX, is cut short, is too large, or the two do not belong together.
    """
    labels_path = data.labels or _guess_labels(data.path)
    x = _read(data.path, "data.path", data.limit, watch.part(0.0, 0.8))
    y = _read(labels_path, "data.labels", data.limit, watch.part(0.8, 0.9), labels=True)
    return dataset_of(x, y, data.task, ArraySource(stem(data.path), data.path, labels_path))


def _guess_labels(images: str) -> str:
    """MNIST calls them train-images-idx3-ubyte and train-labels-idx1-ubyte."""
    path = Path(images)
    guess = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if guess.name != path.name and guess.is_file():
        return str(guess)
    raise InputError(
        "no file of labels is named", where="data.labels", hint="Set data.labels to the IDX file with them"
    )


def _read(path: str, key: str, limit: int, watch: Watch, *, labels: bool = False) -> AnyArray:
    with open_input(path, key=key) as file:
        zipped = file.read(2) == GZIP_MAGIC
        file.seek(0)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if zipped else file
        try:
            header = _read_header(stream, path)
            shape = shape_to_read(header.shape, limit, path, labels=labels)
            if not zipped:
                _check_size(header, size_of(file), path)
            content = _read_values(stream, header, shape, path, watch)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InputError(
                f"is damaged: {error}", where=path, hint="Download or copy it again"
            ) from None
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", where=path) from None
    array: AnyArray = np.frombuffer(content, dtype=header.dtype).reshape(shape)
    return array.astype(header.dtype.newbyteorder("="), copy=False)


def _read_header(stream: BinaryIO, path: str) -> Header:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 4:
        raise InputError(
            "is empty" if not magic else "is not an IDX file (its first four bytes are wrong)", where=path,
            allowed="IDX as MNIST uses it, plain or .gz", hint="A CSV file or NPZ archive needs another data.dataset",
        )
    lengths = stream.read(4 * magic[3])
    if len(lengths) < 4 * magic[3]:
        raise InputError("ends within its header", where=path, hint="Download or copy it again")
    shape = tuple(int(length) for length in np.frombuffer(lengths, dtype=">u4"))
    return Header(np.dtype(TYPES[magic[2]]), shape)


def _check_size(header: Header, size: int, path: str) -> None:
    expected = header.header_bytes + math.prod(header.shape) * header.dtype.itemsize
    if size != expected:
        raise _wrong_size(path, f"{size:,} bytes", f"{expected:,}", too_long=size > expected)


def _wrong_size(path: str, found: str, expected: str, *, too_long: bool) -> InputError:
    return InputError(
        f"holds {found} where its header says {expected}: it is {'too long' if too_long else 'cut short'}",
        where=path, hint="Download or copy it again",
    )


def _read_values(stream: BinaryIO, header: Header, shape: Sequence[int], path: str, watch: Watch) -> bytes:
    """Read no more than the values asked for, and notice where there are fewer or (reading all) more."""
    wanted = math.prod(shape) * header.dtype.itemsize
    if wanted > MAX_FILE_BYTES:
        raise InputError(
            f"holds {wanted / 1e9:.1f} GB", where=path, allowed=f"up to {MAX_FILE_BYTES / 1e9:.0f} GB",
            hint="Set data.limit to use only the first samples",
        )
    blocks, have = [], 0
    while have < wanted:
        watch.at(have / wanted)
        block = stream.read(min(BLOCK, wanted - have))
        if not block:
            raise _wrong_size(path, f"{have:,} bytes of values", f"{wanted:,}", too_long=False)
        blocks.append(block)
        have += len(block)
    if tuple(shape) == header.shape and stream.read(1):
        raise _wrong_size(path, "more bytes of values", f"{wanted:,}", too_long=True)
    return b"".join(blocks)
