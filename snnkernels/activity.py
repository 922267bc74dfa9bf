"""How often the neurons of a network fire, and what it computes for a sample: counted by hooks, spikes are not kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torch.utils.hooks import RemovableHandle

from .dispatch import keeps_float64
from .encoding import PoissonSpikes
from .fan_out import outputs_of_each
from .inputs import check_batch_dim, check_entered_once, check_seen, check_watched
from .neuron_layer import NeuronLayer
from .packed import PackedSpikes
from .spiking_linear import SpikingLinear


@dataclass(frozen=True)
class LayerOperations:
    """What a layer with weights computes for an average sample, over all time steps. Biases are not counted.

    Attributes:
        inputs: how many values come in.
        active: how many of them are not 0.
        all: operations with every input: one for each weight that it meets.
        needed: operations with active inputs alone. A whole number n, of n spikes, counts n times if all are whole.
        spiking: whether all inputs were whole numbers, such as spikes. `needed` are then synaptic operations, of which
            each adds a weight. Else an operation is a multiplication and an addition.
    """

    inputs: float
    active: float
    all: float
    needed: float
    spiking: bool


class Activity:
    """Counts what a network does in a with statement, by hooks, and averages it over all calls and samples.

        with Activity(model) as activity, torch.no_grad():
            for x in batches:
                model(x)
        activity.firing_rates()           # {"1": 0.08, ...}: spikes per neuron and time step
        activity.synaptic_operations()    # {"0": 12.3e3, ...}: for a sample

    It adds up numbers on the device of the spikes: no spike is kept, and the host waits for a device only when results
    are asked for. Spikes and gradients stay as they are, and SpikingLinear still runs as one layer; its parts have the
    names `linear` and `neuron` in the results. Drawn and packed spikes are unpacked for the count. A with statement can
    be entered again, and then adds to what there is. The batch of each call counts as new samples.

    Watched are layers of neurons, and nn.Linear, convolutions and transposed convolutions, also in EachStep. Neurons
    are left out of the rates if their output is a potential, or tells no count (`output="last"`, "max", "mean"). Other
    products, such as those of nn.MultiheadAttention, are not counted.

    Args:
        model: the network, not compiled: a graph of torch.compile calls no hooks.
        batch_dim: the dimension of the batch in the model's first argument, from which samples are counted.
        operations: also count operations, for which the inputs of layers with weights are read once more.

    Raises TypeError on another model, batch_dim or operations. Results raise RuntimeError if the model was not called.
    """

    def __init__(self, model: nn.Module, *, batch_dim: int = 1, operations: bool = True) -> None:
        check_watched(model, batch_dim, operations)
        self._model, self._batch_dim, self._with_operations = model, batch_dim, operations
        self._handles: list[RemovableHandle] = []
        self._samples = 0
        self._neurons: dict[str, _Neurons] = {}
        self._weights: dict[str, _Weights] = {}
        self._lock = Lock()  # nn.DataParallel calls replicas side by side

    def __enter__(self) -> Activity:
        check_entered_once(bool(self._handles))
        self._handles.append(self._model.register_forward_pre_hook(self._count_samples, with_kwargs=True))
        within: set[nn.Module] = set()
        for name, module in self._model.named_modules():
            if module in within:
                continue
            parts = {"": module}
            if isinstance(module, SpikingLinear):  # which calls its parts one by one if they have hooks
                parts = {"linear": module.linear, "neuron": module.neuron}
                within.update(parts.values())
            for part, layer in parts.items():
                count = self._counter(".".join(filter(None, (name, part))), layer)
                if count is not None:
                    self._handles.append(module.register_forward_hook(count, with_kwargs=True))
        return self

    def __exit__(self, *_: object) -> None:
        while self._handles:
            self._handles.pop().remove()

    def neuron_rates(self) -> dict[str, Tensor]:
        """The rate of each neuron, in spikes per time step, by the name of its layer: `[...]`, the shape of a sample at
        one step, float64, on the CPU. A spike of another size than 1 counts as its absolute value."""
        check_seen(self._samples)
        return {
            name: layer.spikes.total() / layer.steps
            for name, layer in self._neurons.items()
            if layer.steps and layer.fractions.total() == 0
        }

    def firing_rates(self) -> dict[str, float]:
        """Spikes per neuron and time step, from 0 (silent) to 1 (saturated), by the name of the layer."""
        return {name: rates.mean().item() for name, rates in self.neuron_rates().items()}

    def neuron_updates(self) -> float:
        """How many steps of a neuron an average sample takes, in all layers of neurons together."""
        check_seen(self._samples)
        return sum(layer.updates for layer in self._neurons.values()) / self._samples

    def operations(self) -> dict[str, LayerOperations]:
        """What each layer with weights computes for an average sample, by its name."""
        check_seen(self._samples)
        return {name: layer.operations(self._samples) for name, layer in self._weights.items() if layer.inputs}

    def synaptic_operations(self) -> dict[str, float]:
        """Synaptic operations of an average sample, by the name of the layer: each spike that comes in counts once for
        every weight that it meets. Layers whose input was not spikes are left out: see :meth:`macs`."""
        return {name: layer.needed for name, layer in self.operations().items() if layer.spiking}

    def macs(self) -> dict[str, float]:
        """Multiplications with an addition of an average sample, by the name of the layer, for layers whose input was
        not of whole numbers: one for each input and each weight that it meets."""
        return {name: layer.all for name, layer in self.operations().items() if not layer.spiking}

    def _count_samples(self, _: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._samples += check_batch_dim(_first(arguments, named), self._batch_dim)

    def _counter(self, name: str, layer: nn.Module) -> Callable[..., None] | None:
        """The hook that counts what a layer does, or None for one that is not watched."""
        if isinstance(layer, NeuronLayer):
            counted: Any = self._neurons.setdefault(name, _Neurons())
        elif self._with_operations and isinstance(layer, (nn.Linear, _ConvNd)):
            counted = self._weights.setdefault(name, _Weights())
        else:
            return None

        @torch.no_grad()
        def hook(_: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any], output: Any) -> None:
            with self._lock:
                counted.add(layer, _first(arguments, named), output)

        return hook


class _Sum:
    """A sum over calls, one for each device."""

    def __init__(self) -> None:
        self._parts: dict[torch.device, Tensor] = {}

    def add(self, term: Tensor) -> None:
        before = self._parts.get(term.device)
        self._parts[term.device] = term if before is None else before + term

    def total(self) -> Tensor:
        """On the CPU, float64; 0 if there is none."""
        parts = (part.to("cpu", torch.float64) for part in self._parts.values())
        return sum(parts, torch.zeros((), dtype=torch.float64))


class _Neurons:
    """What a layer of neurons did."""

    def __init__(self) -> None:
        self.spikes = _Sum()  # a count for each neuron
        self.fractions = _Sum()  # how many calls had a value that is no whole number
        self.steps = 0  # how many steps one neuron took in all samples; 0 if no spikes were seen
        self.updates = 0  # how many steps all neurons took

    def add(self, layer: Any, x: Any, output: Any) -> None:
        """x, output: of the layer, or of the SpikingLinear that holds it."""
        values = _values(output[0] if isinstance(output, tuple) else output)
        of_every_step = layer.output in ("all", "packed")
        dims, steps = [0], 1
        if of_every_step:
            time_dim = layer.time_dim % values.dim()
            dims = [time_dim, int(time_dim == 0)]
        else:
            steps = layer.steps or x.shape[layer.time_dim]
        self.updates += steps * values.numel()
        if of_every_step or layer.output == "sum":
            self.steps += steps * math.prod(values.shape[dim] for dim in dims)
            self.spikes.add(_norm(values, 1, dims))
            self.fractions.add(_fractions(values))


class _Weights:
    """What a layer with weights did."""

    def __init__(self) -> None:
        # Four counts: active inputs, weights that they met, these weights times the size of the inputs, and calls with
        # fractions.
        self.counts = _Sum()
        self.inputs = self.all = 0
        self._fan_outs: dict[Any, tuple[Tensor, int]] = {}

    def add(self, layer: nn.Linear | _ConvNd, x: Any, output: Any) -> None:
        """x, output: of the layer, or of the SpikingLinear that holds it."""
        values = _values(x)
        spatial = 0 if isinstance(layer, nn.Linear) else len(layer.kernel_size)
        dims = tuple(range(values.dim() - spatial))  # all inputs at one position reach the same number of outputs
        shape, reached = values.shape[len(dims) :], output.shape[-spatial:] if spatial else ()
        key = shape, reached, values.device
        if key not in self._fan_outs:
            each = outputs_of_each(layer, tuple(shape), tuple(reached))
            self._fan_outs[key] = each.to(values.device, _wide(values.device)), int(each.sum())
        fan_out, everything = self._fan_outs[key]
        active, spikes = _norm(values, 0, dims), _norm(values, 1, dims)
        met = (active.sum(), (active * fan_out).sum(), (spikes * fan_out).sum(), _fractions(values))
        self.counts.add(torch.stack(met))
        self.inputs += values.numel()
        self.all += math.prod(values.shape[: len(dims)]) * everything

    def operations(self, samples: int) -> LayerOperations:
        active, met, spikes, fractions = (self.counts.total().expand(4) / samples).tolist()
        spiking = fractions == 0
        return LayerOperations(self.inputs / samples, active, self.all / samples, spikes if spiking else met, spiking)


def _first(arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    return arguments[0] if arguments else next(iter(named.values()), None)


def _values(spikes: Any) -> Tensor:
    """Spikes as a tensor of floating-point numbers."""
    if isinstance(spikes, (PackedSpikes, PoissonSpikes)):
        return spikes.unpack(torch.bfloat16)
    return spikes.detach() if spikes.is_floating_point() else spikes.to(torch.float32)


def _wide(device: torch.device) -> torch.dtype:
    return torch.float64 if keeps_float64(device) else torch.float32


def _norm(values: Tensor, order: int, dims: Sequence[int]) -> Tensor:
    """The sum of absolute values, or for order 0 how many are not 0."""
    return torch.linalg.vector_norm(values, order, dims, dtype=_wide(values.device))


def _fractions(values: Tensor) -> Tensor:
    """Whether there is a value that is no whole number, as 0 or 1."""
    return (values != values.round()).any().to(_wide(values.device))
