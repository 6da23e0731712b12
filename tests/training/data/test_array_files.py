from __future__ import annotations

import gzip
import io
import itertools
import pickle
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from training.data.load import Cancelled, load
from training.errors import InputError
from training.experiment import ArrayData

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
IMAGES = np.arange(6 * 3 * 4, dtype=np.uint8).reshape(6, 3, 4)
LABELS = np.array([0, 1, 2, 0, 1, 2], dtype=np.uint8)


def idx_bytes(array: np.ndarray[Any, Any]) -> bytes:
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_idx(folder: Path, x: bytes, y: bytes = idx_bytes(LABELS)) -> ArrayData:
    (folder / "train-images-idx3-ubyte").write_bytes(x)
    (folder / "train-labels-idx1-ubyte").write_bytes(y)
    return ArrayData(dataset="idx", path=str(folder / "train-images-idx3-ubyte"))


def write_npz(folder: Path, options: dict[str, Any] | None = None, **arrays: Any) -> ArrayData:
    np.savez_compressed(folder / "a.npz", **arrays)
    return ArrayData.model_validate({"dataset": "npz", "path": str(folder / "a.npz"), **(options or {})})


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_images_like_those_of_mnist(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    dataset = load(write_idx(tmp_path, pack(idx_bytes(IMAGES)), pack(idx_bytes(LABELS))))
    assert dataset.image_shape == (3, 4)
    assert dataset.class_names == ("0", "1", "2")
    assert dataset.feature_names[5] == "pixel 1,1"
    np.testing.assert_array_equal(dataset.y, LABELS)
    np.testing.assert_allclose(dataset.x, IMAGES.reshape(6, 12) / 255)


@given(
    st.sampled_from(list(CODES)).flatmap(
        lambda code: hnp.arrays(
            np.dtype(code), hnp.array_shapes(min_dims=2, max_dims=4, min_side=2, max_side=3),
            elements={"allow_nan": False, "allow_infinity": False} if code[0] == "f" else None,
            unique=True, fill=st.nothing(),
        )
    ),
    st.booleans(), st.integers(0, 4),
)
def test_idx_round_trip(
    tmp_path_factory: pytest.TempPathFactory, x: np.ndarray[Any, Any], zipped: bool, limit: int
) -> None:
    folder = tmp_path_factory.mktemp("idx")
    y = np.arange(len(x), dtype=np.float64)
    content = idx_bytes(x)
    data = write_idx(folder, gzip.compress(content) if zipped else content, idx_bytes(y))
    data = data.model_copy(update={"limit": limit, "task": "regression"})
    if limit == 1:
        with pytest.raises(InputError, match="only one sample"):
            load(data)
        return
    dataset = load(data)
    n = min(limit, len(x)) if limit else len(x)
    np.testing.assert_array_equal(dataset.y[:, 0], y[:n])
    scale = 255 if x.dtype == np.uint8 else 1
    np.testing.assert_array_equal(dataset.x, x[:n].reshape(n, -1).astype(float) / scale)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", ">f8", "f2", "i8", "u1", "?"])
@pytest.mark.parametrize("limit", [0, 4])
def test_npz_round_trip(order: Any, dtype: str, limit: int, tmp_path: Path) -> None:
    x = np.array(np.random.default_rng(0).integers(0, 2, (10, 3, 2)), dtype=dtype, order=order)
    dataset = load(write_npz(tmp_path, {"limit": limit}, x=x, y=np.array(["b", "a"] * 5)))
    scale = 255 if dtype == "u1" else 1
    np.testing.assert_array_equal(dataset.x, (x.astype(float) / scale).reshape(10, 6)[: limit or 10])
    assert dataset.class_names == ("a", "b")
    assert dataset.image_shape == (3, 2)


def test_arrays_of_other_names_and_kinds(tmp_path: Path) -> None:
    options = {"inputs": "x_train", "labels": "y_train"}
    dataset = load(write_npz(tmp_path, options, x_train=np.eye(4), y_train=np.linspace(0, 1, 4)[:, None]))
    assert dataset.task == "regression"
    assert dataset.target_name == "y_train"
    assert dataset.feature_names == ("x1", "x2", "x3", "x4")
    dataset = load(write_npz(tmp_path, x=np.eye(4), y=np.array([b"p", b"q", b"p", b"q"])))
    assert dataset.class_names == ("p", "q")


def patched_header(shape: str, descr: str = "'<f8'") -> bytes:
    """Return an array file whose header claims `shape`, with 80 bytes of values."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (118 - len(text)) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(80)


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return stream.getvalue()


def npy(array: np.ndarray[Any, Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


class Bomb:
    """Fails the test if it is ever unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was loaded",))


X, Y = npy(np.eye(6)), npy(LABELS)
OBJECTS = np.array([Bomb(), Bomb()], dtype=object)
HUGE = b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**16, 2**16)

BAD_NPZ: dict[str, tuple[bytes, list[str]]] = {
    "empty": (b"", ["is empty"]),
    "not a zip": (b"hello" * 100, ["not a NumPy archive"]),
    "single npy": (X, ["not a NumPy archive", "numpy.savez"]),
    "cut short": (archive(x=X, y=Y)[:-60], ["NumPy archive"]),
    "no x": (archive(X=X, y=Y), ["no array 'x'", "allowed: X, y", "Set data.inputs"]),
    "no y": (archive(x=X, labels=Y), ["no array 'y'", "labels", "Set data.labels"]),
    "objects": (archive(x=npy(OBJECTS), y=Y), ["pickle", "array.astype"]),
    "raw pickle": (archive(x=pickle.dumps(Bomb()), y=Y), ["not a NumPy array"]),
    "structured": (archive(x=npy(np.zeros(6, dtype="f8,i4")), y=Y), ["type"]),
    "complex": (archive(x=npy(np.eye(6) * 1j), y=Y), ["type complex128"]),
    "text inputs": (archive(x=npy(np.full((6, 2), "a")), y=Y), ["type"]),
    "header lies": (archive(x=patched_header("(10**9, 10)"), y=Y), ["not a NumPy array"]),
    "huge shape": (archive(x=patched_header("(6, 1000000000)"), y=Y), ["where its header says"]),
    "negative shape": (archive(x=patched_header("(-5, -2)"), y=Y), ["shape"]),
    "long header": (archive(x=patched_header("(" + "1," * 30_000 + ")"), y=Y), ["not a NumPy array"]),
    "one dimension": (archive(x=npy(np.zeros(6)), y=Y), ["1 dimension", "samples × features"]),
    "no samples": (archive(x=npy(np.zeros((0, 3))), y=npy(np.zeros(0))), ["no samples"]),
    "lengths differ": (archive(x=X, y=npy(LABELS[:5])), ["5 targets for 6 samples"]),
    "one-hot targets": (archive(x=X, y=npy(np.eye(6))), ["6 × 6", "class numbers"]),
    "scalar target": (archive(x=X, y=npy(np.array(3))), ["one value for each sample"]),
    "NaN": (archive(x=npy(np.where(np.eye(6) > 0, np.nan, 0)), y=Y), ["samples 1, 2, 3, 4, 5 and 1 more"]),
    "NaN target": (archive(x=X, y=npy(np.array([0, 1, 0, 1, 0, np.nan]))), ["sample 6", "array 'y'"]),
    "one class": (archive(x=X, y=npy(np.zeros(6))), ["only one class ('0')"]),
    "all the same": (archive(x=npy(np.ones((6, 2))), y=Y), ["all samples are the same"]),
    "bad characters": (archive(x=X, y=npy(np.full(6, 0xFFFFFFF, "u4").view("<U1"))), ["text that cannot be read"]),
    "many entries": (archive(**{f"a{k}": b"" for k in range(20_000)}), ["far too many arrays"]),
}

BAD_IDX: dict[str, tuple[bytes, bytes, list[str]]] = {
    "empty": (b"", idx_bytes(LABELS), ["is empty"]),
    "not idx": (b"x,y\n1,2\n", idx_bytes(LABELS), ["not an IDX file", "CSV"]),
    "header cut": (idx_bytes(IMAGES)[:9], idx_bytes(LABELS), ["within its header"]),
    "values cut": (idx_bytes(IMAGES)[:-1], idx_bytes(LABELS), ["87 bytes where its header says 88", "cut short"]),
    "too long": (idx_bytes(IMAGES) + b"1", idx_bytes(LABELS), ["too long"]),
    "huge": (HUGE, idx_bytes(LABELS), ["4,294,967,296"]),
    "huge zipped": (gzip.compress(HUGE), idx_bytes(LABELS), ["4,294,967,296"]),
    "many zipped": (
        gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 28, 28)), idx_bytes(LABELS), ["data.limit"],
    ),
    "large claim, little there": (
        gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 300_000, 28, 28) + bytes(50)), idx_bytes(LABELS),
        ["50 bytes", "cut short"],
    ),
    "bomb": (gzip.compress(idx_bytes(IMAGES) + bytes(50_000_000)), idx_bytes(LABELS), ["too long"]),
    "gzip cut": (gzip.compress(idx_bytes(IMAGES))[:-12], idx_bytes(LABELS), ["damaged"]),
    "gzip garbled": (b"\x1f\x8b\x08\x00" + b"\xff" * 60, idx_bytes(LABELS), ["damaged"]),
    "labels are images": (idx_bytes(IMAGES), idx_bytes(IMAGES), ["6 × 3 × 4", "one value for each sample"]),
    "images are labels": (idx_bytes(LABELS), idx_bytes(LABELS), ["1 dimension"]),
    "other labels": (idx_bytes(IMAGES), idx_bytes(LABELS[:4]), ["4 targets for 6 samples"]),
    "nothing in it": (idx_bytes(IMAGES[:0]), idx_bytes(LABELS[:0]), ["no samples"]),
}


@pytest.mark.parametrize("case", BAD_NPZ)
def test_bad_archives(case: str, tmp_path: Path) -> None:
    content, words = BAD_NPZ[case]
    (tmp_path / "a.npz").write_bytes(content)
    check_refused(ArrayData(dataset="npz", path=str(tmp_path / "a.npz")), words)


@pytest.mark.parametrize("case", BAD_IDX)
def test_bad_idx_files(case: str, tmp_path: Path) -> None:
    images, labels, words = BAD_IDX[case]
    check_refused(write_idx(tmp_path, images, labels), words)


def check_refused(data: ArrayData, words: list[str]) -> None:
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        load(data)
    assert time.perf_counter() - start < 1
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value)) < 600


def test_an_archive_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    content = bytearray(archive(x=X, y=Y))
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = struct.pack("<I", 3_000_000_000)
    (tmp_path / "a.npz").write_bytes(content)
    check_refused(ArrayData(dataset="npz", path=str(tmp_path / "a.npz")), ["unpacks to 3.0 GB"])


def test_labels_must_be_named_where_they_cannot_be_guessed(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(idx_bytes(IMAGES))
    check_refused(ArrayData(dataset="idx", path=str(tmp_path / "pictures")), ["data.labels", "no file of labels"])


def test_text_is_no_target_of_a_regression(tmp_path: Path) -> None:
    check_refused(
        write_npz(tmp_path, {"task": "regression"}, x=np.eye(4), y=np.array(list("abca"))), ["holds text", "array 'y'"]
    )


@pytest.mark.parametrize("kind", ["idx", "npz"])
def test_reading_arrays_can_be_called_off_at_any_moment(kind: str, tmp_path: Path) -> None:
    data = write_idx(tmp_path, idx_bytes(IMAGES)) if kind == "idx" else write_npz(tmp_path, x=IMAGES, y=LABELS)
    asked = itertools.count()
    load(data, cancelled=lambda: next(asked) < 0)
    for moment in range(next(asked)):
        count = itertools.count()
        with pytest.raises(Cancelled):
            load(data, cancelled=lambda count=count, moment=moment: next(count) >= moment)  # type: ignore[misc]


@given(st.binary(max_size=200), st.sampled_from(["idx", "npz"]), st.sampled_from([b"", b"\0\0\x08\x03", b"\x1f\x8b"]))
def test_whatever_a_file_holds_it_loads_or_says_why_not(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: str, start: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "f").write_bytes(start + content)
    with pytest.raises(InputError):
        load(ArrayData.model_validate({"dataset": kind, "path": str(folder / "f"), "labels": str(folder / "f")}))
