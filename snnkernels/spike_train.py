"""The base of packed and drawn spikes: how they are moved, pinned and indexed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from .inputs import check_destination, check_index

if TYPE_CHECKING:
    from .packed import PackedSpikes

# The methods of a tensor that are to(dtype).
_CASTS = {"half": torch.float16, "bfloat16": torch.bfloat16, "float": torch.float32, "double": torch.float64}

Train = TypeVar("Train", bound="SpikeTrain")


class SpikeTrain:
    """A spike train that is not stored as a tensor of its values. Its shape is `[T, B, ...]`, or has time elsewhere.

    A subclass defines its shape, the dimension of time, its tensors, how to take a part of its time steps, and how to
    pack it. The rest follows from these.
    """

    __iter__ = None  # without this, Python would iterate over time steps by __getitem__

    @property
    def shape(self) -> torch.Size:
        """The shape of the spike train, `[T, B, ...]`."""
        raise NotImplementedError

    @property
    def time_dim(self) -> int:
        """The dimension of time in the shape."""
        raise NotImplementedError

    def tensors_and_rebuild(self: Train) -> tuple[tuple[Tensor, ...], Callable[..., Train]]:
        """Its tensors, for autograd to keep, and a function that makes the spike train from them again."""
        raise NotImplementedError

    def part(self: Train, start: int, steps: int) -> Train:
        """`steps` time steps, from `start`. Raises ValueError if the spike train does not have these steps."""
        raise NotImplementedError

    def pack(self) -> PackedSpikes:
        """The spikes, one bit each."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        """The device of its tensors."""
        return self.tensors_and_rebuild()[0][0].device

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={tuple(self.shape)}, device='{self.device}')"

    def to(
        self: Train,
        device: torch.device | str | int | None = None,
        dtype: None = None,
        non_blocking: bool = False,
        copy: bool = False,
    ) -> Train:
        """The same spikes on a device. Raises TypeError if a dtype is given, because spikes have none."""
        check_destination(type(self).__name__, device, dtype)
        return self._with_each(lambda tensor: tensor.to(device, non_blocking=non_blocking, copy=copy))

    def cpu(self: Train) -> Train:
        """These spikes on the CPU."""
        return self.to("cpu")

    def cuda(self: Train, device: torch.device | str | int = "cuda", non_blocking: bool = False) -> Train:
        """These spikes on a GPU, by default the current one."""
        return self.to(device, non_blocking=non_blocking)

    def pin_memory(self: Train) -> Train:
        """These spikes in pinned memory, from which a GPU copies without waiting. A DataLoader can do this too."""
        return self._with_each(lambda tensor: tensor.pin_memory())

    def is_pinned(self) -> bool:
        """Whether all of its tensors are in pinned memory."""
        return all(tensor.is_pinned() for tensor in self.tensors_and_rebuild()[0])

    def __getitem__(self: Train, index: Any) -> Train | PackedSpikes:
        """Some of its time steps, and some of its batch. The index for time must be a slice without a step.

        `spikes[10:20, 3:7]` is ten steps of four samples, `spikes[:, order]` the samples in another order, and
        `spikes[:, 3]` one sample, `[T, ...]`. If time is in another dimension, so is its index.
        Raises TypeError on any other index, IndexError if there is no such sample.
        """
        time, batch = check_index(type(self).__name__, self.shape, self.time_dim, index)
        part = self if time is None else self.part(*time)
        return part if batch is None else part.pack().samples(batch)

    if not TYPE_CHECKING:  # else a type checker would accept every attribute

        def __getattr__(self, name: str) -> Any:
            if name in _CASTS:  # which raise TypeError when they are called, as to(dtype) does
                return partial(check_destination, type(self).__name__, None, _CASTS[name])
            hint = ": unpack(dtype) gives a tensor, which has it" if hasattr(Tensor, name) else ""
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{hint}", name=name, obj=self)

    def _with_each(self: Train, change: Callable[[Tensor], Tensor]) -> Train:
        tensors, rebuild = self.tensors_and_rebuild()
        return rebuild(*map(change, tensors))
