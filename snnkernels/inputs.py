"""The checks of what a user passes, before any kernel runs: the only file that raises on it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from . import dispatch
from .neurons import lif_key
from .scan import OUTPUTS, Plan
from .surrogates import SURROGATES

Parameter = float | Tensor

_DTYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
PRODUCTS = ("auto", "events", "dense")  # of spikes and weights
_RESETS = ("subtract", "zero", "none")


@dataclass(frozen=True)
class LIFOptions:
    """The options of a LIF layer, as :func:`snnkernels.lif` documents them."""

    reset: str | float = "subtract"
    delay_reset: bool = False
    detach_reset: bool = True
    strict: bool = False
    input_scale: float = 1.0
    surrogate: str = "fast_sigmoid"
    slope: Parameter | None = None
    time_dim: int = 0
    pre_reset_state: bool = False
    steps: int | None = None
    output: str = "spikes"
    backend: str = "auto"


def lif_options(options: dict[str, Any]) -> LIFOptions:
    """Options given by name; raises on an unknown one, and on a wrong value that can be told without an input."""
    known = [field.name for field in fields(LIFOptions)]
    for name in options:
        if name not in known:
            raise TypeError(f"LIF has no option {name!r}{_near(name, known)}; it has {', '.join(known)}")
    checked = LIFOptions(**options)
    _reset(checked.reset)
    _finite("input_scale", checked.input_scale)
    check_surrogate(checked.surrogate, checked.slope)
    _one_of("output", checked.output, OUTPUTS)
    if checked.steps is not None:
        check_steps(checked.steps)
    _one_of("backend", checked.backend, ("auto", *dispatch.ENGINES))
    return checked


def check_lif(
    current: Tensor,
    initial_state: Tensor | None,
    beta: Parameter,
    threshold: Parameter,
    options: LIFOptions,
) -> Plan:
    """Check everything that a LIF scan takes, and say who computes it.

    Raises TypeError or ValueError with the offending value and what was expected, RuntimeError where an engine was
    asked for that cannot run.
    """
    time_dim = check_current(current, options.time_dim, options.steps)
    step_shape = current.shape
    if options.steps is None:
        step_shape = current.shape[:time_dim] + current.shape[time_dim + 1 :]
    check_parameter("beta", beta, current, step_shape)
    check_parameter("threshold", threshold, current, step_shape, positive=True)
    if initial_state is not None:
        check_on_step("initial_state", initial_state, current, step_shape)
    make = _plan if torch.compiler.is_compiling() else _known_plan
    return make(options, check_backend(options.backend, current.device.type), time_dim)


def _plan(options: LIFOptions, engine: str, time_dim: int) -> Plan:
    """What options mean, once they are checked."""
    reset, reset_value = _reset(options.reset)
    surrogate, slope = check_surrogate(options.surrogate, options.slope)
    _one_of("output", options.output, OUTPUTS)
    return Plan(
        engine=engine,
        neuron=lif_key(
            reset,
            delay_reset=options.delay_reset,
            detach_reset=options.detach_reset,
            pre_reset_state=options.pre_reset_state,
        ),
        surrogate=surrogate,
        slope=slope,
        strict=options.strict,
        constants=(_finite("input_scale", options.input_scale), reset_value),
        time_dim=time_dim,
        steps=options.steps,
        output=options.output,
    )


_known_plan = lru_cache(maxsize=1024)(_plan)  # a small layer would notice


def check_current(current: Tensor, time_dim: int, steps: int | None = None) -> int:
    """Check the input of a layer, one step where `steps` says for how many; returns time_dim counted from the front."""
    if not isinstance(current, Tensor):
        raise TypeError(f"current must be a torch.Tensor, got {type(current).__name__}")
    _check_dtype("current", current)
    if steps is not None:
        return _check_one_step(current, time_dim, steps)
    if current.dim() < 2:
        raise ValueError(f"current must be [T, B, ...], of two dimensions or more, got shape {_shape(current)}")
    if not -current.dim() <= time_dim < current.dim():
        raise ValueError(f"time_dim must be a dimension of current, whose shape is {_shape(current)}, got {time_dim}")
    time_dim %= current.dim()
    if current.shape[time_dim] == 0:
        raise ValueError(f"current must have one time step or more, got T = 0 in shape {_shape(current)}")
    return time_dim


def _check_one_step(current: Tensor, time_dim: int, steps: int) -> int:
    check_steps(steps)
    if current.dim() < 1:
        raise ValueError("current must be one step, [B, ...], where steps is given, got a tensor without dimensions")
    dims = current.dim() + 1  # those of the output
    if not -dims <= time_dim < dims:
        raise ValueError(
            f"time_dim must be a dimension of the output, which has one more than current's {_shape(current)}, "
            f"got {time_dim}"
        )
    return time_dim % dims


def check_parameter(
    name: str, value: Parameter, current: Tensor, step_shape: torch.Size, *, positive: bool = False
) -> None:
    """Check a neuron's parameter: a number, or a tensor that broadcasts to one step."""
    if not isinstance(value, Tensor):
        check_number(name, value, positive=positive)
        return
    check_on_step(name, value, current, step_shape)
    # The values of a tensor on a GPU are not read: that would make the host wait, and break a CUDA graph.
    if value.device.type == "cpu" and not torch.compiler.is_compiling():
        check_values(name, value, positive=positive)


def check_number(name: str, value: float, *, positive: bool = False) -> float:
    """Check a parameter that is a plain number."""
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number or a torch.Tensor, got {type(value).__name__}")
    return _positive(name, value) if positive else _finite(name, value)


def check_values(name: str, value: Tensor, *, positive: bool = False) -> None:
    """Check the numbers in a parameter."""
    _check_dtype(name, value)
    values = value.detach()
    wrong = ~torch.isfinite(values) | (values <= 0) if positive else ~torch.isfinite(values)
    if wrong.any():
        expected = "positive and finite" if positive else "finite"
        raise ValueError(f"{name} must be {expected}, got {values[wrong].flatten()[0].item()}")


def check_on_step(name: str, value: Tensor, current: Tensor, step_shape: torch.Size) -> None:
    """Check a tensor that broadcasts to one step of current, on its device."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}")
    _check_dtype(name, value)
    if value.device != current.device:
        raise ValueError(f"{name} is on {value.device}, current on {current.device}: put both on one device")
    trailing = step_shape[len(step_shape) - value.dim() :] if value.dim() <= len(step_shape) else None
    if trailing is None or any(size not in (1, whole) for size, whole in zip(value.shape, trailing, strict=True)):
        raise ValueError(
            f"{name} must broadcast to the shape of one time step, {tuple(step_shape)}, got {_shape(value)}"
        )


def check_surrogate(surrogate: str, slope: Parameter | None) -> tuple[str, float]:
    """Check a surrogate's name and slope; returns them, the slope defaulted."""
    _one_of("surrogate", surrogate, SURROGATES)
    if slope is None:
        return surrogate, SURROGATES[surrogate].default_slope
    if isinstance(slope, Tensor):
        raise TypeError("slope must be a number: it shapes the gradient and has none itself, got a torch.Tensor")
    return surrogate, check_number("slope", slope, positive=True)


def check_backend(backend: str, device: str) -> str:
    """Check that an engine can run on a device, or choose one where `backend` is "auto"."""
    requested = dispatch.requested_backend() if backend == "auto" else backend
    _one_of("backend", requested, ("auto", *dispatch.ENGINES))
    if requested == "auto":
        return dispatch.choose(device)
    reason = dispatch.unusable_reason(requested, device)
    if reason is not None:
        raise RuntimeError(f'backend="{requested}" cannot run on {device}: {reason}')
    return requested


def check_intensities(images: Tensor) -> None:
    """Check what is to be encoded as firing probabilities."""
    if not isinstance(images, Tensor) or images.dtype not in _DTYPES:
        got = _name(images.dtype) if isinstance(images, Tensor) else type(images).__name__
        raise TypeError(f"images must be a floating-point tensor with values in [0, 1], got {got}")
    if images.numel() == 0 or torch.compiler.is_compiling() or _capturing(images):
        return
    low, high = (bound.item() for bound in torch.aminmax(images))
    if not (low >= 0 and high <= 1):
        raise ValueError(f"images must have values in [0, 1], got values from {low} to {high}")


def _capturing(tensor: Tensor) -> bool:
    """Whether a CUDA graph is being recorded, which must not read values."""
    return tensor.is_cuda and torch.cuda.is_current_stream_capturing()


def check_steps(steps: int) -> None:
    """Check a number of time steps."""
    if not isinstance(steps, int) or isinstance(steps, bool):
        raise TypeError(f"steps must be a whole number of time steps, got {type(steps).__name__}")
    if steps < 1:
        raise ValueError(f"steps must be 1 or more, got {steps}")


def check_seed(seed: int, generator: torch.Generator | None) -> int:
    """Check a seed that is a number."""
    if generator is not None:
        raise ValueError("give a generator or a seed, not both")
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise TypeError(f"seed must be a whole number, got {type(seed).__name__}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be from 0 to 2^63 - 1, got {seed}")
    return seed


def check_spikes(spikes: Tensor, time_dim: int) -> int:
    """Check a spike train; returns time_dim counted from the front."""
    check_spike_values(spikes)
    if spikes.dim() < 2 or not -spikes.dim() <= time_dim < spikes.dim():
        raise ValueError(f"spikes must be [T, B, ...], with time in dimension {time_dim}, got shape {_shape(spikes)}")
    return time_dim % spikes.dim()


def check_spike_values(spikes: Tensor) -> None:
    """Check a tensor of spikes."""
    if not isinstance(spikes, Tensor) or spikes.dtype not in (*_DTYPES, torch.bool):
        got = _name(spikes.dtype) if isinstance(spikes, Tensor) else type(spikes).__name__
        raise TypeError(f"spikes must be a floating-point or bool tensor, got {got}")


def check_product(product: str) -> str:
    """Check which product of spikes and weights is asked for."""
    _one_of("product", product, PRODUCTS)
    return product


def check_linear(spikes: Any, weight: Tensor, bias: Tensor | None, product: str) -> bool:
    """Check a linear layer of spikes: a tensor, or what unpacks to one. Returns whether to go by event.

    Raises RuntimeError where that was asked for and cannot be done.
    """
    check_product(product)
    if isinstance(spikes, Tensor):
        check_spike_values(spikes)
    elif not hasattr(spikes, "unpack"):
        raise TypeError(f"spikes must be a torch.Tensor, PackedSpikes or PoissonSpikes, got {type(spikes).__name__}")
    _check_tensor("weight", weight)
    if weight.dim() != 2:
        raise ValueError(f"weight must be [N, K], of two dimensions, got shape {_shape(weight)}")
    if len(spikes.shape) == 0 or spikes.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"spikes must be [..., {weight.shape[1]}] for a weight of shape {_shape(weight)}, "
            f"got shape {tuple(spikes.shape)}"
        )
    if bias is not None:
        _check_tensor("bias", bias)
        if bias.shape != weight.shape[:1]:
            raise ValueError(f"bias must be [{weight.shape[0]}], one for each row of weight, got shape {_shape(bias)}")
        if bias.dtype != weight.dtype:
            raise TypeError(f"bias must have weight's dtype, {_name(weight.dtype)}, got {_name(bias.dtype)}")
    for name, value in (("spikes", spikes), ("bias", bias)):
        if value is not None and value.device != weight.device:
            raise ValueError(f"{name} is on {value.device}, weight on {weight.device}: put both on one device")
    reason = _why_dense(weight)
    if product == "events" and reason is not None:
        raise RuntimeError(f'product="events" cannot run: {reason}')
    return product != "dense" and reason is None and weight.shape[1] > 0


def _why_dense(weight: Tensor) -> str | None:
    """Why there is no event-driven product with a weight, or None where there is."""
    if weight.device.type != "cpu":
        return f"it is written for the CPU, not for {weight.device.type}"
    if torch.is_autocast_enabled("cpu"):
        return "under autocast a linear layer is a dense product"
    engine = check_backend("auto", "cpu")
    if engine != "native":
        return dispatch.unusable_reason("native", "cpu") or f"it is the native engine's, and {engine} was asked for"
    return None


def check_binary(stray: float, product: str) -> bool:
    """Check the first value that is neither 0 nor 1, or 0 where there is none; returns whether there is none."""
    if stray == 0:
        return True
    if product == "events":
        raise ValueError(f'spikes must be 0 or 1 where product="events", got {stray}')
    return False


def _reset(reset: str | float) -> tuple[str, float]:
    """The reset's kind (subtract, value or none) and the value."""
    if isinstance(reset, (int, float)) and not isinstance(reset, bool):
        return "value", _finite("reset", reset)
    if not isinstance(reset, str):
        raise TypeError(f"reset must be a number or one of {', '.join(_RESETS)}, got {type(reset).__name__}")
    _one_of("reset", reset, _RESETS, others="a number")
    return ("value" if reset == "zero" else reset), 0.0


def _one_of(name: str, value: str, choices: Iterable[str], others: str = "") -> None:
    if value in choices:
        return
    known = ", ".join(map(repr, choices)) + (f" or {others}" if others else "")
    raise ValueError(f"{name} must be one of {known}, got {value!r}{_near(value, choices)}")


def _near(value: str, choices: Iterable[str]) -> str:
    """The question after a misspelt name."""
    near = difflib.get_close_matches(str(value), list(choices), n=2)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def _check_tensor(name: str, value: Tensor) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a torch.Tensor, got {type(value).__name__}")
    _check_dtype(name, value)


def _check_dtype(name: str, value: Tensor) -> None:
    if value.dtype not in _DTYPES:
        raise TypeError(f"{name} must be float64, float32, bfloat16 or float16, got {_name(value.dtype)}")


def _finite(name: str, value: float) -> float:
    if not -math.inf < value < math.inf:  # math.isfinite takes no symbolic float of torch.compile
        raise ValueError(f"{name} must be finite, got {value}")
    return float(value)


def _positive(name: str, value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value}")
    return float(value)


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tuple(tensor.shape)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
