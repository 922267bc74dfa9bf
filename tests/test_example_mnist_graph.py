"""The MNIST example's training steps as a CUDA graph: the same training, bit for bit, also undone and resumed."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from mnist_example import QUICK, checkpoint, failure, metrics, one_thread, run  # noqa: F401
from support import Target
from torch import Tensor

# isort: split
import graphed
import time_to_accuracy
import train
import trainer as trainer_module
from checkpoint import load_checkpoint, save_checkpoint
from config import MachineConfig, RunError
from data import load
from devices import World
from graphed import EAGER_STEPS, StepGraph, use_graph
from model import build_model
from trainer import Trainer

from snnkernels import use_backend

# Two epochs of 13 steps, the last of 93 images.
EPOCHS, STEPS_IN_EPOCH, BATCH, LAST_BATCH = 2, 13, 97, 93
ARGUMENTS = ["--dataset", "digits", "--hidden", "50", "--epochs", str(EPOCHS), "--batch-size", str(BATCH)]
CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)

# Calls of the step itself where a graph takes a whole training: to compile, to capture, and the epochs' last batches.
CALLS = EAGER_STEPS + 1 + EPOCHS

WAYS_TO_TRAIN = [
    "",
    "--optimizer sgd --learning-rate 0.01 --weight-decay 0.01",
    "--shift 1 --learn-beta --learn-threshold --weight-decay 0.1",
    "--encoding constant --schedule none --amp",
    "--model conv --channels 4 8 --time-steps 6",
]


def make_trainer(device: torch.device, arguments: str = "") -> Trainer:
    """Always with the same initial weights."""
    config = train.parse([*ARGUMENTS, *arguments.split()]).resolved("digits", device.type)
    torch.manual_seed(config.seed)
    model = build_model(config, 64, 10).to(device)
    return Trainer(config, model, load("digits", Path("data")).train.to(device), World(device))


def take(trainer: Trainer, steps: int) -> list[Tensor]:
    """So many steps, or all that are left; returns their figures."""
    figures: list[Tensor] = []
    while len(figures) < steps and not trainer.finished:
        figures += (sums for _, sums in zip(range(steps - len(figures)), trainer.steps(), strict=False))
        if trainer.progress.step_in_epoch == trainer.steps_in_epoch:
            trainer.end_epoch()
    return figures


def take_all(trainer: Trainer) -> list[Tensor]:
    return take(trainer, trainer.total_steps)


def assert_same_training(trainer: Trainer, expected: Trainer) -> None:
    """In all that decides how it goes on, to the last bit."""
    states = [trainer.state(), expected.state()]
    for state in states:
        state["progress"].pop("seconds")
    torch.testing.assert_close(*states, rtol=0, atol=0)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the batches of which the step itself was called, and not a graph of it replayed."""
    sizes, step = [], Trainer._step

    def noted(trainer: Trainer, index: Tensor) -> Tensor:
        sizes.append(len(index))
        return step(trainer, index)

    monkeypatch.setattr(Trainer, "_step", noted)
    return sizes


@pytest.mark.parametrize(
    ("device", "processes", "machine", "expected"),
    [
        ("cuda", 1, MachineConfig(), True),
        ("cuda", 1, MachineConfig(cuda_graph="on"), True),
        ("cuda", 1, MachineConfig(cuda_graph="off"), False),
        ("cuda", 1, MachineConfig(compile=True), False),
        ("cuda", 2, MachineConfig(), False),
        ("cpu", 1, MachineConfig(), False),
        ("cpu", 1, MachineConfig(cuda_graph="off"), False),
        ("cuda", 1, MachineConfig(compile=True, cuda_graph="on"), "does not go together with --compile"),
        ("cuda", 2, MachineConfig(cuda_graph="on"), "is for one process, not for 2"),
        ("cpu", 1, MachineConfig(cuda_graph="on"), "needs a GPU, and this runs on cpu"),
    ],
)
def test_where_steps_are_replayed(device: str, processes: int, machine: MachineConfig, expected: bool | str) -> None:
    world = World(torch.device(device), size=processes)
    if isinstance(expected, str):
        with pytest.raises(RunError, match=f"^--cuda-graph on {expected}"):
            use_graph(machine, world)
    else:
        assert use_graph(machine, world) is expected


def test_asked_for_on_a_cpu_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = failure([*QUICK, "--cuda-graph", "on", "--out", str(tmp_path)], capsys)
    assert message == "error: --cuda-graph on needs a GPU, and this runs on cpu"


def test_a_run_may_go_on_without_a_graph(tmp_path: Path) -> None:
    run([*QUICK, "--max-steps", "2"], tmp_path)
    (tmp_path / "summary.json").unlink()
    resumed = train.parse(["--resume", "--out", str(tmp_path), "--cuda-graph", "off"])
    assert resumed.machine == MachineConfig(device="cpu", cuda_graph="off")


@pytest.mark.parametrize(("schedule", "half"), [("cosine", 0.0005), ("none", 0.001)])
def test_learning_rate(schedule: str, half: float) -> None:
    """Of the optimizer in a step, and as the trainer says it of the next."""
    trainer = make_trainer(CPU, f"--schedule {schedule}")
    assert trainer.learning_rate == 0.001
    take(trainer, STEPS_IN_EPOCH)
    assert trainer.learning_rate == pytest.approx(half)
    take(trainer, 1)
    assert [group["lr"] for group in trainer.optimizer.param_groups] == pytest.approx([half, half])
    if schedule == "cosine":
        progress = 14 / (EPOCHS * STEPS_IN_EPOCH)
        assert trainer.learning_rate == pytest.approx(0.001 * (1 + math.cos(math.pi * progress)) / 2)
        take_all(trainer)
        assert trainer.learning_rate == 0


@pytest.mark.parametrize("arguments", WAYS_TO_TRAIN[:2])
@pytest.mark.parametrize("steps", [0, 5])
def test_a_state_is_restored_in_place(steps: int, arguments: str) -> None:
    """What a graph has the addresses of stays; the training is that of a trainer that was not set back."""
    expected, trainer = make_trainer(CPU, arguments), make_trainer(CPU, arguments)
    take_all(expected)
    take(trainer, steps)
    before = copy.deepcopy(trainer.state())
    take(trainer, 3)
    addresses = {tensor.data_ptr() for tensor in tensors_of(trainer)}
    trainer.restore(before)
    assert {tensor.data_ptr() for tensor in tensors_of(trainer)} == addresses
    take_all(trainer)
    assert_same_training(trainer, expected)


def tensors_of(trainer: Trainer) -> list[Tensor]:
    """What a step leaves behind: parameters, the optimizer's state, sums."""
    states = [tensor for state in trainer.optimizer.state.values() for tensor in state.values()]
    assert len(states) >= len(list(trainer.model.parameters()))
    return [*trainer.model.parameters(), *states, trainer._totals]


class Imitation(StepGraph):
    """Where there is no GPU: its replay calls the step, on the graph's own indices and into its own figures."""

    def __init__(self, batch_size: int, generator: torch.Generator) -> None:
        self._index, self._eager_steps, self._graph = torch.zeros(batch_size, dtype=torch.int64), 0, None

    def _take_eagerly(self, step: graphed.Step) -> Tensor:
        self._eager_steps += 1
        return step(self._index)

    def _capture(self, step: graphed.Step) -> Any:
        self._figures, self.replay = torch.zeros(3), lambda: self._figures.copy_(step(self._index))
        return self


def test_the_course_of_a_graph_in_imitation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is taken, in its order, and the figures of a step are not written over by the next."""
    expected = make_trainer(CPU)
    figures = take_all(expected)
    monkeypatch.setattr(trainer_module, "use_graph", lambda machine, world: True)
    monkeypatch.setattr(trainer_module, "StepGraph", Imitation)
    trainer = make_trainer(CPU)
    torch.testing.assert_close(take_all(trainer), figures, rtol=0, atol=0)
    assert_same_training(trainer, expected)


def test_a_step_that_cannot_be_captured_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def step(index: Tensor) -> Tensor:
        raise RuntimeError("operation not permitted\nwhen stream is capturing")

    graph = Imitation(BATCH, torch.Generator())
    graph._generator = graph._stream = None
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Mock)
    monkeypatch.setattr(torch.cuda, "graph", lambda *_, **options: nullcontext())
    with pytest.raises(RunError) as error:
        StepGraph._capture(graph, step)
    assert str(error.value) == (
        "the training step cannot be captured; --cuda-graph off trains without: "
        "operation not permitted when stream is capturing"
    )


@pytest.fixture(params=["reference", "native", "triton"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each on a GPU."""
    Target(request.param, "cuda").require()
    with use_backend(request.param):
        yield request.param


@pytest.mark.gpu
@pytest.mark.parametrize("arguments", WAYS_TO_TRAIN)
def test_replayed_training_equals_eager_training(engine: str, arguments: str, calls: list[int]) -> None:
    expected, trainer = make_trainer(GPU, f"--cuda-graph off {arguments}"), make_trainer(GPU, arguments)
    figures = take_all(expected)
    calls.clear()
    torch.testing.assert_close(take_all(trainer), figures, rtol=0, atol=0)
    assert len(calls) == CALLS < len(figures) == trainer.total_steps
    assert_same_training(trainer, expected)


@pytest.mark.gpu
def test_the_first_replay_comes_after_all_of_the_capture(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the GPU is late with what torch, until 2.12, launches before a capture: a replay has begun by then."""
    expected, trainer = make_trainer(GPU, "--cuda-graph off"), make_trainer(GPU)
    figures, begin, step = take_all(expected), torch.cuda.CUDAGraph.capture_begin, Trainer._step
    cycles = 1 << 26  # some 40 ms

    def begin_late(graph: torch.cuda.CUDAGraph, *arguments: Any, **options: Any) -> None:
        torch.cuda._sleep(cycles)
        begin(graph, *arguments, **options)

    def step_later(trainer: Trainer, index: Tensor) -> Tensor:
        torch.cuda._sleep(2 * cycles)
        return step(trainer, index)

    monkeypatch.setattr(torch.cuda.CUDAGraph, "capture_begin", begin_late)
    monkeypatch.setattr(Trainer, "_step", step_later)
    torch.testing.assert_close(take_all(trainer), figures, rtol=0, atol=0)


@pytest.mark.gpu
@pytest.mark.parametrize("then", ["on", "off"])
@pytest.mark.parametrize("steps", [2, 8, STEPS_IN_EPOCH + 7])
def test_resumed_equals_uninterrupted(steps: int, then: str, engine: str, tmp_path: Path) -> None:
    """Interrupted before the capture, between replays, and in the second epoch; resumed with a graph and without."""
    expected, interrupted = make_trainer(GPU), make_trainer(GPU)
    take_all(expected)
    take(interrupted, steps)
    save_checkpoint(tmp_path / "last.pt", interrupted.state())
    resumed = make_trainer(GPU, f"--cuda-graph {then} --seed 1")  # all that the seed decides is in the checkpoint
    resumed.restore(load_checkpoint(tmp_path / "last.pt"))
    take_all(resumed)
    assert_same_training(resumed, expected)


@pytest.mark.gpu
@pytest.mark.parametrize("arguments", WAYS_TO_TRAIN[:3])
def test_the_capture_is_in_the_warm_up_that_is_undone(engine: str, arguments: str, calls: list[int]) -> None:
    """The graph then goes on with what was restored."""
    expected, trainer = make_trainer(GPU, arguments), make_trainer(GPU, arguments)
    take_all(expected)
    time_to_accuracy.warm_up(trainer, load("digits", Path("data")).to(GPU))
    calls.clear()
    take_all(trainer)
    assert calls == EPOCHS * [LAST_BATCH]
    assert_same_training(trainer, expected)


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:Synchronization debug mode is a prototype")
def test_a_replay_waits_for_nothing(engine: str) -> None:
    trainer = make_trainer(GPU)
    take(trainer, EAGER_STEPS + 1)
    steps = trainer.steps()
    next(steps)  # the order of the images may wait
    torch.cuda.set_sync_debug_mode("error")
    try:
        for _ in range(5):
            next(steps)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
def test_a_run_with_a_graph_equals_one_without(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", False)  # as a run sets it, until here
    options = [*QUICK, "--device", "cuda", "--epochs", "2", "--batch-size", str(BATCH), "--engine", engine]
    for graph in ("on", "off"):
        run([*options, "--cuda-graph", graph], tmp_path / graph)
    assert metrics(tmp_path / "on") == metrics(tmp_path / "off")
    on, off = (checkpoint(tmp_path / graph / "last.pt") for graph in ("on", "off"))
    torch.testing.assert_close(on["model"], off["model"], rtol=0, atol=0)
