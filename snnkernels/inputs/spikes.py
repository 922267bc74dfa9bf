"""Checks of spikes, and of the images that they are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .values import DTYPES, check_dense, check_whole, is_transformed, name_of, shape_of

_ALL = slice(None)


def check_intensities(images: Tensor) -> None:
    """Check images that are to be encoded as firing probabilities."""
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
    """Check a number of time steps. Returns it as a Python int."""
    steps = check_whole("steps", steps, "a whole number of time steps")
    if steps < 1:
        raise ValueError(f"steps must be 1 or more, got {steps}")
    return steps


def check_part(start: int, steps: int, whole: int) -> tuple[int, int]:
    """Check a part of a spike train that has `whole` time steps. Returns start and steps as Python ints."""
    start, steps = check_whole("start", start), check_whole("steps", steps, "a whole number of time steps")
    if not 0 <= start <= start + steps <= whole:
        raise ValueError(f"a part must be of the {whole} time steps, got {steps} from number {start}")
    return start, steps


def check_unpacked(dtype: torch.dtype) -> None:
    """Check the dtype of the tensor that spikes are unpacked to."""
    if not isinstance(dtype, torch.dtype):
        raise TypeError(f"dtype must be a torch.dtype, got {dtype!r}")


def check_destination(kind: str, device: torch.device | str | int | None, dtype: torch.dtype | None) -> None:
    """Check the device to which packed or drawn spikes are to move. kind: the name of their class."""
    dtype = device if isinstance(device, torch.dtype) else dtype
    if dtype is not None:
        raise TypeError(
            f"{kind}.to takes a device, got {dtype}: spikes have no dtype until unpack({dtype}) gives a tensor"
        )
    if not isinstance(device, (torch.device, str, int)):
        raise TypeError(f"{kind}.to takes a device, got {type(device).__name__}")


def check_index(
    kind: str, shape: torch.Size, time_dim: int, index: Any
) -> tuple[tuple[int, int] | None, Tensor | None]:
    """Check an index into packed or drawn spikes. kind: the name of their class.

    Returns the first time step and the number of steps, and the numbers of the samples. Either is None if all are
    chosen.
    """
    given = index if isinstance(index, tuple) else (index,)
    keys = [*given, *[_ALL] * (len(shape) - len(given))]
    batch_dim = int(time_dim == 0)
    free = (time_dim, batch_dim)
    whole = len(keys) == len(shape) and all(dim in free or _is_all(key) for dim, key in enumerate(keys))
    time, batch = (keys[dim] for dim in free) if whole else (None, None)
    if not isinstance(time, slice) or time.step not in (None, 1):
        example = {0: "a:b, samples", 1: "samples, a:b"}.get(time_dim, "samples")
        raise TypeError(
            f"{kind} takes a slice without a step for time, and any index for the batch, as in spikes[{example}], "
            f"got {index!r}: unpack() gives a tensor, which takes every index"
        )
    start, stop, _ = (0, 0, 1) if _is_all(time) else time.indices(shape[time_dim])
    steps = None if _is_all(time) else (start, max(0, stop - start))
    return steps, None if _is_all(batch) else _check_samples(kind, shape, batch_dim, batch)


def _check_samples(kind: str, shape: torch.Size, batch_dim: int, batch: Any) -> Tensor:
    """The numbers of the samples that an index chooses, counted from 0."""
    if batch is Ellipsis:
        raise TypeError(f"{kind} takes a number, a slice, a list or a vector of samples, got ...")
    if not isinstance(batch, (int, slice, Tensor, type(None))):
        batch = torch.as_tensor(batch)  # torch would warn of a list of lists, and does not take a range
        batch = batch if batch.numel() else batch.long()
    chosen = torch.arange(shape[batch_dim], device=getattr(batch, "device", None))[batch]
    if chosen.dim() > 1:
        raise TypeError(f"{kind} takes one number, a slice, a list or a vector of samples, got {batch!r}")
    if chosen.dim() == 0 and len(shape) == 2:
        raise TypeError(f"{kind} of shape {tuple(shape)} has one neuron a sample: choose it by a slice of length 1")
    return chosen


def _is_all(key: Any) -> bool:
    return isinstance(key, slice) and key == _ALL


def check_alike(samples: Sequence[Any]) -> Any:
    """Check that packed samples can form a batch. Returns the first."""
    first = samples[0]
    for other in samples[1:]:
        if (other.shape, other.time_dim) != (first.shape, first.time_dim):
            raise ValueError(
                f"samples of a batch must have one shape, with time in one dimension, got {tuple(first.shape)}, "
                f"time in {first.time_dim}, and {tuple(other.shape)}, time in {other.time_dim}"
            )
    return first


def check_generator(generator: torch.Generator | None) -> None:
    """Check what random numbers are to come from: a torch.Generator, or None for torch's own."""
    if generator is not None and not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, got {generator!r}; a seed is given by its name, seed=")


def check_seed(seed: int, generator: torch.Generator | None) -> int:
    """Check a seed. Returns it as a Python int."""
    if generator is not None:
        raise ValueError("give a generator or a seed, not both")
    seed = check_whole("seed", seed)
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be from 0 to 2^63 - 1, got {seed}")
    return seed


def check_spikes(spikes: Tensor, time_dim: int) -> int:
    """Check a spike train. Returns time_dim counted from the front."""
    check_spike_values(spikes)
    time_dim = check_whole("time_dim", time_dim)
    if spikes.dim() < 2 or not -spikes.dim() <= time_dim < spikes.dim():
        raise ValueError(f"spikes must be [T, B, ...], with time in dimension {time_dim}, got shape {shape_of(spikes)}")
    return time_dim % spikes.dim()


def check_spike_values(spikes: Tensor) -> None:
    """Check a tensor of spikes."""
    if not isinstance(spikes, Tensor) or spikes.dtype not in (*DTYPES, torch.bool):
        got = name_of(spikes.dtype) if isinstance(spikes, Tensor) else type(spikes).__name__
        raise TypeError(f"spikes must be a floating-point or bool tensor, got {got}")
    check_dense("spikes", spikes)
