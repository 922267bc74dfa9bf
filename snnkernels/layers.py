"""Layers: modules that hold parameters, and call the function of the same name."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from .functional import Output, lif, scan
from .inputs import LIF_CHECKS, LIF_RANGES, LIFOptions, Parameter, check_flag, check_lif
from .neuron_layer import NeuronLayer


def _return_state(name: str, value: bool) -> bool:
    check_flag(name, value)
    return value


class LIF(NeuronLayer):
    """A layer of leaky integrate-and-fire neurons over all time steps: :func:`snnkernels.lif` with its parameters.

    It keeps no state between calls: with `return_state=True` it returns the final state, which you can pass to the next
    call. Every argument but device and dtype is an attribute. All but constrain can be set: `layer.slope = 2`,
    `layer.beta = 0.5`. Setting beta or threshold to a number fills the parameter or buffer, if there is one; an
    nn.Parameter replaces it. What you set is checked. torch.compile makes no new graph for another number.

    Args:
        beta, threshold: a number, or a tensor that broadcasts to one step (`[N]` for one value a neuron, `[C, 1, 1]`
            for one a channel). The layer holds a copy of a tensor. It uses an nn.Parameter as it is: this is trained
            even without learn_beta or learn_threshold, and shared with other modules that have it.
        learn_beta, learn_threshold: make beta or threshold an nn.Parameter; one number becomes one of shape `[1]`.
        constrain: keep learned parameters in their range, beta in (0, 1) and threshold above 0, by a parametrization
            (torch.nn.utils.parametrize). Without it an optimizer may take beta to any value. If it takes a threshold to
            0 or below, the next call raises ValueError on a CPU; on a GPU such neurons fire at every step. So clamp
            both after each step of the optimizer, or use constrain.
        return_state: forward returns (spikes, final state).
        device, dtype: of parameters and of the tensors that you give. By default a tensor keeps its own; a number gets
            torch's defaults, float32 at least. If you later cast the module to a half type, parameters and buffers
            stay float32 at least.
        All others: as in :func:`snnkernels.lif`.

    `reset_parameters()` gives parameters and buffers the values that the constructor got, or the number or tensor that
    they were last set to. A layer made on the meta device has these values as soon as `to_empty` gives it memory.

    Raises TypeError and ValueError on wrong options, in the constructor, and AttributeError if you set a misspelt
    option.
    """

    beta: Parameter
    threshold: Parameter
    learn_beta: bool
    learn_threshold: bool
    return_state: bool
    reset: float | str
    delay_reset: bool
    detach_reset: bool
    strict: bool
    input_scale: float
    surrogate: str
    slope: float | None
    time_dim: int
    pre_reset_state: bool
    steps: int | None
    output: str
    backend: str

    _ranges = LIF_RANGES
    _checks = {"return_state": _return_state, **LIF_CHECKS}
    _as_options = LIFOptions
    _refused: ClassVar = {
        "initial_state": "LIF holds no state: give initial_state at the call, layer(current, initial_state)"
    }

    def __init__(
        self,
        beta: Parameter = 0.9,
        threshold: Parameter = 1.0,
        *,
        learn_beta: bool = False,
        learn_threshold: bool = False,
        constrain: bool = False,
        return_state: bool = False,
        reset: float | str = "subtract",
        delay_reset: bool = False,
        detach_reset: bool = True,
        strict: bool = False,
        input_scale: float = 1.0,
        surrogate: str = "fast_sigmoid",
        slope: float | None = None,
        time_dim: int = 0,
        pre_reset_state: bool = False,
        steps: int | None = None,
        output: str = "spikes",
        backend: str = "auto",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(locals())

    def forward(self, current: Tensor, initial_state: Tensor | None = None) -> Output | tuple[Output, Tensor]:
        """current: `[T, B, ...]`; initial_state: `[B, ...]` or None. Returns spikes, or (spikes, final state)."""
        (beta, threshold), options = self._values(current)
        if not isinstance(current, Tensor):  # as torch.fx records a call
            given = {"beta": beta, "threshold": threshold, **options._asdict()}
            return lif(current, initial_state=initial_state, return_state=self.return_state, **given)
        checked = check_lif(current, initial_state, beta, threshold, options)
        return scan(checked, current, initial_state, (beta, threshold), self.return_state)
