"""Layers: modules that hold parameters, and call the function of the same name."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .functional import Output, lif, scan
from .inputs import (
    LIFOptions,
    Parameter,
    check_dtype,
    check_flag,
    check_lif,
    check_number,
    check_values,
    lif_options,
    refuse_scripting,
)


class LIF(nn.Module):
    """A layer of leaky integrate-and-fire neurons over all time steps: :func:`snnkernels.lif` with its parameters.

    It keeps no state between calls: `return_state=True` gives the final one, which the next call takes.

    Args:
        beta, threshold: a number, or a tensor that broadcasts to one step (`[N]` for one value a neuron, `[C, 1, 1]`
            for one a channel), of which the layer holds a copy.
        learn_beta, learn_threshold: make it a parameter. Nothing keeps it in range: clamp beta to [0, 1] and threshold
            above 0 after a step of the optimizer.
        return_state: forward returns (spikes, final state).
        device, dtype: of parameters and of tensors given; None for a tensor's own, and for torch's default.
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
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.options = lif_options(options)
        check_flag("return_state", return_state)
        self.return_state = return_state
        for name, value, learn in (("beta", beta, learn_beta), ("threshold", threshold, learn_threshold)):
            check_flag(f"learn_{name}", learn)
            self._hold(name, value, learn, {"device": device, "dtype": dtype})

    def _hold(self, name: str, value: Parameter, learn: bool, place: dict[str, Any]) -> None:
        """Keep a value as a parameter, a buffer, or, a plain number that is not learned, as the number it is."""
        positive = name == "threshold"
        if isinstance(value, Tensor):
            check_values(name, value, positive=positive)
            value = value.detach().to(**place, copy=True)
        else:
            number = check_number(name, value, positive=positive)
            value = torch.tensor(number, **place) if learn else value
        if not isinstance(value, Tensor):
            setattr(self, name, value)
            return
        check_dtype(name, value)
        if learn:
            setattr(self, name, nn.Parameter(value))
        else:
            self.register_buffer(name, value)

    def forward(self, current: Tensor, initial_state: Tensor | None = None) -> Output | tuple[Output, Tensor]:
        """current: `[T, B, ...]`; initial_state: `[B, ...]` or None. Returns spikes, or (spikes, final state)."""
        params = self.beta, self.threshold
        if not isinstance(current, Tensor):  # as torch.fx records a call
            options = {"beta": params[0], "threshold": params[1], **self.options._asdict()}
            return lif(current, initial_state=initial_state, return_state=self.return_state, **options)
        checked = check_lif(current, initial_state, *params, self.options)
        return scan(checked, current, initial_state, params, self.return_state)

    __prepare_scriptable__ = refuse_scripting

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
