"""Who is measured: what a contender is, the loop, torch.compile of it, our engines, and how a layer is called."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from naive import lif_loop
from timing import discard
from torch import Tensor
from workloads import BACKWARD, FORWARD, FORWARD_BACKWARD, Inputs

import snnkernels
from snnkernels import dispatch

Layer = Callable[[Tensor], Tensor]  # input current [T, B, ...] to spikes
Options = Mapping[str, Any]  # of a built-in neuron

# A compiler unrolls the loop over time: its time grows with T, to minutes.
COMPILED_STEPS = 128


@dataclass(frozen=True)
class Contender:
    """A library's, or a user's, way to compute a layer of neurons.

    build: its layer on a kind of device ("cpu", "cuda").
    options: those with which our neuron computes the same; what is timed beside it has them too.
    difference: what else differs in the work, in words.
    gate: "exact" for our engines, "rounding" for others (see gate.py), None for what is no neuron.
    encode: a library's own Poisson encoder, of images and the number of steps.
    own_encoder: whether its training step begins with that, and not with ours.
    form: what pages add to the name, the key of its rows, where it does not say which of a library's forms it is.
    """

    name: str
    build: Callable[[str], Layer]
    options: Options = field(default_factory=dict)
    difference: str = ""
    gate: str | None = "rounding"
    requires: tuple[str, ...] = ()
    compiles: bool = False
    encode: Callable[[Tensor, int], Tensor] | None = None
    own_encoder: bool = False
    form: str = ""

    def __str__(self) -> str:
        return self.name

    def unusable_reason(self, device: str, steps: int) -> str | None:
        """Why it cannot be timed here, or None where it can."""
        if self.compiles and steps > COMPILED_STEPS:
            return f"compiles each of {steps} time steps, minutes long: left out beyond {COMPILED_STEPS}"
        return next(filter(None, map(import_error, self.requires)), None)


@dataclass(frozen=True)
class Engine(Contender):
    """One of our engines."""

    def unusable_reason(self, device: str, steps: int) -> str | None:
        if self.name == "triton" and os.environ.get("TRITON_INTERPRET", "0") not in ("", "0"):
            return "TRITON_INTERPRET is set: the interpreter is never timed"
        return dispatch.unusable_reason(self.name, device)


def import_error(module: str) -> str | None:
    """Why a module cannot be imported, or None where it can; its own warnings at import are not ours to heed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module(module)
    except Exception as error:  # noqa: BLE001  whatever breaks inside another library is the reason
        return f"{type(error).__name__}: {error}"
    return None


@contextmanager
def caches_disabled() -> Iterator[None]:
    """torch.compile compiles anew, not from an earlier process's cache on disk, and as often as shapes ask for it.

    torch's own limit would run a function eagerly from the ninth shape on, without a word.
    """
    with torch.compiler.config.patch(force_disable_caches=True), torch._dynamo.config.patch(recompile_limit=64):
        yield


def engine(name: str) -> Engine:
    """An engine of ours with the default options."""
    return Engine(name, lambda device: our_layer(name), gate="exact")


def our_layer(engine_name: str, options: Options | None = None, neuron: str = "lif") -> Layer:
    """An engine of ours with any options, and any built-in neuron."""
    options = options or {}
    return lambda current: getattr(snnkernels, neuron)(current, backend=engine_name, **options)


def compiled(contender: Contender, build: Callable[[str], Layer] | None = None) -> Contender:
    """A contender under torch.compile; `build` where not all of its layer can be compiled."""
    return Contender(
        f"{contender.name}, compiled",
        build or (lambda device: torch.compile(contender.build(device), fullgraph=True)),
        options=contender.options,
        difference=contender.difference,
        requires=contender.requires,
        compiles=True,
    )


def described(options: Options) -> str:
    """Options as they are written in a call."""
    return ", ".join(f"{name}={value}" for name, value in options.items())


NAIVE = Contender("torch loop", lambda device: lif_loop)
NAIVE_COMPILED = compiled(NAIVE)
REFERENCE = engine("reference")
COMPILED_ENGINES = tuple(name for name in dispatch.ENGINES if name != REFERENCE.name)
ELEMENTWISE = Contender("elementwise op", lambda device: lambda current: current * 0.9, gate=None)


def engines_for(device: str) -> list[Engine]:
    """Those written for a kind of device. Triton's interpreter, on a CPU, is there for tests alone."""
    return [engine(name) for name in dispatch.ENGINES if device != "cpu" or name != "triton"]


def forward(layer: Layer, inputs: Inputs) -> Tensor:
    """The spikes, no gradient to follow."""
    with torch.no_grad():
        return layer(inputs.current)


def forward_backward(layer: Layer, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """The spikes, and the gradient of the current: a leaf made for this call, so that no gradient accumulates."""
    current = inputs.current.detach().requires_grad_()
    spikes = layer(current)
    (grad,) = torch.autograd.grad(spikes, current, inputs.grad_spikes)
    return spikes.detach(), grad


def timed_call(layer: Layer, direction: str, inputs: Inputs) -> Callable[[], object]:
    """What is timed. What a call allocates is freed within its time, for every contender alike."""
    if direction == BACKWARD:
        current = inputs.current.detach().requires_grad_()
        spikes = layer(current)
        return lambda: discard(torch.autograd.grad(spikes, current, inputs.grad_spikes, retain_graph=True))
    function = {FORWARD: forward, FORWARD_BACKWARD: forward_backward}[direction]
    return lambda: discard(function(layer, inputs))
