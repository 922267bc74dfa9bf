"""Where a run computes: the device, its determinism, and the processes that share the work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from config import RunError
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class World:
    """This process among those that train one network together: one, or as many as torchrun started.

    All encode the whole batch, with generators in the same state, and each trains on its share of the images: an
    image's spikes do not depend on how many processes there are.
    """

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """The one process that writes and prints."""
        return self.rank == 0

    def share(self, count: int) -> tuple[slice, float]:
        """This process's part of a batch, and the weight of its mean in the mean over all processes' means.

        With fewer images than processes some get the first image with a weight of zero: all must take part.
        """
        start, end = count * self.rank // self.size, count * (self.rank + 1) // self.size
        return slice(start, end) if end > start else slice(0, 1), self.size * (end - start) / count

    def sum(self, values: Tensor) -> Tensor:
        """Of every process's values."""
        if self.size == 1:
            return values
        values = values.clone()
        distributed.all_reduce(values)
        return values

    def any(self, flag: bool) -> bool:
        """Whether any process says so; asked on the CPU, which need not wait for a GPU."""
        return bool(self.sum(torch.tensor(float(flag))))

    def share_gradients(self, model: nn.Module) -> nn.Module:
        """The model such that backward leaves every process the mean of all processes' gradients."""
        return model if self.size == 1 else DistributedDataParallel(model)

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """What the others need not do again at the same time: they find it done, a download for one."""
        if self.size > 1 and not self.leads:
            distributed.barrier()
        yield
        if self.size > 1 and self.leads:
            distributed.barrier()


def rank() -> int:
    """Of this process, as torchrun says."""
    return int(os.environ.get("RANK", 0))


@contextmanager
def join_world(device: str) -> Iterator[World]:
    """Find the device, and the other processes where torchrun started several."""
    size = int(os.environ.get("WORLD_SIZE", 1))
    world = World(find_device(device), rank(), size)
    if world.device.type == "cuda":
        torch.cuda.set_device(world.device)
    if size == 1:
        yield world
        return
    distributed.init_process_group("cpu:gloo,cuda:nccl" if world.device.type == "cuda" else "gloo")
    try:
        yield world
        # A process that ends while a thread of gloo's lets go of the last tensors is aborted: all wait for the leader.
        distributed.barrier()
    finally:
        distributed.destroy_process_group()


def find_device(name: str) -> torch.device:
    """The device of this process: each of those on one machine has a GPU of its own."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cpu":
        return torch.device("cpu")
    if not torch.cuda.is_available():
        why = "sees no GPU" if torch.version.cuda else "is built without CUDA"
        raise RunError(f"--device cuda asks for a GPU, but torch {torch.__version__} {why}")
    processes, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", 1)), torch.cuda.device_count()
    if processes > gpus:
        raise RunError(f"torchrun started {processes} processes here, but the number of GPUs is {gpus}: each needs one")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))


def wait(device: torch.device) -> None:
    """Until a device has done what it was told: a GPU is told much ahead."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def make_deterministic(seed: int, device: torch.device) -> None:
    """The same seed gives the same weights, bit for bit, on the same machine and engine."""
    torch.manual_seed(seed)
    if device.type == "cuda":  # what runs here on a CPU is deterministic as it is
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False
