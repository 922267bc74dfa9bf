"""Training steps as a CUDA graph: what Python launched kernel by kernel is launched again as a whole, in one call."""

from __future__ import annotations

from collections.abc import Callable

import torch
from config import MachineConfig, RunError
from devices import World
from torch import Tensor

# Before the capture: in them kernels are compiled, libraries get their memory, the optimizer makes its state.
EAGER_STEPS = 3

# From the indices of a batch, int64 `[B]`, to figures of the step on it.
Step = Callable[[Tensor], Tensor]


def use_graph(machine: MachineConfig, world: World) -> bool:
    """Whether to replay training steps. Raises RunError where that is asked for and cannot be done."""
    reason = None
    if world.device.type != "cuda":
        reason = f"needs a GPU, and this runs on {world.device.type}"
    elif world.size > 1:
        reason = f"is for one process, not for {world.size}, which exchange gradients in every step"
    elif machine.compile:
        reason = "does not go together with --compile"
    if machine.cuda_graph == "on" and reason is not None:
        raise RunError(f"--cuda-graph on {reason}")
    return machine.cuda_graph != "off" and reason is None


class StepGraph:
    """Takes training steps on batches of one size: the first few as they are, all others by replaying one of them.

    A graph knows memory by its address. So what outlives a step must stay where it lies and be changed in place:
    parameters, the optimizer's state and learning rate, sums. And a step must not wait for what the GPU computes.

    generator: what a step draws random numbers from; a replay goes on where it stands, and moves it on.
    """

    def __init__(self, batch_size: int, generator: torch.Generator) -> None:
        self._index = torch.zeros(batch_size, dtype=torch.int64, device=generator.device)
        self._generator = generator
        self._stream = torch.cuda.Stream(generator.device)
        self._eager_steps = 0
        self._graph: torch.cuda.CUDAGraph | None = None
        self._figures: Tensor

    def take(self, step: Step, index: Tensor) -> Tensor:
        """What `step(index)` does and returns. A batch of another size, the last of an epoch, takes the step itself."""
        if len(index) != len(self._index):
            return step(index)
        self._index.copy_(index)
        if self._eager_steps < EAGER_STEPS:
            return self._take_eagerly(step)
        if self._graph is None:
            self._graph = self._capture(step)
        self._graph.replay()
        return self._figures.clone()  # which the next replay writes over

    def _take_eagerly(self, step: Step) -> Tensor:
        """On the stream of the capture: what libraries and autograd keep from here on belongs to that stream."""
        self._eager_steps += 1
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            figures = step(self._index)
        torch.cuda.current_stream().wait_stream(self._stream)
        return figures

    def _capture(self, step: Step) -> torch.cuda.CUDAGraph:
        """Write down what a step launches; nothing of it is run, so that parameters and generator are as before."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._generator)
        try:
            with torch.cuda.graph(graph, stream=self._stream):
                self._figures = step(self._index)
        except RuntimeError as error:
            raise RunError(
                f"the training step cannot be captured; --cuda-graph off trains without: {' '.join(str(error).split())}"
            ) from error
        # On that stream torch until 2.12 also resets the generator's place in memory, which a replay sets, on this one.
        torch.cuda.current_stream().wait_stream(self._stream)
        return graph
