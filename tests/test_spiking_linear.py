"""SpikingLinear is SpikeLinear followed by LIF, but for what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import torch
from support import Target, assert_rounded, assert_same_bits, random_spikes
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint

from snnkernels import (
    LIF,
    SpikeLinear,
    SpikingLinear,
    linear_autograd,
    pack_spikes,
    packed,
    poisson_spikes,
    use_backend,
)

STEPS, BATCH, INPUTS, OUTPUTS = 37, 3, 70, 50


def layers(**options: Any) -> tuple[SpikingLinear, nn.Sequential]:
    """The layer, and the two that it stands for, with the same weights."""
    bias = options.pop("bias", True)
    fused = SpikingLinear(INPUTS, OUTPUTS, bias, **options)
    nn.init.normal_(fused.linear.weight, 0.1, 0.3)
    product = options.pop("product", "auto")
    separate = nn.Sequential(SpikeLinear(INPUTS, OUTPUTS, bias, product=product), LIF(**options))
    separate.load_state_dict(
        {name.replace("linear", "0").replace("neuron", "1"): value for name, value in fused.state_dict().items()}
    )
    return fused, separate


def spike_train(rate: float = 0.2) -> Tensor:
    return (torch.rand(STEPS, BATCH, INPUTS) < rate).float()


@pytest.fixture
def two_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backward takes a chunk for each interval between checkpoints."""
    monkeypatch.setattr(linear_autograd, "_CHUNK_BYTES", 1)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("output", ["all", "sum"])
@pytest.mark.parametrize("product", ["events", "dense"])
def test_is_the_two_layers(two_chunks: None, product: str, output: str, bias: bool) -> None:
    per_neuron = torch.linspace(0.7, 0.95, OUTPUTS)
    fused, separate = layers(
        beta=per_neuron, learn_beta=True, learn_threshold=True, product=product, output=output, bias=bias
    )
    spikes = spike_train()
    inputs = [spikes.clone().requires_grad_() for _ in range(2)]
    results = [layer(x) for layer, x in zip((fused, separate), inputs, strict=True)]
    assert_same_bits(results[0], results[1], output)
    grad = torch.randn_like(results[0])
    for result in results:
        result.backward(grad)
    assert_rounded(inputs[0].grad, inputs[1].grad, "input spikes", terms=OUTPUTS)
    expected = [parameter.grad for parameter in separate.parameters()]
    for (name, parameter), right in zip(fused.named_parameters(), expected, strict=True):
        assert_rounded(parameter.grad, right, name, terms=STEPS * BATCH)


def test_state_continues_and_has_a_gradient(two_chunks: None) -> None:
    fused, separate = layers(return_state=True)
    spikes, grads = spike_train(), []
    linear, neuron = separate
    for layer in (fused, lambda x, v: neuron(linear(x), v)):
        state = torch.full((BATCH, OUTPUTS), 0.3, requires_grad=True)
        result, final = layer(spikes, state)
        torch.autograd.backward((result, final), (torch.ones_like(result), torch.full_like(final, 0.5)))
        grads.append(state.grad)
    assert_same_bits(grads[0], grads[1], "initial state")
    whole, final = fused(spikes)
    first, state = fused(spikes[:16])
    second, end = fused(spikes[16:], state)
    assert_same_bits(torch.cat((first, second)), whole, "spikes")
    assert_same_bits(end, final, "final state")


@pytest.mark.parametrize("form", ["packed", "drawn"])
def test_takes_spikes_that_are_packed_or_drawn(two_chunks: None, form: str) -> None:
    drawn = poisson_spikes(torch.rand(BATCH, INPUTS), STEPS, seed=1)
    spikes = drawn if form == "drawn" else pack_spikes(drawn.unpack())
    fused, _ = layers()
    grads = []
    for x in (spikes, drawn.unpack()):
        fused.zero_grad()
        fused(x).sum().backward()
        grads.append(fused.linear.weight.grad.clone())
    assert_same_bits(grads[0], grads[1], "weights")


def test_keeps_bits_and_checkpoints_alone(target: Target) -> None:
    if target.engine == "reference":
        pytest.skip("the reference keeps what autograd keeps")
    fused = SpikingLinear(INPUTS, OUTPUTS, backend=target.engine).to(target.device)
    spikes = spike_train().to(target.device)
    kept: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        fused(spikes)
    data = {parameter.data_ptr() for parameter in fused.parameters()}
    bytes_kept = sum(t.numel() * t.element_size() for t in kept if t.data_ptr() not in data)
    chunks = -(-STEPS // 8) if target.device == "cuda" else -(-STEPS // 16)
    checkpoints = (chunks - 1) * BATCH * OUTPUTS * 4
    parameters = 2 * 4
    assert bytes_kept <= STEPS * (-(-BATCH * INPUTS // 8)) + checkpoints + parameters


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0])
def test_other_values_go_the_way_of_the_two_layers(value: float, target: Target) -> None:
    fused, separate = (layer.to(target.device) for layer in layers())
    spikes = spike_train().to(target.device)
    spikes[3, 1, 2] = value
    with use_backend(target.engine):
        assert_same_bits(fused(spikes), separate(spikes), "spikes")


def test_spikes_that_must_not_be_read_go_the_way_of_the_two_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    fused, separate = layers()
    spikes = spike_train() / 2
    monkeypatch.setattr(packed, "is_capturing", lambda tensor: True)
    assert_same_bits(fused(spikes), separate(spikes), "spikes")


@pytest.mark.gpu
@pytest.mark.parametrize("form", ["stored", "packed", "drawn"])
def test_in_a_cuda_graph(compiled: Target, form: str) -> None:
    if compiled.device == "cpu":
        pytest.skip("CUDA graphs are of a GPU")
    fused, _ = layers(slope=2.0)
    fused.cuda()
    drawn = poisson_spikes(torch.rand(BATCH, INPUTS, device="cuda"), STEPS, seed=1)
    spikes = {"stored": drawn.unpack(), "packed": drawn.pack(), "drawn": drawn}[form]

    def step() -> None:
        fused.zero_grad(set_to_none=False)
        fused(spikes).sum().backward()

    side = torch.cuda.Stream()
    with use_backend(compiled.engine):
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            step()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=side):
            step()
    torch.cuda.current_stream().wait_stream(side)
    expected = [parameter.grad.clone() for parameter in fused.parameters()]
    fused.zero_grad(set_to_none=False)
    graph.replay()
    for parameter, grad in zip(fused.parameters(), expected, strict=True):
        assert_rounded(parameter.grad, grad, terms=STEPS * BATCH)


def weight_gradients(prepare: Callable[[nn.Linear], Any]) -> list[list[Tensor]]:
    """Those of the layer, and of its two parts called one after the other, prepared by `prepare`."""
    spikes, results = spike_train(), []
    for parts in (False, True):
        torch.manual_seed(1)
        fused, _ = layers(slope=2.0)
        prepare(fused.linear)
        module = nn.Sequential(fused.linear, fused.neuron) if parts else fused
        module(spikes).sum().backward()
        results.append([parameter.grad for parameter in fused.parameters()])
    return results


@pytest.mark.parametrize(
    "prepare",
    [
        lambda linear: prune.random_unstructured(linear, "weight", 0.5),
        parametrizations.weight_norm,
        parametrizations.spectral_norm,
        lambda linear: linear.weight.requires_grad_(False),
        lambda linear: linear.bias.requires_grad_(False),
    ],
    ids=["pruned", "weight_norm", "spectral_norm", "frozen weight", "frozen bias"],
)
def test_weights_that_are_computed_or_frozen(two_chunks: None, prepare: Callable[[nn.Linear], Any]) -> None:
    fused, separate = weight_gradients(prepare)
    for actual, expected in zip(fused, separate, strict=True):
        assert (actual is None) == (expected is None)
        if expected is not None:
            assert_rounded(actual, expected, terms=STEPS * BATCH)
    assert any(grad is not None and grad.abs().sum() > 0 for grad in fused)


def test_a_hook_of_a_part_is_called() -> None:
    fused, _ = layers()
    rates: list[float] = []
    fused.neuron.register_forward_hook(lambda module, inputs, spikes: rates.append(spikes.mean().item()))
    spikes = fused(spike_train())
    assert rates == [spikes.mean().item()]


@pytest.mark.parametrize("mode", [True, False])
def test_a_hook_of_all_modules_sees_the_inner_layers(mode: bool) -> None:
    """Profilers and debuggers register one: in training as in eval."""
    fused, separate = layers()
    fused.train(mode)
    spikes, seen = spike_train(), []
    hook = nn.modules.module.register_module_forward_hook(lambda module, inputs, out: seen.append(type(module)))
    try:
        with torch.set_grad_enabled(mode):
            result = fused(spikes)
    finally:
        hook.remove()
    assert seen == [SpikeLinear, LIF, SpikingLinear]
    assert_same_bits(result.detach(), separate(spikes).detach(), "spikes")


class HalfAsMuch(SpikeLinear):
    def forward(self, spikes: Tensor) -> Tensor:
        return super().forward(spikes) / 2


class Twice(LIF):
    def forward(self, current: Tensor, initial_state: Tensor | None = None) -> Tensor:
        return super().forward(2 * current, initial_state)


class Adapted(nn.Module):
    """A layer that is frozen, with a weight and a bias to be seen, and a product of low rank beside it."""

    def __init__(self, linear: SpikeLinear) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(False)
        self.weight, self.bias, self.product = linear.weight, linear.bias, linear.product
        self.down, self.up = nn.Linear(INPUTS, 2, bias=False), nn.Linear(2, OUTPUTS, bias=False)

    def forward(self, spikes: Tensor) -> Tensor:
        return self.linear(spikes) + self.up(self.down(spikes))


def patch_linear(fused: SpikingLinear) -> None:
    forward = fused.linear.forward
    fused.linear.forward = lambda spikes: forward(spikes) / 2


CHANGES: dict[str, Callable[[SpikingLinear], None]] = {
    "subclass of SpikeLinear": lambda fused: setattr(fused, "linear", HalfAsMuch(INPUTS, OUTPUTS)),
    "subclass of LIF": lambda fused: setattr(fused, "neuron", Twice()),
    "patched": patch_linear,
    "adapted": lambda fused: setattr(fused, "linear", Adapted(fused.linear)),
    "torch's layer": lambda fused: setattr(fused, "linear", nn.Linear(INPUTS, OUTPUTS)),
    "two layers": lambda fused: setattr(fused, "linear", nn.Sequential(nn.Linear(INPUTS, OUTPUTS), nn.ReLU())),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_part_that_was_replaced_is_called(change: str) -> None:
    fused, _ = layers(slope=2.0)
    CHANGES[change](fused)
    spikes = spike_train()
    result = fused(spikes)
    with torch.no_grad():
        assert_same_bits(result.detach(), fused.neuron(fused.linear(spikes)), "spikes")
    result.sum().backward()
    learnt = [parameter.grad for parameter in fused.parameters() if parameter.requires_grad]
    assert learnt and all(grad is not None and grad.abs().sum() > 0 for grad in learnt[-1:])


def test_gradients_are_the_same_where_torch_computes_it_again(two_chunks: None) -> None:
    """torch.utils.checkpoint, which hands out what was kept once."""
    fused, _ = layers(slope=2.0, learn_beta=True)
    spikes = spike_train()
    expected = torch.autograd.grad(fused(spikes).sum(), list(fused.parameters()))
    again = checkpoint(fused, spikes, use_reentrant=False)
    actual = torch.autograd.grad(again.sum(), list(fused.parameters()))
    for right, left in zip(expected, actual, strict=True):
        assert_same_bits(left, right)


def test_a_frozen_layer_keeps_nothing() -> None:
    """Neither for backward, nor, until the end of the call, states that backward would begin from."""
    fused, separate = layers()
    fused.requires_grad_(False)
    spikes, intervals = spike_train(), []
    forward = torch.ops.snnkernels.native_forward

    class Noted(TorchDispatchMode):
        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if function is forward.default:
                intervals.append(args[6])
            return function(*args, **(kwargs or {}))

    with Noted():
        result = fused(spikes)
    assert intervals == [0] and result.grad_fn is None
    assert_same_bits(result, separate(spikes).detach(), "spikes")


def test_images_that_change_before_backward_change_nothing() -> None:
    """What is drawn keeps a copy: a buffer for images is used again while a step is under way."""
    fused, _ = layers()
    grads = []
    for change in (1.0, 0.5):
        images = torch.linspace(0, 1, BATCH * INPUTS).reshape(BATCH, INPUTS)
        fused.zero_grad()
        result = fused(poisson_spikes(images, STEPS, seed=1))
        images.mul_(change)
        result.sum().backward()
        grads.append(fused.linear.weight.grad.clone())
    assert_same_bits(grads[1], grads[0])


def test_one_product_serves_forward_and_every_chunk_of_backward(two_chunks: None) -> None:
    """Chunks that fire seldom and often, in a layer where that decides. A product by event begins with the bias, a
    dense one ends with it: sums of thirds that come to the threshold are rounded to either side of it."""
    fused = SpikingLinear(INPUTS, 200, beta=1.0, reset="zero", slope=2.0)
    with torch.no_grad():
        fused.linear.weight.copy_(torch.randint(-1, 2, (200, INPUTS)) / 3)
        fused.linear.bias.fill_(1 / 3)
    spikes = torch.cat((spike_train(0.3)[:16], spike_train(0.9)[16:]))
    grads = []
    for layer in (fused, nn.Sequential(fused.linear, fused.neuron)):
        x = spikes.clone().requires_grad_()
        (layer(x) * torch.linspace(-1, 1, 200)).sum().backward()
        grads.append(x.grad)
    assert_rounded(grads[0], grads[1], terms=200)


SETTINGS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
    "reference engine": lambda: use_backend("reference"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_backward_computes_what_forward_did_whatever_is_set_meanwhile(two_chunks: None, setting: str) -> None:
    fused, _ = layers(product="events")
    spikes, grads = spike_train(), []
    for context in (nullcontext, SETTINGS[setting]):
        fused.zero_grad()
        result = fused(spikes)
        with context():
            (result * torch.linspace(-1, 1, OUTPUTS)).sum().backward()
        grads.append(fused.linear.weight.grad.clone())
    assert_same_bits(grads[1], grads[0])


def test_batch_first_spikes_and_a_last_chunk_of_one_step(two_chunks: None) -> None:
    fused, separate = layers()
    spikes = spike_train()[:33].transpose(0, 1).contiguous().transpose(0, 1)
    fused(spikes).sum().backward()
    separate(spikes).sum().backward()
    assert_rounded(fused.linear.weight.grad, separate[0].weight.grad, terms=STEPS * BATCH)


@pytest.mark.parametrize("form", ["stored", "packed", "drawn"])
@pytest.mark.parametrize("product", ["auto", "events", "dense"])
def test_empty_batch(product: str, form: str) -> None:
    fused, _ = layers(product=product)
    drawn = poisson_spikes(torch.rand(0, INPUTS), STEPS)
    spikes = {"stored": drawn.unpack(), "packed": drawn.pack(), "drawn": drawn}[form]
    result = fused(spikes)
    result.sum().backward()
    assert result.shape == (STEPS, 0, OUTPUTS) and fused.linear.weight.grad.abs().sum() == 0


@pytest.mark.parametrize("grad", [True, False])
def test_packed_spikes_with_time_second_are_refused(grad: bool) -> None:
    fused, _ = layers()
    packed = pack_spikes(torch.ones(BATCH, STEPS, INPUTS), time_dim=1)
    with (
        torch.set_grad_enabled(grad),
        pytest.raises(ValueError, match="SpikingLinear takes spikes time first, got PackedSpikes with time in"),
    ):
        fused(packed)


def test_device_and_dtype_are_those_of_all_its_parts() -> None:
    layer = SpikingLinear(3, 2, device="meta", dtype=torch.float64, learn_beta=True)
    assert {(p.device.type, p.dtype) for p in layer.parameters()} == {("meta", torch.float64)}
    assert layer(torch.ones(5, 4, 3, device="meta")).shape == (5, 4, 2)
    assert SpikingLinear(3, 2, dtype=torch.float64, learn_beta=True).neuron.beta.item() == 0.9


def test_second_derivative_is_an_error() -> None:
    """Of whatever it has gradients of, also where there is another way to it."""
    fused, _ = layers(learn_beta=True, slope=2.0)
    spikes, state = spike_train().requires_grad_(), torch.zeros(BATCH, OUTPUTS, requires_grad=True)
    leaves = [spikes, state, *fused.parameters()]
    for leaf in leaves:
        (first,) = torch.autograd.grad(fused(spikes, state).mean(0).square().sum(), leaf, create_graph=True)
        for other in leaves:
            with pytest.raises(RuntimeError, match="a second derivative was asked for"):
                torch.autograd.grad(first.sum() + other.sum(), other, retain_graph=True)


@pytest.mark.parametrize("form", ["tensor", "packed"])
def test_spikes_with_the_batch_outside_are_the_same_bits(form: str) -> None:
    """A product of others rounds otherwise: in training as without gradients, and as the two layers."""
    fused, separate = (module.bfloat16() for module in layers(product="dense", return_state=True))
    values = (torch.rand(BATCH, STEPS, INPUTS) < 0.6).bfloat16().transpose(0, 1)
    spikes = pack_spikes(values) if form == "packed" else values
    with torch.no_grad():
        expected = fused(spikes)
    for call in (fused, separate):
        for actual, wanted in zip(call(spikes), expected, strict=True):
            assert_same_bits(actual, wanted)


def test_unknown_option_is_named() -> None:
    with pytest.raises(TypeError, match="neuron must be a function that @neuron made, such as lif, got <class .*LIF'>"):
        SpikingLinear(6, 4, neuron=LIF)
    with pytest.raises(TypeError, match=r"SpikingLinear has no option 'slop'; did you mean 'slope'\?; it has in_feat"):
        SpikingLinear(3, 2, slop=3)


def test_compiles_whole_and_equals_eager() -> None:
    torch._dynamo.reset()
    fused, _ = layers()
    spikes = spike_train()
    compiled = torch.compile(fused, fullgraph=True, backend="aot_eager")
    assert_same_bits(compiled(spikes), fused(spikes), "spikes")


@pytest.mark.parametrize(("name", "value"), [("time_dim", 1), ("steps", 3)])
def test_options_of_its_neurons_that_it_does_not_take_make_it_the_two_layers(
    native: None, name: str, value: int
) -> None:
    spikes, results = random_spikes(6, 4, 8), []
    fused = SpikingLinear(8, 5, threshold=0.3)
    setattr(fused.neuron, name, value)
    for call in (fused, lambda spikes: fused.neuron(fused.linear(spikes))):
        fused.zero_grad()
        out = call(spikes)
        (out * torch.arange(out.numel()).view_as(out)).sum().backward()
        results.append((out.detach(), fused.linear.weight.grad.clone()))
    for one, other in zip(*results, strict=True):
        assert_same_bits(one, other)
