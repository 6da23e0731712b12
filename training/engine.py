"""The engine: trains a population of replicas and reports progress. It knows of no pause, thread or window.

    engine = Engine(experiment)
    for progress in engine.train():
        history.extend(progress)

A run is *experiment + edits*: the same ones give the same records, bit for bit, on one machine and
build, however the steps are cut into chunks. Drive it a chunk at a time with `advance`.
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.initializers import INITIALIZERS
from models.losses import LOSSES, Loss
from models.network import Network
from training.batches import Batches
from training.cuda_graph import CapturedStep
from training.data.load import load_prepared
from training.data.prepare import PreparedData
from training.device import choose_device, describe
from training.errors import InputError
from training.evaluator import Evaluator, targets_of
from training.experiment import Experiment
from training.feasibility import architecture_of, batch_size_of, check_feasible
from training.gradient import noise_std
from training.judge import Judge, Weights
from training.optimizers import make_optimizer, scaled_lr
from training.population import check_population, edited, replicas_of
from training.progress import (
    STOP,
    Edit,
    EvaluationRecord,
    Outcome,
    Progress,
    Report,
    layer_names,
    record_width,
)
from training.randomness import generator
from training.result import Result
from training.schedules import Factor, PlateauReducer, schedule_factor
from training.snapshot import Snapshot
from training.step import TrainingStep

FloatArray = NDArray[np.float64]

CHUNK_SECONDS = 0.015
"""Work between two reports: short enough for a lively window, long enough that reporting costs nothing."""
MAX_CHUNK_STEPS = 4096

EDITABLE = ("optimizer.", "regularization.", "stopping.", "batch_size", "epochs", "steps")
"""What may be changed while running: these keys, or keys that start so."""
FIXED = ("optimizer.method",)

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def is_editable(key: str) -> bool:
    """Tell whether a dotted key may be changed while a run is under way."""
    if key in FIXED:
        return False
    return any(key == name or (name.endswith(".") and key.startswith(name)) for name in EDITABLE)


class Engine:
    """Trains one experiment (with all its replicas), or several that differ only in numbers.

    Parameters
    ----------
    experiments
        One experiment, or one for each replica; see `training.population.VARYING`.
    data
        The prepared data, where they are loaded already.
    use_graph
        On a GPU, replay the step from a CUDA graph.
    watch_every_step
        Look for values that are not finite after every step; None: on the CPU, where it costs nothing.
        Otherwise it is done at the end of a chunk, which is then run again up to the step at fault.

    Raises
    ------
    InputError
        If the experiment cannot run: bad data, too little memory, no such device.

    Attributes
    ----------
    experiments
        One per replica, with all edits so far.
    edits
        The edits so far, each with the step it was made at.
    notes
        Plain sentences about how the run is done, such as a fall-back.
    """

    def __init__(
        self,
        experiments: Experiment | Sequence[Experiment],
        data: PreparedData | None = None,
        *,
        use_graph: bool = True,
        watch_every_step: bool | None = None,
    ) -> None:
        self.experiments = replicas_of(experiments) if isinstance(experiments, Experiment) else tuple(experiments)
        check_population(self.experiments)
        self.original = self.experiments
        self.data = data if data is not None else load_prepared(self.experiment.data)
        self.architecture = architecture_of(self.experiment, self.data)
        self.replicas = len(self.experiments)
        self.device = choose_device(self.experiment.device, self.replicas * self.architecture.n_parameters)
        check_feasible(self.experiment, self.data, replicas=self.replicas, device=self.device)
        self.notes: list[str] = list(self.data.notes)
        self.edits: list[Edit] = []
        self.step = 0
        self.outcomes: list[Outcome | None] = [None] * self.replicas
        self._kept: list[Weights | None] = [None] * self.replicas
        self._unreported: tuple[EvaluationRecord, ...] = ()
        self._evaluated_at: int | None = None
        self._before_last: dict[str, Any] | None = None
        self._watch_every_step = self.device.type == "cpu" if watch_every_step is None else watch_every_step
        self._build(use_graph)

    # ----------------------------------------------------------------------------------- state

    @property
    def experiment(self) -> Experiment:
        """The experiment of the first replica, edits included."""
        return self.experiments[0]

    @property
    def epoch(self) -> float:
        """Epochs done, with the fraction of the current one."""
        return self._batches.progress()

    @property
    def finished(self) -> bool:
        """Whether every replica's run has ended."""
        return None not in self.outcomes

    @property
    def layer_names(self) -> tuple[str, ...]:
        """Return "layer 1", …, "output"."""
        return layer_names(self.architecture.layers)

    @property
    def batch_size(self) -> int:
        """Samples in a step."""
        return self._batch_size

    @property
    def lr(self) -> float:
        """Learning rate of the first replica in the last step; before the first, of that one."""
        return float(self._rates_now()[0])

    @property
    def params_before_step(self) -> Tensor:
        """The parameters as they were before the last step, ``[R, P]``; not to be changed."""
        return self._step.before

    def optimizer_state(self, replica: int = 0) -> dict[str, Tensor]:
        """Return what the optimizer remembers of a replica, ``[P]`` each, and counters ``[]``; not to be changed."""
        return self._step.optimizer.state_of(replica)

    @property
    def steps_per_epoch(self) -> int:
        """Steps that make an epoch."""
        return self._batches.steps_per_epoch(self.batch_size)

    @property
    def steps_left_in_epoch(self) -> int:
        """Steps to the end of the current epoch."""
        return self._batches.steps_left_in_epoch(self.batch_size)

    @property
    def device_name(self) -> str:
        """The device in words."""
        return describe(self.device)

    # ---------------------------------------------------------------------------------- running

    def train(self, edits: Iterable[Edit] = ()) -> Iterator[Progress]:
        """Run to the end, yielding what each chunk brought.

        Parameters
        ----------
        edits
            Edits to apply on the way, each at its step.
        """
        pending = sorted(edits, key=lambda edit: (edit.step, edit.group))
        chunk = 1
        while True:
            while pending and pending[0].step <= self.step:
                self.repeat(_first_group(pending))
                yield self.advance(0)  # one of them may end the run, and the next let it go on
            if self.finished:  # asked after the edits: one of them may have let a finished run go on
                return
            limit = pending[0].step - self.step if pending else MAX_CHUNK_STEPS
            progress = self.advance(min(chunk, limit))
            chunk = next_chunk(chunk, progress)
            yield progress

    @torch.inference_mode()
    def advance(self, at_most: int) -> Progress:
        """Do up to `at_most` steps and return what they brought; fewer where the run ends.

        With 0, only an evaluation that is due is made: before the first step, or where an edit ends the run.
        """
        # Numbers below 1e-38 make a deep saturated network up to a hundred times slower, and show nothing.
        torch.set_flush_denormal(True)
        try:
            return self._advance(at_most)
        finally:
            torch.set_flush_denormal(False)  # the mode is the thread's, and the thread the caller's

    def _advance(self, at_most: int) -> Progress:
        started = time.perf_counter()
        first = self.step
        evaluations = list(self._unreported)
        self._unreported = ()
        if self._evaluation_due() and not self.finished:
            evaluations.append(self._evaluate())
        self._end_if_complete()
        records = np.empty((at_most if not self.finished else 0, self.replicas, self._columns))
        checkpoint = None if self._watch_every_step else self.state()
        done = 0
        while done < len(records) and not self.finished:
            self._do_step(records, done)
            record = records[done]
            done += 1
            if self._watch_every_step:
                self._last_grad_norm = record[:, 2]
                if not math.isfinite(self._worth_watching(record)):
                    self._end_diverged(record)
            if self._evaluation_due():
                if not self._watch_every_step:
                    break  # look for values that are not finite before anything is judged by them
                evaluations.append(self._evaluate())
            self._end_if_complete()
        if not self._watch_every_step and done:
            done = self._look_back(records, done, checkpoint, evaluations)
        return self._progress(first, records[:done], evaluations, started)

    def edit(self, changes: Mapping[str, Any]) -> tuple[Edit, ...]:
        """Change settings of every replica from the next step on, all at once or not at all.

        Parameters
        ----------
        changes
            Dotted keys and their new values.

        Raises
        ------
        InputError
            If a key cannot be changed while running, or the result is not valid; nothing changes then.
        """
        for key in changes:
            if not is_editable(key):
                raise InputError(
                    f"'{key}' cannot be changed while a run is under way",
                    allowed=", ".join(EDITABLE),
                    hint="Reset to apply it",
                )
        experiments = edited(self.experiments, changes)
        check_feasible(experiments[0], self.data, replicas=self.replicas)
        if self._evaluated_at is None:
            # So that the first evaluation is made under the same settings when the edits are replayed.
            self._unreported = self.advance(0).evaluations
        self.experiments = experiments
        self._configure()
        made = self._note(changes)
        self._reopen(longer="epochs" in changes or "steps" in changes)
        return made

    def repeat(self, changes: Mapping[str, Any]) -> tuple[Edit, ...]:
        """Do again what edits made together say: change settings, or end the run."""
        return self.stop() if STOP in changes else self.edit(changes)

    def stop(self) -> tuple[Edit, ...]:
        """End every run that has not ended, as stopped by the user; that counts as an edit, to be replayed."""
        running = self._running()
        for replica in running:
            judge = self._judges[replica]
            text = f"Stopped by you at epoch {self.epoch:.4g}."
            self._end(replica, judge.outcome("stopped", self.step, self.epoch, text))
        return self._note({STOP: True}) if running else ()

    def _note(self, changes: Mapping[str, Any]) -> tuple[Edit, ...]:
        """Remember what was changed now, as one group."""
        group = self.edits[-1].group + 1 if self.edits else 0
        made = tuple(Edit(self.step, key, value, group) for key, value in changes.items())
        self.edits.extend(made)
        return made

    def fail(self, message: str) -> None:
        """End every run that has not ended, as failed."""
        for replica in self._running():
            self._end(replica, self._judges[replica].outcome("failed", self.step, self.epoch, f"Failed: {message}."))

    # ---------------------------------------------------------------------------------- results

    def snapshot(self, replica: int = 0) -> Snapshot:
        """Return a copy of one replica as it is now (for a run that has ended: the weights it keeps)."""
        now = Weights(self.network.params[replica], self.network.statistics_of(replica))
        return self._snapshot_of(self._kept[replica] or now)

    def initial_snapshot(self, replica: int = 0) -> Snapshot:
        """Return a copy of one replica as it was before the first step."""
        return self._snapshot_of(self._initial[replica], at_start=True)

    def result(self) -> Result:
        """Return what the run has come to by now, for its files."""
        replicas = range(self.replicas)
        return Result(
            step=self.step,
            epoch=self.epoch,
            outcomes=tuple(self.outcomes[replica] or self._so_far(replica) for replica in replicas),
            initial=tuple(self.initial_snapshot(replica) for replica in replicas),
            final=tuple(self.snapshot(replica) for replica in replicas),
            edits=tuple(self.edits),
            data=self.data,
            device=self.device_name,
            parameters=self.architecture.n_parameters,
            steps_per_epoch=self.steps_per_epoch,
            notes=tuple(self.notes),
        )

    def _so_far(self, replica: int) -> Outcome:
        so_far = self._judges[replica].outcome("running", self.step, self.epoch, "")
        text = f"Under way at epoch {self.epoch:.4g}, step {self.step}: the weights are those of that moment."
        return dataclasses.replace(so_far, message=text, restored=False)

    def state(self) -> dict[str, Any]:
        """Return all that `load_state` needs to go on exactly here."""
        return {
            "step": self.step,
            "experiments": self.experiments,
            "edits": list(self.edits),
            "outcomes": list(self.outcomes),
            "kept": list(self._kept),
            "tensors": self._tensor_state(),
            "batches": self._batches.state(),
            "generators": [source.get_state() for source in self._sources()],
            "judgment": self._judgment(),
            "before_last": self._before_last,
            "unreported": self._unreported,
            "last_grad_norm": self._last_grad_norm.copy(),
        }

    @torch.inference_mode()
    def load_state(self, state: dict[str, Any]) -> None:
        """Go back to a state saved before."""
        self.step = state["step"]
        self.experiments = state["experiments"]
        self.edits = list(state["edits"])
        self._configure()  # before the rest, as another metric makes a judge forget
        self.outcomes = list(state["outcomes"])
        self._kept = list(state["kept"])
        self._load_tensor_state(state["tensors"])
        self._batches.load_state(state["batches"])
        for source, saved in zip(self._sources(), state["generators"], strict=True):
            source.set_state(saved)
        self._load_judgment(state["judgment"])
        self._before_last = state["before_last"]
        self._unreported = state["unreported"]
        self._last_grad_norm = state["last_grad_norm"].copy()

    def _judgment(self) -> dict[str, Any]:
        """Return what evaluations have left behind."""
        return {
            "judges": [judge.state() for judge in self._judges],
            "plateaus": [plateau.state() for plateau in self._plateaus],
            "evaluated_at": self._evaluated_at,
            "params_at_evaluation": self._params_at_evaluation.clone(),
        }

    def _load_judgment(self, saved: dict[str, Any]) -> None:
        for judge, state in zip(self._judges, saved["judges"], strict=True):
            judge.load_state(state)
        for plateau, state in zip(self._plateaus, saved["plateaus"], strict=True):
            plateau.load(state)
        self._evaluated_at = saved["evaluated_at"]
        self._params_at_evaluation = saved["params_at_evaluation"].clone()

    # --------------------------------------------------------------------------------- building

    @torch.inference_mode(False)
    @torch.no_grad()
    def _build(self, use_graph: bool) -> None:
        experiment, dtype = self.experiment, DTYPES[self.experiment.dtype]
        self.network = Network(self.architecture, self.replicas, dtype, self.device)
        self._initialize()
        self.loss = _loss_of(experiment)
        targets = targets_of(self.data, getattr(experiment.loss, "label_smoothing", 0.0), dtype)
        self._batches = Batches(
            torch.from_numpy(self.data.x_train).to(self.device, dtype),
            targets[0].to(self.device),
            [generator(replica.seed, "batches") for replica in self.experiments],
            drop_single=self.architecture.normalization == "batch",
        )
        self._dropout = [generator(replica.seed, "dropout", self.device) for replica in self.experiments]
        self._noise = [generator(replica.seed, "gradient noise", self.device) for replica in self.experiments]
        self._evaluator = Evaluator(self.network, self.loss, self.data, targets, experiment)
        self._judges = [Judge(replica) for replica in self.experiments]
        plateau = experiment.schedule
        self._plateaus = [PlateauReducer(plateau) for _ in self.experiments] if plateau.kind == "plateau" else []
        self._factor = self._schedule()
        optimizer = make_optimizer(
            self.network.params, [replica.optimizer for replica in self.experiments], self.network.weight_mask()
        )
        self._step = TrainingStep(self.network, self.loss, optimizer, self.experiments)
        self._columns = record_width(self.architecture.layers)
        self._measured = self._step.measured.T.numpy() if self.device.type == "cpu" else None
        self._lr_tensor = torch.zeros(self.replicas, 1, dtype=dtype, device=self.device)
        self._captured: CapturedStep | None = None
        if self.device.type == "cuda" and use_graph:
            self._captured = CapturedStep(self._step, self._tensor_state, self._load_tensor_state)
        self._last_grad_norm = np.full(self.replicas, np.nan)
        self._params_at_evaluation = self.network.params.clone()
        self._configure()

    def _initialize(self) -> None:
        config = self.experiment.network.initialization
        own = INITIALIZERS[config.scheme].parameter
        self.network.initialize(
            [generator(replica.seed, "initialization") for replica in self.experiments],
            config.scheme,
            getattr(config, own) if own else 0.0,
            [replica.network.initialization.gain for replica in self.experiments],
        )
        self._initial = [self._weights(replica) for replica in range(self.replicas)]

    def _schedule(self) -> Factor:
        # Lengths are those of the experiment as it started: extending a run must not bend its schedule.
        experiment = self.original[0]
        steps_per_epoch = self._batches.steps_per_epoch(batch_size_of(experiment, self.data))
        total = experiment.epochs * steps_per_epoch
        if experiment.steps:
            total = min(total, experiment.steps)
        return schedule_factor(experiment.schedule, steps_per_epoch=steps_per_epoch, total_steps=total)

    def _configure(self) -> None:
        """Read the experiments into numbers, at the start and after every edit."""
        self._batch_size = batch_size_of(self.experiment, self.data)
        self._last_epoch, self._last_step = self.experiment.epochs, self.experiment.steps or math.inf
        self._evaluation = self.experiment.evaluation
        rates = [scaled_lr(replica.optimizer, self._batch_size) for replica in self.experiments]
        self._base_lr = np.array(rates)
        self._one_lr = len(set(rates)) == 1 and not self._plateaus and self.device.type == "cpu"
        self._base_lr_tensor = torch.tensor(rates, dtype=torch.float64, device=self.device).unsqueeze(1)
        noise = [(replica.optimizer.gradient_noise, replica.optimizer.noise_decay) for replica in self.experiments]
        self._noise_settings = noise
        optimizer_changed = self._step.optimizer.configure([replica.optimizer for replica in self.experiments])
        step_changed = self._step.configure(self.experiments)
        for judge, replica in zip(self._judges, self.experiments, strict=True):
            judge.configure(replica)
        if self._captured is not None and (optimizer_changed or step_changed):
            self._captured.forget()

    # ---------------------------------------------------------------------------------- stepping

    def _do_step(self, records: FloatArray, index: int) -> None:
        lr = self._learning_rate()
        x, target = self._batches.next(self._batch_size)
        if self.architecture.dropout:
            self.network.draw_dropout(x.shape[1], self._dropout)
        if self._step.noise is not None:
            self._draw_noise(self._step.noise)
        if self._captured is not None:
            self._run_captured(x, target)
        else:
            self._step.run(x, target, lr if isinstance(lr, float) else self._lr_tensor)
        self.step += 1
        self._record(records, index, lr)

    def _learning_rate(self) -> float | FloatArray:
        factor = self._factor(self.step)
        if self._one_lr:
            return float(self._base_lr[0]) * factor
        rates = self._base_lr * factor
        if self._plateaus:
            rates = rates * np.array([plateau.factor for plateau in self._plateaus])
            self._lr_tensor.copy_(torch.from_numpy(rates).unsqueeze(1))
        else:
            # A kernel with the factor as its argument: no copy from the host, so nothing to wait for.
            self._lr_tensor.copy_(self._base_lr_tensor * factor)
        return rates

    def _draw_noise(self, noise: Tensor) -> None:
        for row, source, (eta, decay) in zip(noise, self._noise, self._noise_settings, strict=True):
            row.normal_(0.0, noise_std(eta, decay, self.step), generator=source)

    def _run_captured(self, x: Tensor, target: Tensor) -> None:
        assert self._captured is not None
        try:
            self._captured.run(x, target, self._lr_tensor)
        except RuntimeError as error:
            if "out of memory" in str(error):
                raise
            self.notes.append(f"The step could not be captured in a CUDA graph; it runs without one ({error}).")
            self._captured = None
            self._step.run(x, target, self._lr_tensor)

    def _record(self, records: FloatArray, index: int, lr: float | FloatArray) -> None:
        if self._measured is not None:
            records[index] = self._measured
        else:
            self._keep_on_device(index)
        records[index, :, 1] = lr

    def _keep_on_device(self, index: int) -> None:
        """On a GPU, collect the records there; `_look_back` brings a chunk of them to the host at once."""
        if index == 0:
            self._device_records: list[Tensor] = []
        self._device_records.append(self._step.measured.clone())

    def _fetch_records(self, records: FloatArray, done: int) -> None:
        if self._measured is None:
            rates = records[:done, :, 1].copy()
            records[:done] = torch.stack(self._device_records).transpose(1, 2).cpu().numpy()
            records[:done, :, 1] = rates

    def _worth_watching(self, record: FloatArray) -> float:
        if self.replicas == 1:
            return record.item(0, 0) + record.item(0, 2) + record.item(0, 3)
        return float(record[self._running()][:, (0, 2, 3)].sum())

    # --------------------------------------------------------------------------------- divergence

    def _look_back(
        self, records: FloatArray, done: int, checkpoint: dict[str, Any] | None, evaluations: list[EvaluationRecord]
    ) -> int:
        """Find the first record that is not finite; go back there if there is one, else evaluate if due."""
        self._fetch_records(records, done)
        running = self._running()
        finite = np.isfinite(records[:done, running][:, :, (0, 2, 3)]).all(axis=(1, 2))
        if not finite.all():
            bad = int(np.argmin(finite))
            assert checkpoint is not None
            self.load_state(checkpoint)
            self._repeat_without_graph(records, bad + 1)
            self._end_diverged(records[bad])
            done = bad + 1
        self._last_grad_norm = records[done - 1, :, 2].copy()
        if self._evaluation_due():
            evaluations.append(self._evaluate())
        self._end_if_complete()
        return done

    def _repeat_without_graph(self, records: FloatArray, steps: int) -> None:
        captured, self._captured = self._captured, None
        for index in range(steps):
            self._do_step(records, index)
        self._fetch_records(records, steps)
        self._captured = captured

    def _end_diverged(self, record: FloatArray) -> None:
        for replica in self._running():
            if np.isfinite(record[replica, [0, 2, 3]]).all():
                continue
            tensor = self._first_bad_tensor(replica, record)
            text = (
                f"Diverged at step {self.step} (epoch {self.epoch:.4g}): "
                f"the first value that is not finite is in the {tensor}."
            )
            self._end(replica, self._judges[replica].outcome("diverged", self.step, self.epoch, text, tensor=tensor))

    def _first_bad_tensor(self, replica: int, record: FloatArray) -> str:
        for name, tensor in self.network.forward_tensors():
            if not torch.isfinite(tensor[replica]).all():
                return name
        if not np.isfinite(record[replica, 0]):
            return "loss"
        for name, tensor in self.network.backward_tensors():
            if not torch.isfinite(tensor[replica]).all():
                return name
        for slot in self.architecture.slots:
            if not torch.isfinite(self.network.params[replica, slot.span]).all():
                return f"{self.layer_names[slot.layer]} parameters after the update"
        return "norm of the gradient"

    # --------------------------------------------------------------------------------- evaluation

    def _evaluation_due(self) -> bool:
        if self._evaluated_at == self.step:
            return False
        return self._on_grid() or self._is_complete()

    def _on_grid(self) -> bool:
        every = self._evaluation.every
        if self._evaluation.unit == "step":
            return self.step % every == 0
        return self._batches.position == 0 and self._batches.epoch % every == 0

    def _evaluate(self) -> EvaluationRecord:
        self._before_last = None if self._on_grid() else self._judgment()
        measured = dict(vars(self._evaluator.measure()))
        first = self._evaluated_at is None
        change = self._parameter_change()
        self._evaluated_at = self.step
        running, rates = self._running(), self._rates_now()
        for replica in running:
            metrics = {name: float(values[replica]) for name, values in measured.items()}
            moved = math.nan if first else float(change[replica])
            self._judge_replica(replica, metrics, moved)
        if first:
            change = np.full(self.replicas, np.nan)
        measured |= {"parameter_change": change, "grad_norm": self._last_grad_norm, "lr": rates}
        if len(running) < self.replicas:
            ended = np.isin(np.arange(self.replicas), running, invert=True)
            measured = {name: np.where(ended, np.nan, values) for name, values in measured.items()}
        return EvaluationRecord(
            step=self.step,
            epoch=self.epoch,
            **{name: values.copy() for name, values in measured.items()},
            waited=np.array([float(judge.stopper.waited) for judge in self._judges]),
            best_step=np.array([float(judge.best_step) for judge in self._judges]),
            criteria=tuple(judge.criteria for judge in self._judges),
        )

    def _judge_replica(self, replica: int, metrics: dict[str, float], moved: float) -> None:
        judge = self._judges[replica]
        gradient_norm = float(self._last_grad_norm[replica])
        if judge.take(metrics, gradient_norm, moved, self.step, self.epoch):
            judge.best = self._weights(replica)
        schedule = self.experiment.schedule
        if schedule.kind == "plateau":
            self._plateaus[replica].update(metrics[schedule.monitor])
        if self.step:
            outcome = judge.verdict(self.step, self.epoch)
            if outcome is not None:
                self._end(replica, outcome)

    def _parameter_change(self) -> FloatArray:
        difference = self.network.params - self._params_at_evaluation
        self._params_at_evaluation.copy_(self.network.params)
        change: FloatArray = torch.linalg.vector_norm(difference, 2, 1, dtype=torch.float64).cpu().numpy()
        return change

    def _rates_now(self) -> FloatArray:
        rates = self._base_lr * self._factor(max(0, self.step - 1))
        if self._plateaus:
            rates = rates * np.array([plateau.factor for plateau in self._plateaus])
        return rates

    # ------------------------------------------------------------------------------------- ends

    def _is_complete(self) -> bool:
        return self._batches.epoch >= self._last_epoch or self.step >= self._last_step

    def _end_if_complete(self) -> None:
        if not self._is_complete():
            return
        for replica in self._running():
            text = f"Completed all {self._batches.epoch} epochs."
            if self._batches.epoch < self.experiment.epochs:
                text = f"Completed {self.step} steps."
            self._end(replica, self._judges[replica].outcome("completed", self.step, self.epoch, text))

    def _end(self, replica: int, outcome: Outcome) -> None:
        self.outcomes[replica] = outcome
        best = self._judges[replica].best
        self._kept[replica] = best if outcome.restored and best is not None else self._weights(replica)

    def _reopen(self, *, longer: bool) -> None:
        """After an edit, let runs go on that ended here and would not end here now.

        A run the user has stopped goes on only where its length was changed.
        """
        reopened = [replica for replica in range(self.replicas) if self._may_go_on(replica, longer)]
        for replica in reopened:
            self.outcomes[replica] = None
            self._kept[replica] = None
        if reopened and self._before_last is not None:
            self._take_back_last_evaluation(self._before_last)
        if self._evaluated_at == self.step:
            self._end_if_complete()

    def _may_go_on(self, replica: int, longer: bool) -> bool:
        outcome = self.outcomes[replica]
        if outcome is None or outcome.step != self.step or self._is_complete():
            return False
        if outcome.reason == "stopped":
            return longer
        if outcome.reason in ("diverged", "failed"):
            return False
        return self._judges[replica].verdict(self.step, self.epoch) is None

    def _take_back_last_evaluation(self, before: dict[str, Any]) -> None:
        """Forget the evaluation that was made only because the run ended, as a longer run would not have made it."""
        self._load_judgment(before)
        self._before_last = None

    def _running(self) -> list[int]:
        return [replica for replica, outcome in enumerate(self.outcomes) if outcome is None]

    # ------------------------------------------------------------------------------------ helpers

    def _progress(
        self, first: int, records: FloatArray, evaluations: list[EvaluationRecord], started: float
    ) -> Progress:
        if self.replicas > 1:
            self._blank_after_end(first, records)
        return Progress(
            first_step=first,
            records=records,
            evaluations=tuple(evaluations),
            step=self.step,
            epoch=self.epoch,
            outcomes=tuple(self.outcomes),
            seconds=time.perf_counter() - started,
        )

    def _blank_after_end(self, first: int, records: FloatArray) -> None:
        for replica, outcome in enumerate(self.outcomes):
            if outcome is not None:
                records[max(0, outcome.step - first) :, replica] = np.nan

    def _weights(self, replica: int) -> Weights:
        return Weights(self.network.params[replica].clone(), self.network.statistics_of(replica))

    def _snapshot_of(self, weights: Weights, *, at_start: bool = False) -> Snapshot:
        return Snapshot(
            step=0 if at_start else self.step,
            epoch=0.0 if at_start else self.epoch,
            architecture=self.architecture,
            task=self.data.task,
            params=weights.params.to("cpu", copy=True).numpy(),
            statistics=weights.statistics.to("cpu", copy=True).numpy(),
        )

    def _sources(self) -> list[torch.Generator]:
        return [*(self._dropout if self.architecture.dropout else ()), *self._noise]

    def _tensor_state(self) -> dict[str, Any]:
        return {
            "params": self.network.params.clone(),
            "statistics": self.network.statistics.clone(),
            "optimizer": self._step.optimizer.state(),
        }

    def _load_tensor_state(self, state: dict[str, Any]) -> None:
        self.network.params.copy_(state["params"])
        self.network.statistics.copy_(state["statistics"])
        self._step.optimizer.load_state(state["optimizer"])


def _first_group(pending: list[Edit]) -> dict[str, Any]:
    """Take the edits that were made together with the first off the list; return them as changes."""
    first = pending[0]
    changes = {}
    while pending and (pending[0].step, pending[0].group) == (first.step, first.group):
        edit = pending.pop(0)
        changes[edit.key] = edit.value
    return changes


def next_chunk(steps: int, progress: Report) -> int:
    """Return how many steps make the next chunk about `CHUNK_SECONDS` long."""
    done = progress.steps_done
    if done == 0 or progress.seconds <= 0:
        return max(1, steps)
    wanted = int(done * CHUNK_SECONDS / progress.seconds)
    return max(1, min(wanted, 4 * max(done, 1), MAX_CHUNK_STEPS))


def _loss_of(experiment: Experiment) -> Loss:
    make = LOSSES[experiment.loss.kind].make
    return make(experiment.loss.delta) if experiment.loss.kind == "huber" else make()

