"""The largest and the smallest curvature of the objective: the ends of the spectrum of its Hessian.

The Hessian H is never formed. Its product with a direction is a central difference of two gradients that are
computed side by side, and the Lanczos method finds the ends of the spectrum from some ten of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.architecture import Architecture
from training.experiment import Experiment
from training.instruments.instrument import InstrumentInfo
from training.instruments.probe import Probe
from training.instruments.workbench import Workbench

FloatArray = NDArray[np.float64]

DIFFERENCE = 1e-6
"""Half the distance of two gradients, for parameters of size 1: between rounding and the third derivative."""
MOST_PARAMETERS = 2_000_000
"""Networks with more are not measured: the search remembers a direction for every product."""
MOST_BYTES = 200_000_000
"""Memory for these directions."""
MOST_PRODUCTS = 24
FEWEST_PRODUCTS = 6
"""So many at least, so that a direction that has only now become the steepest is found too."""
TOLERANCE = 1e-3
"""The residual |Hv − λv| at which an end of the spectrum is known, as a part of the spectrum's largest size."""
KNOWN = 0.05
"""The same, at which it is still worth telling."""
FRESH = 0.1
"""Size of what is new in the direction the search starts from, besides what the last one found."""
NOISE = 1e-10
"""What is left of a direction, as a part of it, when all that is known already has been taken out of it."""

Product = Callable[[Tensor], Tensor]


def products(bench: Workbench, params: Tensor, directions: Tensor) -> Tensor:
    """Return the Hessian of the objective times each of some directions.

    A central difference of the gradient, ``(g(θ + εv) − g(θ − εv)) / 2ε`` along the direction's unit vector, with
    ε = `DIFFERENCE` · (1 + ‖θ‖): Pearlmutter 1994 (section 2) names it as what his exact product stands in for.
    Where the objective has kinks (ReLU, absolute errors, L1), it is that of the smooth piece on which θ stands.

    Parameters
    ----------
    params
        θ, ``[P]``.
    directions
        ``[K, P]``, of any length but zero.

    Returns
    -------
    Tensor
        ``[K, P]``, float64.
    """
    params, directions = params.double(), directions.double()
    lengths = torch.linalg.vector_norm(directions, dim=1, keepdim=True)
    size = DIFFERENCE * (1.0 + float(torch.linalg.vector_norm(params)))
    aside = directions * (size / lengths)
    gradients = bench.gradients_of_piece(torch.cat([params + aside, params - aside]), params)
    ahead, behind = gradients[: len(directions)], gradients[len(directions) :]
    found: Tensor = (ahead - behind) * (lengths / (2.0 * size))
    return found


@dataclass(frozen=True, eq=False)
class Ends:
    """The ends of the spectrum of a symmetric operator.

    Attributes
    ----------
    largest, smallest
        Eigenvalues by their sign, not their size; `smallest` is NaN where it is not known well enough, both are
        where the operator is not finite.
    residual
        |Av − λv| of the largest, as a part of the largest size in the spectrum: λ is that close to an eigenvalue.
    products
        Times the operator was applied.
    top, bottom
        Unit eigenvectors ``[P]``; None where there are none.
    """

    largest: float
    smallest: float
    residual: float
    products: int
    top: Tensor | None = None
    bottom: Tensor | None = None


UNKNOWN = Ends(float("nan"), float("nan"), float("nan"), 0)


def ends_of_spectrum(product: Product, start: Tensor, *, most: int = MOST_PRODUCTS) -> Ends:
    """Return the ends of a spectrum by the Lanczos method, each new direction made orthogonal to all before it.

    Stops as soon as both ends are known to `TOLERANCE`, or when all directions are used up (Golub & Van Loan,
    Matrix Computations, section 10.1; the residual is |βₖ sₖ|).

    Parameters
    ----------
    product
        The symmetric operator, of ``[P]`` and giving ``[P]``.
    start
        Direction to start from, ``[P]``.
    most
        Bound on the products.
    """
    room = max(FEWEST_PRODUCTS, MOST_BYTES // (8 * len(start)))
    basis = torch.empty(min(most, room, len(start)), len(start), dtype=torch.float64)
    diagonal: list[float] = []
    beside: list[float] = []
    direction = start.double() / torch.linalg.vector_norm(start.double())
    for index in range(len(basis)):
        basis[index] = direction
        image = product(direction)
        diagonal.append(float(image @ direction))
        rest = _less(_less(image, basis[: index + 1]), basis[: index + 1])
        left, size = float(torch.linalg.vector_norm(rest)), float(torch.linalg.vector_norm(image))
        if not np.isfinite(left):
            return UNKNOWN
        exhausted = left <= NOISE * size
        found = _ritz(basis[: index + 1], np.array(diagonal), np.array(beside), 0.0 if exhausted else left)
        if exhausted or (index + 1 >= min(FEWEST_PRODUCTS, len(basis)) and found.known):
            break
        beside.append(left)
        direction = rest / left
    return found.ends


@dataclass(frozen=True, eq=False)
class _Ritz:
    """What a Krylov space says of the ends; `known` if it need not grow any more."""

    ends: Ends
    known: bool


def _ritz(basis: Tensor, diagonal: FloatArray, beside: FloatArray, left: float) -> _Ritz:
    values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
    size = max(float(np.abs(values).max()), np.finfo(float).tiny)
    residuals = left * np.abs(vectors[-1]) / size
    top, bottom = (torch.from_numpy(vectors[:, end].copy()) @ basis for end in (-1, 0))
    smallest = float(values[0]) if residuals[0] <= KNOWN else float("nan")
    ends = Ends(float(values[-1]), smallest, float(residuals[-1]), len(diagonal), top, bottom)
    return _Ritz(ends, bool(max(residuals[-1], residuals[0]) <= TOLERANCE))


def _less(vector: Tensor, basis: Tensor) -> Tensor:
    """Return a vector without what lies in the space of an orthonormal basis."""
    return vector - (basis @ vector) @ basis


class Spectrum:
    """Follows the ends of the spectrum of the Hessian along a run, each search starting from what the last one found.

    One for each workbench, so that all instruments that need the curvature at a moment have it computed once.
    """

    def __init__(self) -> None:
        self._last: dict[bool, tuple[Tensor, Experiment, Ends]] = {}

    @classmethod
    def of(cls, bench: Workbench) -> Spectrum:
        """Return the one that belongs to a workbench."""
        return _SPECTRA.setdefault(bench, cls())

    def at(self, probe: Probe, scale: Tensor | None = None) -> Ends:
        """Return the ends at a moment.

        Parameters
        ----------
        scale
            s ``[P]``, positive, to look at diag(s) H diag(s) instead, which has the spectrum of diag(s²) H.
        """
        scaled = scale is not None
        params, experiment, ends = self._last.get(scaled, (None, None, UNKNOWN))
        if params is None or experiment != probe.experiment or not torch.equal(params, probe.params):
            ends = _ends_at(probe, scale, ends)
            self._last[scaled] = probe.params, probe.experiment, ends
        return ends


_SPECTRA: WeakKeyDictionary[Workbench, Spectrum] = WeakKeyDictionary()


def _ends_at(probe: Probe, scale: Tensor | None, last: Ends) -> Ends:
    params = probe.params.double()
    if not bool(torch.isfinite(params).all()):
        return UNKNOWN
    weights = torch.ones_like(params) if scale is None else scale.double()
    return ends_of_spectrum(
        lambda direction: weights * products(probe.bench, params, (weights * direction)[None])[0],
        _start(probe.step, last, params),
    )


def _start(step: int, last: Ends, params: Tensor) -> Tensor:
    """Return where a search starts: at what was found last, and something new that is the same in every run."""
    generator = torch.Generator().manual_seed(step)
    fresh = torch.randn(params.shape, generator=generator, dtype=torch.float64)
    fresh /= torch.linalg.vector_norm(fresh)
    if last.top is None or last.bottom is None:
        return fresh
    return last.top + last.bottom + FRESH * fresh


class HessianEigenvalue:
    """Measures the ends of the spectrum of the Hessian of the objective."""

    def measure(self, probe: Probe) -> FloatArray:
        """Return largest and smallest eigenvalue, and the residual of the largest."""
        ends = Spectrum.of(probe.bench).at(probe)
        return np.array([ends.largest, ends.smallest, ends.residual])


def _columns(architecture: Architecture) -> tuple[str, ...]:
    return "largest", "smallest", "residual"


def not_too_large(architecture: Architecture) -> bool:
    """Tell whether the curvature of such a network can be measured in reasonable memory."""
    return architecture.n_parameters <= MOST_PARAMETERS


ROWS = (
    InstrumentInfo(
        "hessian_eigenvalue", "Largest curvature", "1 / rate", "λ_max(∇²f)",
        "The steepest curvature of the objective at the parameters: plain gradient descent is stable only for "
        "rates below 2/λ. A smallest one below zero is a way down out of a saddle.",
        "Lanczos method (Golub & Van Loan, Matrix Computations, 10.1); Cohen et al. 2021, section 2",
        HessianEigenvalue, _columns, suits=not_too_large, passes=30.0,
    ),
)
