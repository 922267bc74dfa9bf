"""Layers: modules that hold parameters, and call the function of the same name."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .functional import Output, scan
from .inputs import LIFOptions, Parameter, check_lif, check_number, check_values, lif_options


class LIF(nn.Module):
    """A layer of leaky integrate-and-fire neurons over all time steps: :func:`snnkernels.lif` with its parameters.

    It keeps no state between calls: `return_state=True` gives the final one, which the next call takes.

    Args:
        beta, threshold: a number, or a tensor that broadcasts to one step (`[N]` for one value a neuron, `[C, 1, 1]`
            for one a channel).
        learn_beta, learn_threshold: make it a parameter. Nothing keeps it in range: clamp beta to [0, 1] and threshold
            above 0 after a step of the optimizer.
        return_state: forward returns (spikes, final state).
        options: every other option of :func:`snnkernels.lif`, by name.

    Raises TypeError and ValueError on wrong options, here and not at the first call.
    """

    beta: Parameter
    threshold: Parameter

    def __init__(
        self,
        beta: Parameter = 0.9,
        threshold: Parameter = 1.0,
        *,
        learn_beta: bool = False,
        learn_threshold: bool = False,
        return_state: bool = False,
        **options: Any,
    ) -> None:
        super().__init__()
        self.options = lif_options(options)
        self.return_state = return_state
        self._hold("beta", beta, learn_beta)
        self._hold("threshold", threshold, learn_threshold, positive=True)

    def _hold(self, name: str, value: Parameter, learn: bool, *, positive: bool = False) -> None:
        """Keep a value as a parameter, a buffer, or, a plain number that is not learned, as the number it is."""
        if isinstance(value, Tensor):
            check_values(name, value, positive=positive)
        else:
            check_number(name, value, positive=positive)
        if learn:
            setattr(self, name, nn.Parameter(torch.as_tensor(value, dtype=torch.get_default_dtype()).clone()))
        elif isinstance(value, Tensor):
            self.register_buffer(name, value.detach().clone())
        else:
            setattr(self, name, value)

    def forward(self, current: Tensor, initial_state: Tensor | None = None) -> Output | tuple[Output, Tensor]:
        """current: `[T, B, ...]`; initial_state: `[B, ...]` or None. Returns spikes, or (spikes, final state)."""
        plan = check_lif(current, initial_state, self.beta, self.threshold, self.options)
        return scan(plan, current, initial_state, (self.beta, self.threshold), self.return_state)

    def extra_repr(self) -> str:
        params = {"beta": self.beta, "threshold": self.threshold}
        shown: dict[str, object] = {name: _shown(value) for name, value in params.items()}
        shown |= {f"learn_{name}": True for name, value in params.items() if isinstance(value, nn.Parameter)}
        if self.return_state:
            shown["return_state"] = True
        defaults = LIFOptions()._asdict()
        shown |= {name: value for name, value in self.options._asdict().items() if value != defaults[name]}
        return ", ".join(f"{name}={value}" for name, value in shown.items())


def _shown(value: Parameter) -> str:
    """A parameter in a printed model: its number, or its shape where it has several."""
    if not isinstance(value, Tensor):
        return f"{value:g}"
    return f"{value.item():g}" if value.numel() == 1 and not value.is_meta else f"tensor{tuple(value.shape)}"
