"""One way in to all data: generated, bundled, or from files of the user's own."""

from __future__ import annotations

from collections.abc import Callable

from training.data.bundled import load_bundled
from training.data.csv_file import load_csv
from training.data.dataset import Dataset
from training.data.files import Cancelled, Watch
from training.data.idx import load_idx
from training.data.npz import load_npz
from training.data.prepare import PreparedData, prepare
from training.data.synthetic import make
from training.experiment import ArrayData, BundledData, CsvData, Data

__all__ = ["Cancelled", "load", "load_prepared"]


def load(
    data: Data, *, report: Callable[[float], None] | None = None, cancelled: Callable[[], bool] | None = None
) -> Dataset:
    """Load or generate the data set that an experiment asks for.

    Parameters
    ----------
    report
        Called now and then with the share done, from 0 to 1, in the thread that loads.
    cancelled
        Asked now and then; once it returns True the loading ends with `Cancelled`.

    Raises
    ------
    InputError
        If a file cannot be used; the message says where, what, what is allowed and what to do.
    Cancelled
        If `cancelled` said so.
    """
    watch = Watch(report, cancelled)
    watch.at(0.0)
    dataset = _load(data, watch)
    watch.at(1.0)
    return dataset


def load_prepared(
    data: Data, *, report: Callable[[float], None] | None = None, cancelled: Callable[[], bool] | None = None
) -> PreparedData:
    """Load a data set and prepare it for the network; see `load` and `training.data.prepare.prepare`."""
    return prepare(data, load(data, report=report, cancelled=cancelled))


def _load(data: Data, watch: Watch) -> Dataset:
    if isinstance(data, CsvData):
        return load_csv(data, watch)
    if isinstance(data, ArrayData):
        return load_idx(data, watch) if data.dataset == "idx" else load_npz(data, watch)
    if isinstance(data, BundledData):
        return load_bundled(data.dataset)
    return make(data)
