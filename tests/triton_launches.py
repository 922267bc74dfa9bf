"""Tests of what the Triton engine launches, on a machine without a GPU: kernels are compiled, and arrive here instead.

tests/test_triton_launch.py runs them in a process of their own, where Triton is not interpreted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import triton
from torch import Tensor
from triton.backends.compiler import GPUTarget
from triton.runtime.jit import JITFunction

from snnkernels import lif, tuning
from snnkernels.engines import triton_plan, triton_poisson_plan
from snnkernels.engines.triton_launch import halves

STREAM = 77
LAUNCHERS = (triton_plan._forward_launcher, triton_plan._backward_launcher, triton_poisson_plan._poisson_launcher)
NEURONS = 2048
KEY = lif.variant().key
NUMBERS = (0.9, 1.0, 1.0, 0.0, 25.0)  # beta, threshold, input_scale, reset, slope
MEMORY = torch.randn(2, 5 * NEURONS + 4)

Call = Callable[[], tuple[Tensor, ...]]


@dataclass(frozen=True)
class Launch:
    """As the part of Triton gets it that calls the CUDA driver."""

    kernel: str  # a hash of it
    grid: tuple[int, ...]
    stream: int
    arguments: tuple[Any, ...]  # tensors, or their addresses
    searched: bool  # whether Triton's own launch looked for the kernel

    @property
    def addresses(self) -> set[int]:
        """Of tensors, also of those in tuples."""
        flat = [a for group in self.arguments for a in (group if isinstance(group, tuple) else (group,))]
        return {a.data_ptr() if isinstance(a, Tensor) else a for a in flat if isinstance(a, (Tensor, int))}

    @property
    def sizes(self) -> list[int]:
        """Everything that is a number but no address."""
        return [a for a in self.arguments if isinstance(a, int) and a < 1 << 32]


class Driver:
    """As much of a GPU's driver as a launch asks for. It is its own launcher, which gets hooks, too."""

    def __init__(self) -> None:
        self.launched: list[Launch] = []
        self.searches = 0

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return STREAM

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", 90, 32)

    @property
    def utils(self) -> Driver:
        return self

    def get_device_properties(self, device: int) -> dict[str, int]:
        return {"max_shared_mem": 1 << 17}

    def load_binary(self, *_: Any) -> tuple[int, int, int, int, int]:
        """A module, a function, registers, spills, threads."""
        return 1, 2, 0, 0, 1024

    def unload_module(self, module: int) -> None:
        pass

    def launcher_cls(self, source: Any, metadata: Any) -> Callable[..., None]:
        def launch(*call: Any) -> None:
            *grid, stream, _function, _packed, about, enter, leave = call[:9]
            enter(about)
            self.launched.append(Launch(metadata.hash, tuple(grid), stream, call[9:], self.searches > 0))
            leave(about)

        return launch


DRIVER = Driver()  # the only one, as it comes with the kernels that Triton keeps


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    run = JITFunction.run

    def watched(self: JITFunction, *arguments: Any, **options: Any) -> Any:
        DRIVER.searches += 1
        return run(self, *arguments, **options)

    monkeypatch.setattr(JITFunction, "run", watched)
    for module in (triton_plan, triton_poisson_plan):
        monkeypatch.setattr(module, "processors", lambda device: 132)
    triton.runtime.driver.set_active(DRIVER)
    forget()
    yield
    forget()


def forget() -> None:
    for launcher in LAUNCHERS:
        launcher.cache_clear()


def launch(call: Call) -> Launch:
    """The one launch of a call."""
    DRIVER.launched, DRIVER.searches = [], 0
    call()
    (launched,) = DRIVER.launched
    return launched


def sequence(row: int = 0, offset: int = 0, steps: int = 5) -> Tensor:
    return MEMORY[row, offset : offset + steps * NEURONS].view(steps, 2, NEURONS // 2)


def forward(
    x: Tensor, states: Tensor | None = None, params: tuple[Tensor, ...] = (), output: str = "all", **changes: Any
) -> Call:
    given = {"interval": 8, "strict": False, "with_state": False, "record": 0} | changes
    head = ([x, *params], states, *numbers(changes), (1 << len(params)) - 1, KEY, given["strict"], given["interval"])
    return lambda: triton_plan.forward(*head, 0, len(x), output, given["record"], given["with_state"])


def numbers(changes: dict[str, Any]) -> tuple[Tensor | None, tuple[float, ...]]:
    """As operators take them."""
    values = changes.get("values")
    return (None, changes.get("numbers", NUMBERS)) if values is None else (values, ())


def backward(
    x: Tensor, grad: Tensor, params: tuple[Tensor, ...] = (), grad_states: Tensor | None = None, **changes: Any
) -> Call:
    given = {"surrogate": "fast_sigmoid", "offset": 0, "kept": 1, "with_state": False, "output": "all"} | changes
    checkpoints = torch.empty(NEURONS + 1)[given["offset"] :][:NEURONS].view(1, 1, 1, NEURONS).to(x.dtype)
    checkpoints = checkpoints[: given["kept"]]
    tensors = (1 << len(params)) - 1
    head = ([x, *params], checkpoints, *numbers(changes), tensors, KEY, False, 8, 0, len(x), given["output"])
    records = given.get("grad_records")
    rule = (0 if records is None else 1, given["surrogate"], grad, given.get("index"), records, grad_states)
    return lambda: triton_plan.backward(*head, *rule, given["with_state"], given.get("wanted", tensors))


def poisson(images: Tensor, first: int = 0, packed: bool = False, steps: int = 8) -> Call:
    return lambda: (triton_poisson_plan.poisson(images, first, steps, torch.zeros(1, dtype=torch.int64), packed),)


X, GRAD, STATES = sequence(0), sequence(1), torch.zeros(1, 1, NEURONS)
PARAMS = (torch.rand(1), torch.rand(1))
ONCE = X[:1].view(1, 1, NEURONS)
INDEX = torch.zeros(1, 1, NEURONS, dtype=torch.int32)
IMAGES = torch.rand(NEURONS)
CALLS = {
    "forward": forward(X),
    "sum": forward(X, output="sum"),
    "last": forward(X, output="last"),
    "max": forward(X, output="max"),
    "record": forward(X, record=1),
    "packed": forward(X, output="packed"),
    "states": forward(X, STATES),
    "final states": forward(X, with_state=True),
    "strict": forward(X, strict=True),
    "nothing kept": forward(X, interval=0),
    "steps": forward(X[:4]),
    "neurons": forward(X[:, :1].contiguous()),
    "a copy": forward(X[:, :1]),
    "float64": forward(X.double()),
    "float16": forward(X.half()),
    "parameters": forward(X, params=PARAMS),
    "numbers in memory": forward(X, values=torch.rand(5)),
    "numbers in memory, parameters": forward(X, params=PARAMS, values=torch.rand(5)),
    "parameter per neuron": forward(X, params=(torch.rand(1, NEURONS), PARAMS[1])),
    "backward": backward(X, GRAD),
    "backward, numbers in memory": backward(X, GRAD, values=torch.rand(5)),
    "gradient of the states": backward(X, GRAD, grad_states=STATES),
    "gradient of the first states": backward(X, GRAD, with_state=True),
    "from zero": backward(X, GRAD, kept=0),
    "gradients of parameters": backward(X, GRAD, PARAMS),
    "gradient of one parameter": backward(X, GRAD, PARAMS, wanted=1),
    "gradient of the other parameter": backward(X, GRAD, PARAMS, wanted=2),
    "parameters without gradients": backward(X, GRAD, PARAMS, wanted=0),
    "gradient of the last": backward(X, ONCE, output="last"),
    "gradient of the largest": backward(X, ONCE, output="max", index=INDEX),
    "gradient of a record": backward(X, GRAD, grad_records=X.view(1, 1, 5, NEURONS)),
    "one gradient for all steps": backward(X, ONCE.expand(1, 5, NEURONS)),
    "surrogate": backward(X, GRAD, surrogate="triangle"),
    "poisson": poisson(IMAGES),
    "bits": poisson(IMAGES, packed=True),
    "steps of a draw": poisson(IMAGES, steps=9),
    "odd": poisson(IMAGES[1:]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_kernel_is_launched_again_as_triton_launched_it(name: str) -> None:
    """But for its tensors, which are addresses now, and without a search for the kernel."""
    outputs: list[Tensor] = []

    def call() -> None:
        outputs[:] = CALLS[name]()

    first, again = launch(call), launch(call)
    assert first.searched and not again.searched
    assert (again.kernel, again.grid, again.stream) == (first.kernel, first.grid, STREAM)
    assert len(again.arguments) == len(first.arguments)
    for now, before in zip(again.arguments, first.arguments, strict=True):
        if isinstance(before, Tensor):
            assert isinstance(now, int)
        elif isinstance(before, tuple) and any(isinstance(element, Tensor) for element in before):
            assert now == tuple(element.data_ptr() for element in before)
        else:
            assert now == before
    assert {output.data_ptr() for output in outputs} <= again.addresses


def test_metadata_tells_launches_apart() -> None:
    """Each is as it would be if it were the only one."""

    def facts(launched: Launch) -> tuple[Any, ...]:
        return launched.kernel, launched.grid, launched.sizes[-5:], [type(a) for a in launched.arguments[-9:]]

    alone = {}
    for name, call in CALLS.items():
        forget()
        launch(call)
        alone[name] = facts(launch(call))
    forget()
    for call in CALLS.values():
        launch(call)
    again = {name: launch(call) for name, call in CALLS.items()}
    assert not any(launched.searched for launched in again.values())
    assert {name: facts(launched) for name, launched in again.items()} == alone


def test_numbers_come_with_each_call() -> None:
    """None of them has Triton look for a kernel, not even a first step of more than 32 bits."""
    for call in (forward(X), backward(X, GRAD), poisson(IMAGES)):
        launch(call)
    for number in (0.0, -0.0, 0.5, 1 / 3):
        given = (1.0, number, 0.9, 1.0, number)
        launched = launch(forward(X, numbers=given))
        assert not launched.searched and launched.arguments[9] == halves(given)
        launched = launch(backward(X, GRAD, numbers=given))
        assert not launched.searched and launched.arguments[11] == halves(given)
    for first in (1, 16, 2**31, 2**40):
        launched = launch(poisson(IMAGES, first))
        assert not launched.searched and launched.arguments[3] == first


@pytest.mark.parametrize(
    ("aligned", "shifted"),
    [
        (forward(sequence()), forward(sequence(offset=1))),
        (forward(X, params=PARAMS), forward(X, params=(torch.rand(2)[1:], PARAMS[1]))),
        (backward(X, GRAD), backward(X, sequence(1, offset=3))),
        (backward(X, GRAD), backward(X, GRAD, offset=1)),
        (poisson(IMAGES[:-4]), poisson(IMAGES[1:-3])),
    ],
    ids=["x", "a parameter", "gradient", "checkpoints", "images"],
)
def test_a_kernel_is_kept_for_each_alignment(aligned: Call, shifted: Call) -> None:
    """Loads of 16 bytes at once would fail elsewhere."""
    kernels = {call: launch(call).kernel for call in (aligned, shifted)}
    assert kernels[aligned] != kernels[shifted]
    for call in (aligned, shifted, aligned):
        launched = launch(call)
        assert not launched.searched and launched.kernel == kernels[call]


def test_forced_tilings_are_obeyed() -> None:
    call = forward(torch.zeros(4, 1, 1 << 20))
    usual = launch(call)
    with tuning.use_tilings("one_warp", "full"):
        forced = launch(call)
    # A program has a quarter of the warps, each twice as many neurons.
    assert forced.grid == (2 * usual.grid[0], 1, 1) and forced.kernel != usual.kernel
    assert launch(call).kernel == usual.kernel


def test_hooks_are_called() -> None:
    """Before and after every launch, with what it is about, as profilers want it."""
    called = []
    enter, leave = triton.knobs.runtime.launch_enter_hook, triton.knobs.runtime.launch_exit_hook
    hooks = {enter: lambda about: called.append(about.get()["name"]), leave: lambda about: called.append("left")}
    launch(CALLS["forward"])
    for chain, hook in hooks.items():
        chain.add(hook)
    assert not launch(CALLS["forward"]).searched
    for chain, hook in hooks.items():
        chain.remove(hook)
    launch(CALLS["forward"])
    assert called == ["forward_kernel", "left"]
