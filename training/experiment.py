"""The experiment: one frozen, validated description of a run.

A run is *experiment + edits*; everything else can be computed again from them. The models here
reject unknown keys and silent conversions. `training.validation` turns plain data into an experiment
and changes one; `training.experiment_file` reads and writes files.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from models.activations import ACTIVATIONS
from models.initializers import INITIALIZERS
from training.choice import Choice
from training.consistency import MAX_SEED, inconsistencies
from training.data.catalog import BUNDLED, SYNTHETIC
from training.descriptions import descriptions

MAX_LAYERS = 64
MAX_WIDTH = 1024

Positive = Annotated[float, Field(gt=0, le=1e30, allow_inf_nan=False)]  # single precision ends at 3e38
NonNegative = Annotated[float, Field(ge=0, le=1e30, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=MAX_SEED)]
Count = Annotated[int, Field(ge=0, le=10**9)]
PositiveCount = Annotated[int, Field(ge=1, le=10**9)]
ActivationName = Annotated[str, Choice(ACTIVATIONS)]
Width = Annotated[int, Field(ge=1, le=MAX_WIDTH)]


class Section(BaseModel):
    """Base of every part of an experiment: frozen, no unknown keys, no silent conversions."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler(schema)
        keys = handler.resolve_ref_schema(found).get("properties", {})
        for key, text in descriptions(cls).items():
            if key in keys:
                keys[key]["description"] = text
        return found


# ---------------------------------------------------------------------------------------- data


class Preparation(Section):
    """What is done to any data set before the network sees it."""

    held_out: Annotated[float, Field(ge=0, le=0.95)] = 0.3
    """Share of the samples kept for validation."""
    stratify: bool = True
    """Keep the shares of the classes the same in both parts (classification only)."""
    split_seed: Seed = 0
    """Seed of the split into training and held-out samples."""
    scaling: Literal["none", "standardize", "minmax"] = "standardize"
    """Feature scaling, fitted on the training part only."""
    target_scaling: Literal["none", "standardize"] = "standardize"
    """Scaling of a regression target, fitted on the training part only."""
    extra_features: tuple[Literal["x^2", "y^2", "xy", "sin x", "sin y"], ...] = ()
    """Features computed from the first two, as in TensorFlow Playground."""
    label_noise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the training labels replaced by another class (regression: noise of that many standard deviations)."""


class SyntheticData(Preparation):
    """A generated data set."""

    dataset: Annotated[str, Choice(SYNTHETIC)] = "two_spirals"
    """Which data set is generated."""
    samples: Annotated[int, Field(ge=4, le=1_000_000)] = 600
    """Number of samples, training and held-out together."""
    noise: Annotated[float, Field(ge=0, le=10)] = 0.1
    """Standard deviation of the noise added, in units of the data set."""
    seed: Seed = 0
    """Seed of the generated samples."""


class BundledData(Preparation):
    """A real data set that ships with scikit-learn."""

    dataset: Annotated[str, Choice(BUNDLED)]
    """Which data set is loaded."""


class CsvData(Preparation):
    """A table of the user's own."""

    dataset: Literal["csv"]
    """Read a CSV file."""
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    """The file, relative to the experiment's own file."""
    target: str = ""
    """Name of the target column (empty: the last column)."""
    task: Literal["auto", "classification", "regression"] = "auto"
    """What is predicted; auto: classification if the target is text or has few whole values."""
    features: tuple[str, ...] = ()
    """Names of the feature columns (empty: all but the target)."""
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"
    """Separator of the columns."""
    decimal: Literal["auto", ".", ","] = "auto"
    """Mark before the decimals of a number."""
    encoding: str = "auto"
    """Text encoding, such as utf-8 or latin-1; auto tries the usual ones."""
    missing: Literal["error", "drop"] = "error"
    """What to do with rows that hold empty or non-finite values."""


class ArrayData(Preparation):
    """Arrays of the user's own: MNIST-style IDX files or a NumPy archive."""

    dataset: Literal["idx", "npz"]
    """Kind of file."""
    path: Annotated[str, Field(min_length=1, max_length=4096)]
    """IDX: the images; NPZ: the archive."""
    labels: str = ""
    """IDX: the file of labels; NPZ: the name of the target array (empty: y)."""
    inputs: str = "x"
    """NPZ: the name of the input array."""
    task: Literal["auto", "classification", "regression"] = "auto"
    """What is predicted; auto: classification if the target holds whole numbers."""
    limit: Count = 0
    """Use only the first so many samples (0: all)."""


Data = Annotated[SyntheticData | BundledData | CsvData | ArrayData, Field(discriminator="dataset")]

# ------------------------------------------------------------------------------------- network


class Initialization(Section):
    """How the weights start; biases start at zero."""

    scheme: Annotated[str, Choice(INITIALIZERS)] = "he_normal"
    """Distribution the weights are drawn from."""
    gain: NonNegative = 1.0
    """The drawn weights are multiplied by this."""
    std: NonNegative = 0.1
    """σ of the scheme normal."""
    bound: NonNegative = 0.1
    """a of the scheme uniform."""


class Network(Section):
    """A fully connected network: blocks of Linear → Norm → Activation → Dropout, then a plain Linear output."""

    hidden: Annotated[tuple[Width, ...], Field(max_length=MAX_LAYERS)] = (16, 16, 16)
    """Widths of the hidden layers, from input to output."""
    activation: ActivationName | Annotated[tuple[ActivationName, ...], Field(max_length=MAX_LAYERS)] = "relu"
    """One activation for all hidden layers, or a list with one for each."""
    initialization: Initialization = Initialization()
    normalization: Literal["none", "batch", "layer"] = "none"
    """Normalization between the linear map and the activation."""
    skip_every: Annotated[int, Field(ge=0, le=MAX_LAYERS)] = 0
    """Add the value that entered so many blocks earlier to a block's output (0: no skip connections)."""
    dropout: Fraction = 0.0
    """Share of activations set to zero at each training step."""

    @model_validator(mode="after")
    def _one_activation_per_layer(self) -> Self:
        if isinstance(self.activation, tuple) and len(self.activation) != len(self.hidden):
            raise ValueError(
                f"activation lists {len(self.activation)} names for {len(self.hidden)} hidden layers; "
                "give one name for all, or one for each"
            )
        if self.skip_every > len(self.hidden):
            raise ValueError(
                f"skip_every = {self.skip_every} is more than the {len(self.hidden)} hidden layers there are"
            )
        return self

    def activations(self) -> tuple[str, ...]:
        """Return one activation name for each hidden layer."""
        if isinstance(self.activation, str):
            return (self.activation,) * len(self.hidden)
        return self.activation


# ---------------------------------------------------------------------------------------- loss


class CrossEntropy(Section):
    """Cross-entropy of the softmax, for classes."""

    kind: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: Fraction = 0.0
    """Share of the target probability spread evenly over all classes."""


class MeanSquaredError(Section):
    """Mean of the squared differences."""

    kind: Literal["mse"]


class MeanAbsoluteError(Section):
    """Mean of the absolute differences."""

    kind: Literal["mae"]


class Huber(Section):
    """Squared near zero, linear beyond delta."""

    kind: Literal["huber"]
    delta: Positive = 1.0
    """Where the square turns into a line."""


Loss = Annotated[CrossEntropy | MeanSquaredError | MeanAbsoluteError | Huber, Field(discriminator="kind")]

# ----------------------------------------------------------------------------------- optimizer

Beta = Annotated[float, Field(ge=0, lt=1)]


class OptimizerBase(Section):
    """What every optimizer has: the rate, and what is done to the gradient before it is used."""

    lr: NonNegative = 0.01
    """Learning rate η, before the schedule."""
    reference_batch: Count = 0
    """Scale the rate by batch size / this (linear scaling rule, Goyal et al. 2017); 0: do not scale."""
    clip_norm: NonNegative = 0.0
    """Scale the whole gradient down to at most this L2 norm (0: off)."""
    clip_value: NonNegative = 0.0
    """Clamp every component of the gradient to ± this (0: off)."""
    gradient_noise: NonNegative = 0.0
    """η of the noise added to the gradient, of variance η / (1 + t)^γ (Neelakantan et al. 2015); 0: off."""
    noise_decay: NonNegative = 0.55
    """γ of the gradient noise."""


class Sgd(OptimizerBase):
    """Plain gradient descent on mini-batches."""

    method: Literal["sgd"]


class Momentum(OptimizerBase):
    """Gradient descent with heavy-ball momentum."""

    method: Literal["momentum"]
    momentum: Beta = 0.9
    """Share β of the last update that is carried on."""
    dampening: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the new gradient that is left out."""


class Nesterov(OptimizerBase):
    """Momentum that looks ahead."""

    method: Literal["nesterov"]
    momentum: Beta = 0.9
    """Share β of the last update that is carried on."""


class AdaGrad(OptimizerBase):
    """Divides by the root of the sum of all past squared gradients."""

    method: Literal["adagrad"]
    lr_decay: NonNegative = 0.0
    """Additional decay: η / (1 + (t − 1) · lr_decay)."""
    initial_accumulator: NonNegative = 0.0
    """Value the sums of squares start from."""
    eps: Positive = 1e-10
    """Added to the denominator."""


class RmsProp(OptimizerBase):
    """Divides by the root of a running mean of squared gradients."""

    method: Literal["rmsprop"]
    alpha: Beta = 0.99
    """Smoothing of the running mean."""
    momentum: Beta = 0.0
    """Momentum on the scaled gradient."""
    centered: bool = False
    """Subtract the squared running mean, so that the variance is used."""
    eps: Positive = 1e-8
    """Added to the denominator."""


class AdamBase(OptimizerBase):
    """What the Adam family shares."""

    beta1: Beta = 0.9
    """Smoothing of the running mean of gradients."""
    beta2: Beta = 0.999
    """Smoothing of the running mean of squared gradients."""
    eps: Positive = 1e-8
    """Added to the denominator."""


class Adam(AdamBase):
    """Running means of the gradient and of its square, corrected for their start (Kingma & Ba 2015)."""

    method: Literal["adam"] = "adam"


class AmsGrad(AdamBase):
    """Adam with the maximum of all past second moments (Reddi et al. 2018)."""

    method: Literal["amsgrad"]


class AdamW(AdamBase):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019)."""

    method: Literal["adamw"]
    weight_decay: NonNegative = 0.01
    """Weights shrink by η · this at every step."""


Optimizer = Annotated[
    Sgd | Momentum | Nesterov | AdaGrad | RmsProp | Adam | AmsGrad | AdamW, Field(discriminator="method")
]

# ------------------------------------------------------------------------------------ schedule


class ScheduleBase(Section):
    """What every schedule has. Lengths are counted in `unit`; 0 means "to the end of the run"."""

    unit: Literal["epoch", "step"] = "epoch"
    """What the lengths below are counted in; the rate itself changes at every step.

    An epoch is as many steps as at the start of the run, even if the batch size is edited later.
    """
    warmup: NonNegative = 0.0
    """Length of a linear rise of the rate before the schedule begins."""
    warmup_start: Annotated[float, Field(gt=0, le=1)] = 0.01
    """Share of the rate that the warm-up starts from."""


class Constant(ScheduleBase):
    """The same rate throughout."""

    kind: Literal["constant"] = "constant"


class StepDecay(ScheduleBase):
    """Multiply by gamma every so often."""

    kind: Literal["step"]
    every: Positive = 30.0
    """Distance between two drops."""
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Factor of each drop."""


class MultiStep(ScheduleBase):
    """Multiply by gamma at given moments."""

    kind: Literal["multistep"]
    milestones: tuple[NonNegative, ...] = (30.0, 60.0)
    """When the rate drops."""
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Factor of each drop."""


class Exponential(ScheduleBase):
    """Multiply by gamma once per unit, smoothly: γ^t."""

    kind: Literal["exponential"]
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.98
    """Factor per unit."""


class InverseTime(ScheduleBase):
    """η / (1 + t/τ): meets the conditions of Robbins and Monro."""

    kind: Literal["inverse_time"]
    tau: Positive = 10.0
    """Time after which the rate has halved."""


class Polynomial(ScheduleBase):
    """η · (1 − t/T)^power."""

    kind: Literal["polynomial"]
    length: NonNegative = 0.0
    """T (0: the rest of the run)."""
    power: Positive = 1.0
    """Exponent; 1 is a straight line."""


class Cosine(ScheduleBase):
    """Half a cosine wave from the rate to its floor (Loshchilov & Hutter 2017)."""

    kind: Literal["cosine"]
    length: NonNegative = 0.0
    """Length of the half wave (0: the rest of the run)."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the rate that is left at the end."""


class CosineRestarts(ScheduleBase):
    """Cosine decay that starts again at the full rate (Loshchilov & Hutter 2017)."""

    kind: Literal["cosine_restarts"]
    period: Positive = 20.0
    """Length of the first cycle."""
    multiplier: Annotated[float, Field(ge=1, le=100)] = 1.0
    """Each cycle is so many times longer than the last."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the rate that is left at the end of a cycle."""


class Cyclical(ScheduleBase):
    """Triangular waves between a low and the full rate (Smith 2017)."""

    kind: Literal["cyclical"]
    half_period: Positive = 5.0
    """Length of the way up, and of the way down."""
    low: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Share of the rate at the foot of a wave."""


class OneCycle(ScheduleBase):
    """Up to the full rate and down to almost nothing, once (Smith & Topin 2018)."""

    kind: Literal["one_cycle"]
    length: NonNegative = 0.0
    """Length of the cycle (0: the rest of the run)."""
    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Share of the cycle spent rising."""
    start_divisor: Annotated[float, Field(ge=1)] = 25.0
    """The cycle starts at the rate divided by this."""
    final_divisor: Annotated[float, Field(ge=1)] = 1e4
    """The cycle ends at the starting rate divided by this."""


class ReduceOnPlateau(ScheduleBase):
    """Multiply by a factor when the monitored loss has stopped improving."""

    kind: Literal["plateau"]
    monitor: Literal["val_loss", "train_loss"] = "val_loss"
    """Loss that is watched."""
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Factor of each reduction."""
    patience: Count = 10
    """Evaluations without improvement that are tolerated."""
    threshold: NonNegative = 1e-4
    """Relative improvement that counts."""
    cooldown: Count = 0
    """Evaluations to wait after a reduction."""
    floor: NonNegative = 0.0
    """Share of the rate below which it does not fall."""


Schedule = Annotated[
    Constant | StepDecay | MultiStep | Exponential | InverseTime | Polynomial | Cosine | CosineRestarts
    | Cyclical | OneCycle | ReduceOnPlateau,
    Field(discriminator="kind"),
]

# ------------------------------------------------------------------- regularization and stopping


class Regularization(Section):
    """Penalties added to the loss; they act on weights, not on biases or normalization."""

    l1: NonNegative = 0.0
    """Adds l1 · Σ|w|."""
    l2: NonNegative = 0.0
    """Adds l2/2 · Σw², so that the gradient gets l2 · w."""


class EarlyStopping(Section):
    """End the run when the monitored metric has stopped improving."""

    enabled: bool = True
    """Armed or not."""
    metric: Literal["val_loss", "val_score", "train_loss"] = "val_loss"
    """What is watched: a loss (lower is better) or the score: accuracy or R² (higher is better)."""
    patience: Annotated[int, Field(ge=1, le=1_000_000)] = 40
    """Evaluations without improvement that are tolerated."""
    min_delta: NonNegative = 0.0
    """An improvement must be larger than this to count."""
    burn_in: Count = 0
    """The first so many evaluations are not judged."""
    restore_best: bool = True
    """At the end of the run, go back to the weights of the best evaluation."""


Action = Literal["off", "tell", "stop"]


class Criterion(Section):
    """One convergence criterion: its threshold, and what happens when it is met."""

    threshold: NonNegative
    """The criterion is met below this value."""
    action: Action = "tell"
    """off, tell (only shown), or stop (counts towards ending the run)."""


class LossPlateau(Criterion):
    """|f(t−1) − f(t)| of the training loss between successive evaluations."""

    threshold: NonNegative = 1e-6
    """The criterion is met below this value."""


class GradientNorm(Criterion):
    """L2 norm of the whole gradient at the last step."""

    threshold: NonNegative = 1e-5
    """The criterion is met below this value."""


class ParameterChange(Criterion):
    """L2 norm of the change of all parameters since the last evaluation."""

    threshold: NonNegative = 1e-7
    """The criterion is met below this value."""


class RelativeImprovement(Criterion):
    """(f(t−1) − f(t)) / f(t−1) of the training loss between successive evaluations."""

    threshold: NonNegative = 1e-4
    """The criterion is met from 0 (a rise does not count) to below this value."""


class ValidationCriterion(Section):
    """No improvement of the early-stopping metric for so many evaluations."""

    threshold: PositiveCount = 10
    """Evaluations without improvement."""
    action: Action = "tell"
    """off, tell (only shown), or stop (counts towards ending the run)."""


class Criteria(Section):
    """The five convergence criteria; those set to stop end the run together, as `combine` says."""

    loss_plateau: LossPlateau = LossPlateau()
    """|f(t−1) − f(t)| of the training loss between successive evaluations."""
    gradient_norm: GradientNorm = GradientNorm()
    """L2 norm of the whole gradient at the last step."""
    parameter_change: ParameterChange = ParameterChange()
    """L2 norm of the change of all parameters since the last evaluation."""
    validation: ValidationCriterion = ValidationCriterion()
    """Evaluations since the metric of early stopping improved."""
    relative_improvement: RelativeImprovement = RelativeImprovement()
    """(f(t−1) − f(t)) / f(t−1) of the training loss between successive evaluations."""
    combine: Literal["any", "all", "k"] = "any"
    """How the criteria set to stop are combined."""
    k: Annotated[int, Field(ge=1, le=5)] = 2
    """How many must hold at once where combine is k."""


class Stopping(Section):
    """When the run ends before its last epoch."""

    early: EarlyStopping = EarlyStopping()
    criteria: Criteria = Criteria()


class Evaluation(Section):
    """How often, and on how much, the network is evaluated."""

    every: PositiveCount = 1
    """Distance between two evaluations."""
    unit: Literal["epoch", "step"] = "epoch"
    """What `every` is counted in."""
    train_samples: PositiveCount = 5000
    """Evaluate the training loss on at most so many samples (a fixed choice)."""


# ---------------------------------------------------------------------------------- experiment


class Experiment(Section):
    """Everything that determines a run, but for the edits made while it runs."""

    name: Annotated[str, Field(min_length=1, max_length=120)] = "two spirals"
    """Shown as the title, and used in the name of the run folder."""
    notes: Annotated[str, Field(max_length=20_000)] = ""
    """Free text."""
    data: Data = SyntheticData()
    network: Network = Network()
    loss: Loss = CrossEntropy()
    optimizer: Optimizer = Adam()
    schedule: Schedule = Constant()
    regularization: Regularization = Regularization()
    stopping: Stopping = Stopping()
    evaluation: Evaluation = Evaluation()
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] | Literal["full"] = 32
    """Samples per step, or "full" for the whole training part."""
    epochs: Annotated[int, Field(ge=1, le=10_000_000)] = 400
    """Passes over the training part."""
    steps: Annotated[int, Field(ge=0, le=10**12)] = 0
    """End after so many steps at the latest (0: only `epochs` counts)."""
    seed: Seed = 0
    """Seed of the weights, the order of the batches, dropout and gradient noise (each with a generator of its own)."""
    replicas: Annotated[int, Field(ge=1, le=4096)] = 1
    """Runs trained side by side, with seeds seed, seed + 1, …"""
    dtype: Literal["float32", "float64"] = "float32"
    """Precision of all computations."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where it runs; auto takes a GPU only where it is faster for this experiment."""

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        problems = inconsistencies(self)
        if problems:
            raise ValueError("\n".join(problems))
        return self

