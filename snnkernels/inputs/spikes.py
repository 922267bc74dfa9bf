"""Checks of spikes, and of what they are drawn from."""

from __future__ import annotations

import torch
from torch import Tensor

from .values import DTYPES, check_dense, check_whole, is_transformed, name_of, shape_of


def check_intensities(images: Tensor) -> None:
    """Check what is to be encoded as firing probabilities."""
    if not isinstance(images, Tensor) or images.dtype not in DTYPES:
        got = name_of(images.dtype) if isinstance(images, Tensor) else type(images).__name__
        raise TypeError(f"images must be a floating-point tensor with values in [0, 1], got {got}")
    check_dense("images", images)
    if images.numel() == 0 or torch.compiler.is_compiling():
        return
    if images.is_meta or is_transformed(images) or is_capturing(images):  # nobody may look at values
        return
    low, high = torch.stack(torch.aminmax(images)).tolist()  # the host waits for a GPU once
    if not (low >= 0 and high <= 1):
        raise ValueError(f"images must have values in [0, 1], got values from {low} to {high}")


def is_capturing(tensor: Tensor) -> bool:
    """Whether a CUDA graph is being recorded, which must not read values."""
    return tensor.is_cuda and torch.cuda.is_current_stream_capturing()


def check_steps(steps: int) -> int:
    """Check a number of time steps; returns it as Python's."""
    steps = check_whole("steps", steps, "a whole number of time steps")
    if steps < 1:
        raise ValueError(f"steps must be 1 or more, got {steps}")
    return steps


def check_part(start: int, steps: int, whole: int) -> tuple[int, int]:
    """Check a part of a spike train of so many time steps; returns its numbers as Python's."""
    start, steps = check_whole("start", start), check_whole("steps", steps, "a whole number of time steps")
    if not 0 <= start <= start + steps <= whole:
        raise ValueError(f"a part must be of the {whole} time steps, got {steps} from number {start}")
    return start, steps


def check_generator(generator: torch.Generator | None) -> None:
    if generator is not None and not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, got {generator!r}; a seed is given by its name, seed=")


def check_seed(seed: int, generator: torch.Generator | None) -> int:
    """Check a seed that is a number; returns it as Python's."""
    if generator is not None:
        raise ValueError("give a generator or a seed, not both")
    seed = check_whole("seed", seed)
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be from 0 to 2^63 - 1, got {seed}")
    return seed


def check_spikes(spikes: Tensor, time_dim: int) -> int:
    """Check a spike train; returns time_dim counted from the front."""
    check_spike_values(spikes)
    time_dim = check_whole("time_dim", time_dim)
    if spikes.dim() < 2 or not -spikes.dim() <= time_dim < spikes.dim():
        raise ValueError(f"spikes must be [T, B, ...], with time in dimension {time_dim}, got shape {shape_of(spikes)}")
    return time_dim % spikes.dim()


def check_readout(spikes: Tensor) -> None:
    """Check the output spikes of a classifier, or their counts."""
    check_spike_values(spikes)
    if spikes.dim() < 2:
        raise ValueError(f"spikes must be [T, B, classes], or counts, [B, classes], got shape {shape_of(spikes)}")


def check_targets(targets: Tensor, shape: torch.Size) -> None:
    """Check class indices, one for each sample: anything else would be compared with every one of them."""
    if not isinstance(targets, Tensor) or targets.is_floating_point() or targets.is_complex():
        got = name_of(targets.dtype) if isinstance(targets, Tensor) else type(targets).__name__
        raise TypeError(f"targets must be a tensor of class indices, of integers, got {got}")
    check_dense("targets", targets)
    if targets.shape != shape:
        raise ValueError(
            f"targets must be class indices, one a sample, of shape {tuple(shape)}, got {shape_of(targets)}"
        )


def check_spike_values(spikes: Tensor) -> None:
    """Check a tensor of spikes."""
    if not isinstance(spikes, Tensor) or spikes.dtype not in (*DTYPES, torch.bool):
        got = name_of(spikes.dtype) if isinstance(spikes, Tensor) else type(spikes).__name__
        raise TypeError(f"spikes must be a floating-point or bool tensor, got {got}")
    check_dense("spikes", spikes)
