"""What a run is told: frozen dataclasses, one a group of the command line, kept with the run as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_type_hints

from snnkernels import LIF

DEFAULT_EPOCHS = {"mnist": 1, "fashion-mnist": 1, "digits": 20}


class RunError(Exception):
    """What stops a run and the user can put right, in plain words."""


@dataclass(frozen=True)
class DataConfig:
    """What to learn."""

    dataset: Literal["auto", "mnist", "fashion-mnist", "digits"] = "auto"
    """auto: MNIST from --data-dir, else downloaded into it, else (offline) scikit-learn's small handwritten digits"""
    data_dir: Path = Path("data")
    """folder of the data: MNIST/raw/*.gz or FashionMNIST/raw/*.gz, as torchvision keeps them, or the .gz themselves"""
    limit: int | None = None
    """train on so many images only, and validate on a fifth of that, for a quick look"""
    shift: int = 0
    """move each training image by up to so many pixels each way, anew in every epoch"""

    def __post_init__(self) -> None:
        _at_least_one(self, "limit")
        if self.shift < 0:
            raise ValueError(f"--shift must be 0 or more, got {self.shift}")


@dataclass(frozen=True)
class CodingConfig:
    """How an image becomes input over time."""

    encoding: Literal["poisson", "latency", "constant"] = "poisson"
    """poisson: a pixel fires with its brightness as probability; latency: once, bright early; constant: as a current"""
    time_steps: int = 25
    """T, the number of time steps, in training"""
    eval_time_steps: int | None = None
    """T in validation and test; None: the same as in training"""

    def __post_init__(self) -> None:
        _at_least_one(self, "time_steps", "eval_time_steps")


@dataclass(frozen=True)
class NetworkConfig:
    """The layers."""

    model: Literal["mlp", "conv"] = "mlp"
    """mlp: fully connected layers; conv: before them 3x3 convolutions, each halving the image's side by pooling"""
    hidden: tuple[int, ...] = (1000,)
    """neurons in each hidden fully connected layer"""
    channels: tuple[int, ...] = (32, 64)
    """channels of each convolution, with --model conv"""
    gain: float = 0.577
    """of the Kaiming initialisation: weights have standard deviation gain / sqrt(fan_in); nn.Linear's own is 0.577"""

    def __post_init__(self) -> None:
        for name in ("hidden", "channels"):
            if any(size < 1 for size in getattr(self, name)):
                raise ValueError(f"--{name} must be sizes of at least 1, got {getattr(self, name)}")
        _positive(self, "gain")


@dataclass(frozen=True)
class NeuronConfig:
    """The LIF neurons, in every layer alike; `help(snnkernels.lif)` says more."""

    beta: float = 0.9
    """decay of the membrane potential per time step"""
    threshold: float = 1.0
    """membrane potential at which a neuron fires"""
    learn_beta: bool = False
    """train beta too, one number a layer, kept in [0, 1]"""
    learn_threshold: bool = False
    """train the threshold too, one number a layer, kept above 0.01"""
    reset: Literal["subtract", "zero", "none"] | float = "subtract"
    """what a spike does to the potential: subtract the threshold, set it to zero or to a number, or nothing"""
    delay_reset: bool = False
    """reset in the step after the spike, as snnTorch does"""
    detach_reset: bool = True
    """no gradient flows through the spike in the reset"""
    strict: bool = False
    """fire above the threshold only, not at it"""
    input_scale: float = 1.0
    """factor of the input current"""
    surrogate: Literal["fast_sigmoid", "arctan", "sigmoid", "triangle", "rectangle", "gaussian", "straight_through"] = (
        "fast_sigmoid"
    )
    """derivative of the spike in backward"""
    slope: float | None = None
    """steepness of the surrogate; None: 2 for the fast sigmoid, the package's default for the others"""

    def __post_init__(self) -> None:
        if not 0 <= self.beta <= 1:
            raise ValueError(f"--beta must lie in [0, 1], got {self.beta}")
        self.layer()  # which checks everything else

    def layer(self) -> LIF:
        """A layer of these neurons."""
        options = dataclasses.asdict(self)
        if self.slope is None and self.surrogate == "fast_sigmoid":
            options["slope"] = 2.0
        return LIF(**options)


@dataclass(frozen=True)
class OptimizationConfig:
    """How to learn."""

    epochs: int | None = None
    """passes over the training images; None: 1 for MNIST and Fashion-MNIST, 20 for the small digits"""
    max_steps: int | None = None
    """end after so many steps, for a quick look"""
    batch_size: int = 128
    """images in a training step, over all processes"""
    optimizer: Literal["adam", "sgd"] = "adam"
    """adam, or sgd with momentum 0.9"""
    learning_rate: float = 1e-3
    """at the start"""
    weight_decay: float = 0.0
    """adam: a step shrinks the weights by learning rate x weight decay, apart from the gradient; sgd: weight decay
    times weights is added to the gradient, and momentum makes ten times as much of it in the long run"""
    schedule: Literal["cosine", "none"] = "cosine"
    """cosine: the learning rate falls to zero over the run, along half a cosine"""

    def __post_init__(self) -> None:
        _at_least_one(self, "epochs", "max_steps", "batch_size")
        _positive(self, "learning_rate")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(f"--weight-decay must be 0 or more and finite, got {self.weight_decay}")


@dataclass(frozen=True)
class MachineConfig:
    """Where and how to compute."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one"""
    engine: Literal["auto", "reference", "native", "triton"] = "auto"
    """the engine of snnkernels; auto: the fastest that can run"""
    amp: bool = False
    """compute the layers in bfloat16, by torch's autocast; weights and membrane potentials stay float32"""
    compile: bool = False
    """train through torch.compile"""
    cuda_graph: Literal["auto", "on", "off"] = "auto"
    """replay each training step as one CUDA graph, to the same weights; auto: on one GPU, without --compile"""


@dataclass(frozen=True)
class Config:
    """Train a network of spiking LIF neurons, 784-1000-10 by default, on images.

    A validation split chooses the epoch whose weights are tested, once, at the end.

    Whatever ends a run, Ctrl-C or kill -9, --resume continues it as if nothing had.

    To train on several devices, start this script with torchrun --nproc-per-node N.
    """

    out: Path = Path("runs/mnist")
    """folder of the run: config.json, metrics.jsonl, best.pt, last.pt, summary.json"""
    seed: int = 0
    """of the weights, the order of the images and their spikes: the same seed trains the same weights, bit for bit"""
    resume: bool = False
    """continue the run in --out, with the options it was started with"""
    overwrite: bool = False
    """start anew even where --out holds a run, which is removed"""
    checkpoint_every: int = 100
    """steps between checkpoints: what is lost at most where the process is killed"""
    tensorboard: bool = True
    """write TensorBoard's event files too, into the run's folder"""
    data: DataConfig = field(default_factory=DataConfig)
    coding: CodingConfig = field(default_factory=CodingConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    neuron: NeuronConfig = field(default_factory=NeuronConfig)
    optimization: OptimizationConfig = field(default_factory=OptimizationConfig)
    machine: MachineConfig = field(default_factory=MachineConfig)

    def __post_init__(self) -> None:
        _at_least_one(self, "checkpoint_every")
        if not -(2**63) <= self.seed < 2**64:
            raise ValueError(f"--seed must have 64 bits at most, got {self.seed}")

    def resolved(self, dataset: str, device: str) -> Config:
        """With every default that depends on others filled in, for the data set and the device that were found."""
        epochs = self.optimization.epochs or DEFAULT_EPOCHS[dataset]
        return dataclasses.replace(
            self,
            data=dataclasses.replace(self.data, dataset=dataset),
            coding=dataclasses.replace(
                self.coding, eval_time_steps=self.coding.eval_time_steps or self.coding.time_steps
            ),
            optimization=dataclasses.replace(self.optimization, epochs=epochs),
            machine=dataclasses.replace(self.machine, device=device),
        )

    def to_json(self) -> dict[str, Any]:
        """As plain values: what JSON holds, and torch.load(weights_only=True) takes."""
        return json.loads(json.dumps(dataclasses.asdict(self), default=str))

    @staticmethod
    def from_json(values: dict[str, Any]) -> Config:
        """The inverse of :meth:`to_json`. Raises RunError on what no Config of this version gave."""
        try:
            return _from_plain(Config, values)
        except (AttributeError, TypeError, ValueError) as error:
            raise RunError(f"the run was started with options that this example does not know: {error}") from error


def _from_plain(kind: Any, values: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        types = get_type_hints(kind)
        return kind(**{name: _from_plain(types.get(name), value) for name, value in values.items()})
    if isinstance(values, list):
        return tuple(values)
    return Path(values) if kind is Path else values


def _at_least_one(config: object, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if value is not None and value < 1:
            raise ValueError(f"{_option(name)} must be at least 1, got {value}")


def _positive(config: object, *names: str) -> None:
    for name in names:
        value = getattr(config, name)
        if not 0 < value < math.inf:
            raise ValueError(f"{_option(name)} must be positive and finite, got {value}")


def _option(field: str) -> str:
    return "--" + field.replace("_", "-")
