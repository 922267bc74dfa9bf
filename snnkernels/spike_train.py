"""What the forms of a spike train that are no tensor share: how they are moved, pinned and indexed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import torch
from torch import Tensor

from .inputs import check_destination, check_index

if TYPE_CHECKING:
    from .packed import PackedSpikes

Train = TypeVar("Train", bound="SpikeTrain")


class SpikeTrain:
    """A spike train `[T, B, ...]`, or with time in another dimension, in another form than a tensor of its values.

    Such a form says what its shape is and where time is in it, takes itself apart into tensors, gives a part of its
    time steps, and packs itself. The rest follows from these.
    """

    __iter__ = None  # to Python, what has __getitem__ alone is a sequence of its first time step, its second, ...

    @property
    def shape(self) -> torch.Size:
        """The shape of the spike train, `[T, B, ...]`."""
        raise NotImplementedError

    @property
    def time_dim(self) -> int:
        """The dimension of time in the shape."""
        raise NotImplementedError

    def apart(self: Train) -> tuple[tuple[Tensor, ...], Callable[..., Train]]:
        """Its tensors, for autograd to keep, and what makes spikes of them again."""
        raise NotImplementedError

    def part(self: Train, start: int, steps: int) -> Train:
        """`steps` time steps of it, from `start`. Raises ValueError where it does not have them."""
        raise NotImplementedError

    def pack(self) -> PackedSpikes:
        """The spikes, one bit each."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        return self.apart()[0][0].device

    def __repr__(self) -> str:
        return f"{type(self).__name__}(shape={tuple(self.shape)}, device='{self.device}')"

    def to(
        self: Train,
        device: torch.device | str | int,
        dtype: None = None,
        non_blocking: bool = False,
        copy: bool = False,
    ) -> Train:
        """These spikes, the same, on a device. Raises TypeError where a dtype is given, which spikes do not have."""
        check_destination(type(self).__name__, device, dtype)
        return self._with_each(lambda tensor: tensor.to(device, non_blocking=non_blocking, copy=copy))

    def cpu(self: Train) -> Train:
        """These spikes on the CPU."""
        return self.to("cpu")

    def cuda(self: Train, device: torch.device | str | int = "cuda", non_blocking: bool = False) -> Train:
        """These spikes on a GPU, the current one where none is named."""
        return self.to(device, non_blocking=non_blocking)

    def pin_memory(self: Train) -> Train:
        """These spikes in memory from which a GPU copies without waiting, as `DataLoader(pin_memory=True)` asks for."""
        return self._with_each(lambda tensor: tensor.pin_memory())

    def is_pinned(self) -> bool:
        """Whether all of its tensors are in such memory."""
        return all(tensor.is_pinned() for tensor in self.apart()[0])

    def __getitem__(self: Train, index: Any) -> Train | PackedSpikes:
        """Some of its time steps, by a slice without a step, and some of its batch, by what indexes a tensor.

        `spikes[10:20, 3:7]` is ten steps of four samples, `spikes[:, order]` the samples in another order, and
        `spikes[:, 3]` one sample, `[T, ...]`. Where time is in another dimension the indices are in that of the shape.
        Raises TypeError on any other index, IndexError where there is no such sample.
        """
        time, batch = check_index(type(self).__name__, self.shape, self.time_dim, index)
        part = self if time is None else self.part(*time)
        return part if batch is None else part.pack().samples(batch)

    if not TYPE_CHECKING:  # to which every attribute would be known

        def __getattr__(self, name: str) -> NoReturn:
            hint = ": unpack(dtype) gives a tensor, which has it" if hasattr(Tensor, name) else ""
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}{hint}", name=name, obj=self)

    def _with_each(self: Train, change: Callable[[Tensor], Tensor]) -> Train:
        tensors, rebuild = self.apart()
        return rebuild(*map(change, tensors))
