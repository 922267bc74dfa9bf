"""The baseline: a layer of neurons as one writes it in PyTorch, one time step after the other.

It goes through `current.unbind(0)`, the fastest fair form: the backward of an index `current[t]` fills a zero tensor
of all time steps, which makes such a loop quadratic in T. All arithmetic is in the dtype of the input, so that with
half types it moves fewer bytes than a loop with a float32 membrane potential, and may spike elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from snnkernels import Neuron
from snnkernels.interface import VALUE
from snnkernels.variants import Variant


class _Spike(torch.autograd.Function):
    """Heaviside forward, the fast sigmoid's derivative backward."""

    @staticmethod
    def forward(ctx: Any, distance: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(distance)
        ctx.slope = slope
        return (distance >= 0).to(distance.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (distance,) = ctx.saved_tensors
        return grad / (1 + ctx.slope * distance.abs()) ** 2, None


def lif_loop(current: Tensor, beta: float = 0.9, threshold: float = 1.0, slope: float = 25.0) -> Tensor:
    """Spikes of the neuron that `snnkernels.lif(current)` runs with its defaults.

    current: `[T, B, ...]`, any floating dtype; the spikes have its shape and dtype.
    """
    v = torch.zeros_like(current[0])
    spikes = []
    for x in current.unbind(0):
        u = beta * v + x
        s = _Spike.apply(u - threshold, slope)
        v = u - threshold * s.detach()
        spikes.append(s)
    return torch.stack(spikes)


def fast_sigmoid(distance: Tensor) -> Tensor:
    """A spike with the surrogate that `snnkernels` has by default."""
    return _Spike.apply(distance, 25.0)


def neuron_loop(
    neuron: Neuron, options: Mapping[str, Any] | None = None, spike: Callable[[Tensor], Tensor] = fast_sigmoid
) -> Callable[[Tensor], Tensor]:
    """The loop over the step of any neuron with one input, as it stands in `snnkernels/neurons/`.

    Its numbers are tensors of one value, as a layer has them. It computes all that the step says, so it also multiplies
    by an `input_scale` of 1, which `lif_loop` leaves out.
    """
    variant, numbers = _fixed(neuron, options or {})

    def layer(current: Tensor) -> Tensor:
        params = [torch.full((), number, dtype=current.dtype, device=current.device) for number in numbers]
        state, outputs = [torch.zeros_like(current[0]) for _ in variant.states], []
        for x in current.unbind(0):
            output, *state = variant.run((x,), state, spike, params)
            outputs.append(output)
        return torch.stack(outputs)

    return layer


def _fixed(neuron: Neuron, options: Mapping[str, Any]) -> tuple[Variant, list[float]]:
    """The variant that the options choose, and the numbers of all parameters. It takes none for which a word stands."""
    interface, numbers, words = neuron.definition.interface, [], {}
    for name, spec in interface.params.items():
        value = options.get(name, spec.default)
        words[name] = value if value in spec.words else VALUE
        numbers.append(spec.names.get(value, 0.0) if isinstance(value, str) else value)
    chosen = {name: words.get(name, options.get(name, spec.default)) for name, spec in interface.options.items()}
    return neuron.variant(**chosen), numbers
