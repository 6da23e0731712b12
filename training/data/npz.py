"""NumPy archives (.npz), read without pickles and only after their sizes have been checked."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.lib import format as npy

from training.data.array_files import AnyArray, ArraySource, dataset_of, shape_to_read, stem
from training.data.dataset import Dataset
from training.data.files import MAX_FILE_BYTES, Watch, open_input, size_of
from training.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from training.experiment import ArrayData

END_OF_DIRECTORY = b"PK\x05\x06"
ZIP64_LOCATOR = b"PK\x06\x07"
MAX_DIRECTORY_BYTES = 1_000_000  # some ten thousand arrays
MAX_NPY_HEADER = 10_000


def load_npz(data: ArrayData, watch: Watch) -> Dataset:
    """Read the arrays named `data.inputs` and `data.labels` of an archive.

    Raises
    ------
    InputError
        If the file is not an archive of plain arrays, is damaged or too large, or an array is not there.
    """
    target = data.labels or "y"
    with open_input(data.path) as file:
        _check_directory(file, data.path)
        try:
            with zipfile.ZipFile(file) as archive:
                watch.at(0.1)
                x = _array(archive, data.inputs, "data.inputs", data)
                watch.at(0.7)
                y = _array(archive, target, "data.labels", data, labels=True)
                watch.at(0.8)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"is damaged or not a NumPy archive: {error}", where=data.path) from None
    source = ArraySource(
        stem(data.path), f"{data.path}, array '{data.inputs}'", f"{data.path}, array '{target}'", target
    )
    return dataset_of(x, y, data.task, source)


def _check_directory(file: BinaryIO, path: str) -> None:
    """Refuse what is no ZIP file, and one whose table of contents alone would take long to read."""
    size = size_of(file)
    file.seek(max(0, size - 66_000))
    tail = file.read()
    file.seek(0)
    end = tail.rfind(END_OF_DIRECTORY)
    if end < 0 or len(tail) < end + 22:
        raise InputError(
            "is empty" if size == 0 else "is not a NumPy archive", where=path, allowed=".npz, as numpy.savez writes it",
            hint="A single .npy array must be saved with numpy.savez(file, x=…, y=…)" if tail[:6] == npy.MAGIC_PREFIX
            else "",
        )
    (directory_bytes,) = struct.unpack("<I", tail[end + 12 : end + 16])
    if directory_bytes > MAX_DIRECTORY_BYTES or tail[max(0, end - 20) : end].startswith(ZIP64_LOCATOR):
        raise InputError("holds far too many arrays", where=path, hint="Save only the inputs and the targets")


def _array(archive: zipfile.ZipFile, name: str, key: str, data: ArrayData, *, labels: bool = False) -> AnyArray:
    where = f"{data.path}, array '{name}'"
    entry = _entry(archive, name, key, data.path)
    if entry.file_size > MAX_FILE_BYTES:
        raise InputError(
            f"unpacks to {entry.file_size / 1e9:.1f} GB", where=where, allowed=f"up to {MAX_FILE_BYTES / 1e9:.0f} GB"
        )
    with archive.open(entry) as stream:
        shape, fortran, dtype, header_bytes = _header(stream, where)
        expected = header_bytes + math.prod(shape) * dtype.itemsize
        if expected != entry.file_size:
            raise InputError(
                f"holds {entry.file_size:,} bytes where its header says {expected:,}", where=where,
                hint="The file is damaged: save it again",
            )
        wanted = shape_to_read(shape, data.limit, where, labels=labels)
        return _values(stream, shape, wanted, dtype, fortran=fortran)


def _entry(archive: zipfile.ZipFile, name: str, key: str, path: str) -> zipfile.ZipInfo:
    entries = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
    if name in entries:
        return entries[name]
    names = sorted(entries)
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    hint = did_you_mean(name, names)
    raise InputError(
        f"there is no array '{name}'", where=path, allowed=listed or "the archive is empty",
        hint=(hint[:1].upper() + hint[1:] + " " if hint else "") + f"Set {key}",
    )


def _header(stream: IO[bytes], where: str) -> tuple[tuple[int, ...], bool, np.dtype[np.generic], int]:
    try:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(stream, max_header_size=MAX_NPY_HEADER)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else "its header cannot be read"
        raise InputError(f"is not a NumPy array: {reason[:200]}", where=where) from None
    if any(length < 0 for length in shape):
        raise InputError(f"is not a NumPy array: its shape is {shape}", where=where)
    if dtype.hasobject:
        raise InputError(
            "holds Python objects (a pickle), which could run any program", where=where, allowed="numbers or text",
            hint="Save it as a plain array: array.astype(float) or array.astype(str)",
        )
    if dtype.kind not in "fiubUS" or dtype.itemsize == 0:
        raise InputError(f"holds values of type {dtype}", where=where, allowed="real numbers (targets: or text)")
    return shape, fortran, dtype, stream.tell()


def _values(
    stream: IO[bytes], shape: tuple[int, ...], wanted: tuple[int, ...], dtype: np.dtype[np.generic], *, fortran: bool
) -> AnyArray:
    """Read the first rows, up to the shape `wanted`; an array stored column by column must be read whole."""
    count = math.prod(shape if fortran else wanted)
    content = stream.read(count * dtype.itemsize)
    flat: AnyArray = np.frombuffer(content, dtype=dtype, count=count)
    if fortran:
        return flat.reshape(shape[::-1]).T[: wanted[0]]
    return flat.reshape(wanted)
