"""PyTorch around the layer: torch.compile, autocast, distributed training, deterministic algorithms, copies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support import Target, assert_same_bits, random_current
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch._subclasses import FakeTensor, FakeTensorMode

from snnkernels import (
    LIF,
    FusedLIF,
    SpikeLinear,
    integer_lif,
    lif,
    poisson_encode,
    poisson_spikes,
    spike_count_loss,
    use_backend,
)


class Network(nn.Module):
    """Two spiking layers with options that a graph could lose: learnable parameters, a value for the reset."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.first = nn.Linear(6, 8), LIF(learn_beta=True, beta=torch.full((8,), 0.75), slope=2.0)
        self.output, self.second = nn.Linear(8, 3), LIF(learn_threshold=True, threshold=0.5, reset=-0.25, slope=2.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.output(self.first(self.hidden(x))))


def train_step(network: nn.Module, parameters: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Spikes, and the gradients of everything that is learnt."""
    parameters.zero_grad()
    spikes = network(x)
    (spikes.sum(0) * torch.arange(3.0, device=x.device)).sum().backward()
    return {"spikes": spikes.detach(), **{name: p.grad.clone() for name, p in parameters.named_parameters()}}


def assert_same_step(actual: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    assert expected["spikes"].mean() > 0.02, "the network must fire"
    assert_same_bits(actual["spikes"], expected["spikes"], "spikes")
    for name, gradient in expected.items():
        torch.testing.assert_close(
            actual[name], gradient, rtol=1e-5, atol=1e-6, msg=lambda text, n=name: f"{n}: {text}"
        )


@pytest.fixture(autouse=True)
def fresh_compiler() -> None:
    torch._dynamo.reset()


@pytest.mark.filterwarnings("ignore:TensorFloat32 tensor cores:UserWarning")  # inductor's advice on some GPUs
@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
def test_network_compiles_whole_and_equals_eager(compiled: Target, backend: str) -> None:
    network = Network().to(compiled.device)
    x = random_current(11, 4, 6, device=compiled.device) * 2
    with use_backend(compiled.engine):
        expected = train_step(network, network, x)
        whole = torch.compile(network, fullgraph=True, backend=backend)
        assert_same_step(train_step(whole, network, x), expected)
        with torch.no_grad():
            assert_same_bits(whole(x), expected["spikes"], "without gradients")


def test_reference_compiles_whole_and_equals_eager() -> None:
    """At a length that keeps it short: the graph holds every time step."""
    network, x = Network(), random_current(3, 4, 6) * 2
    with use_backend("reference"):
        expected = train_step(network, network, x)
        assert_same_step(train_step(torch.compile(network, fullgraph=True, backend="aot_eager"), network, x), expected)


def test_one_graph_serves_every_length_and_batch(compiled: Target) -> None:
    """Of some checkpoints: torch makes another graph where a size is 0 or 1, here how many they are."""
    network = Network().to(compiled.device)
    counter = CompileCounterWithBackend("aot_eager")
    with use_backend(compiled.engine):
        whole = torch.compile(network, fullgraph=True, dynamic=True, backend=counter)
        graphs = []
        for steps, batch in ((33, 4), (50, 4), (41, 9)):
            x = random_current(steps, batch, 6, device=compiled.device) * 2
            assert_same_step(train_step(whole, network, x), train_step(network, network, x))
            graphs.append(counter.frame_count)
    assert graphs[0] == graphs[1] == graphs[2] > 0


OF_ANY_LENGTH: dict[str, Callable[[Tensor], Tensor]] = {
    "count": lambda current: lif(current, output="sum"),
    "few neurons, time second": lambda current: lif(current, time_dim=1),
    "many neurons, time second": lambda current: lif(current.repeat(1, 1, 6), time_dim=1),
    "reversed dimensions": lambda current: lif(current.transpose(0, 2)),
    "parameters of every neuron": lambda current: lif(
        current, beta=current[0, 0].detach().sigmoid(), threshold=1 + current[0].detach().abs()
    ),
    "drawn spikes": lambda current: SPIKE_LINEAR(poisson_spikes(IMAGES, current.shape[0], seed=1)) + current.mean(),
}
SPIKE_LINEAR, IMAGES = SpikeLinear(6, 40), torch.rand(3, 6)


@pytest.mark.parametrize("function", OF_ANY_LENGTH.values(), ids=OF_ANY_LENGTH.keys())
def test_functions_compile_once_for_all_lengths(function: Callable[[Tensor], Tensor]) -> None:
    counter = CompileCounterWithBackend("aot_eager")
    whole = torch.compile(function, fullgraph=True, dynamic=True, backend=counter)
    graphs = []
    for shape in ((33, 40, 6), (50, 47, 6), (41, 35, 6)):
        current, results = random_current(*shape), []
        for call in (function, whole):
            x = current.clone().requires_grad_()
            out = call(x)
            out.square().sum().backward()
            results.append((out.detach(), x.grad))
        for actual, expected in zip(results[1], results[0], strict=True):
            assert_same_bits(actual, expected)
        graphs.append(counter.frame_count)
    assert graphs[0] == graphs[1] == graphs[2] > 0


def test_whether_a_cuda_graph_is_recorded_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no part of a graph; the compiler looks at no values either."""

    def ask(tensor: Tensor) -> bool:
        torch._dynamo.graph_break()
        return False

    monkeypatch.setattr("snnkernels.inputs.spikes.is_capturing", ask)
    whole = torch.compile(lambda images: poisson_encode(images, 5, seed=1), fullgraph=True, backend="aot_eager")
    assert_same_bits(whole(IMAGES), poisson_encode(IMAGES, 5, seed=1))


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "FusedLIF": lambda current: FusedLIF.apply(current)[0],
    "FusedLIF, final state": lambda current: FusedLIF.apply(current, None, 0.5, 1.0, 2.0)[1],
    "time second": lambda current: lif(current, time_dim=1, surrogate="arctan"),
    "state in and out": lambda current: lif(
        current, initial_state=lif(current, return_state=True)[1] * 0.5, return_state=True, surrogate="sigmoid"
    )[1],
    "channels last": lambda current: lif(current.unflatten(2, (2, 3)).movedim(-1, 1), time_dim=0),
    "bfloat16": lambda current: lif(current.bfloat16(), slope=2.0).float(),
    "count": lambda current: lif(current, output="sum"),
    "one step for all": lambda current: lif(current[0], steps=9),
    "packed": lambda current: lif(current, output="packed").unpack() @ current.new_ones(6, 2) + current.sum(),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_functions_compile_whole_and_equal_eager(compiled: Target, function: Callable[[Tensor], Tensor]) -> None:
    current = random_current(7, 3, 6, device=compiled.device)
    results = []
    with use_backend(compiled.engine):
        for call in (function, torch.compile(function, fullgraph=True, backend="aot_eager")):
            leaf = current.clone().requires_grad_()
            out = call(leaf)
            (out * torch.linspace(-1, 2, out.numel(), device=out.device).view_as(out)).sum().backward()
            results.append((out.detach(), leaf.grad))
    assert results[0][1].abs().sum() > 0
    for actual, expected in zip(results[1], results[0], strict=True):
        assert_same_bits(actual, expected)


def test_a_whole_number_that_is_first_met_in_a_graph_and_then_changes() -> None:
    torch._dynamo.reset()
    current = 3 * random_current(5, 2, 7)
    layer = integer_lif.layer(levels=19)
    whole = torch.compile(layer, fullgraph=True, backend="eager")
    function = torch.compile(lambda x, levels: integer_lif(x, levels=levels), fullgraph=True, backend="eager")
    outputs = []
    for levels in (2, 21, 3, 22):
        layer.levels = levels
        outputs += [whole(current), function(current, levels)]
        for output in outputs[-2:]:
            assert_same_bits(output, integer_lif(current, levels=levels))
    assert outputs[0].max() == 2 and outputs[2].max() > 3


def test_training_step_with_encoder_and_loss_compiles_whole(compiled: Target) -> None:
    network, images = Network().to(compiled.device), torch.rand(4, 6, device=compiled.device)
    targets = torch.tensor([0, 1, 2, 0], device=compiled.device)

    def loss(images: Tensor) -> Tensor:
        return spike_count_loss(network(poisson_encode(images, 9) * 3), targets)

    losses, gradients = [], []
    with use_backend(compiled.engine):
        for call in (loss, torch.compile(loss, fullgraph=True, backend="aot_eager")):
            torch.manual_seed(1)
            network.zero_grad()
            value = call(images)
            value.backward()
            losses.append(value.detach())
            gradients.append(network.hidden.weight.grad.clone())
    assert gradients[0].abs().sum() > 0
    torch.testing.assert_close(losses[1], losses[0], rtol=1e-6, atol=0)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-5, atol=1e-7)


def test_autocast(target: Target) -> None:
    """A layer takes what autocast's linear layers give, half-typed spikes out, and the state stays in float32."""
    network = Network().to(target.device)
    network.second.return_state = True
    x = random_current(9, 4, 6, device=target.device) * 2
    with use_backend(target.engine), torch.autocast(target.device, torch.bfloat16):
        spikes, state = network(x)
    assert (spikes.dtype, state.dtype) == (torch.bfloat16, torch.float32)
    (spikes.float().sum() + (state**2).sum()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.dtype == torch.float32 and parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name

    with use_backend("reference"), torch.autocast(target.device, torch.bfloat16):
        expected = network(x)
    assert_same_bits(spikes.detach(), expected[0].detach(), "spikes")
    assert_same_bits(state.detach(), expected[1].detach(), "state")


def test_autocast_leaves_a_float32_current_alone(target: Target) -> None:
    current = random_current(9, 4, 6, device=target.device)
    expected = lif(current, backend=target.engine)
    with torch.autocast(target.device, torch.bfloat16):
        assert_same_bits(lif(current, backend=target.engine), expected)


def test_a_call_first_made_without_autograd_can_be_trained_with() -> None:
    """What is kept of a call for calls like it holds nothing of the mode that it was made in."""
    current = random_current(5, 2, 3)
    with torch.inference_mode():
        lif(current, beta=0.8125)
    leaf = current.clone().requires_grad_()
    lif(leaf, beta=0.8125).sum().backward()
    assert leaf.grad is not None and leaf.grad.any()


def test_a_call_first_made_with_fake_tensors_is_real_afterwards(target: Target) -> None:
    with FakeTensorMode(), use_backend(target.engine):
        fake = lif(torch.empty(5, 2, 3, device=target.device), beta=0.6875)
    assert isinstance(fake, FakeTensor) and fake.shape == (5, 2, 3)
    real = lif(random_current(5, 2, 3, device=target.device), beta=0.6875, backend=target.engine)
    assert type(real) is Tensor


def test_distributed_data_parallel(target: Target, tmp_path: Path) -> None:
    """One process: parameters are found, their gradients reduced and the same as without."""
    kind = "nccl" if target.device == "cuda" else "gloo"
    torch.distributed.init_process_group(kind, init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        network, x = Network().to(target.device), random_current(9, 4, 6, device=target.device) * 2
        with use_backend(target.engine):
            expected = train_step(network, network, x)
            assert_same_step(train_step(nn.parallel.DistributedDataParallel(network), network, x), expected)
    finally:
        torch.distributed.destroy_process_group()


@pytest.mark.gpu
@pytest.mark.filterwarnings("ignore:The AccumulateGrad node's stream:UserWarning")  # in torch's own warm-up
def test_cuda_graph_replays_with_new_inputs(compiled: Target) -> None:
    if compiled.device == "cpu":
        pytest.skip("CUDA graphs are of a GPU")
    network, x = Network().cuda(), random_current(9, 4, 6, device="cuda") * 2
    with use_backend(compiled.engine):
        graphed = torch.cuda.make_graphed_callables(Network().cuda(), (x,))
        graphed.load_state_dict(network.state_dict())
        for _ in range(2):
            x = random_current(9, 4, 6, device="cuda") * 2
            assert_same_step(train_step(graphed, graphed, x), train_step(network, network, x))


@pytest.mark.gpu
def test_cuda_graph_of_a_whole_training_step_trains_as_eager_does(compiled: Target) -> None:
    """Encoder, layers, loss, backward and optimizer; each replay draws new spikes, from the generator as it is then."""
    if compiled.device == "cpu":
        pytest.skip("CUDA graphs are of a GPU")
    images, targets = torch.rand(4, 6, device="cuda"), torch.tensor([0, 1, 2, 0], device="cuda")
    eager, graphed = Network().cuda(), Network().cuda()
    steps = [training_step(network, images, targets) for network in (eager, graphed)]
    with use_backend(compiled.engine):
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # compiles the kernels, and makes the gradients that are then written in place
            for _ in range(3):
                steps[1]()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=side):
            steps[1]()
        torch.cuda.current_stream().wait_stream(side)  # torch until 2.12 resets the generator's place there
        graphed.load_state_dict(eager.state_dict())
        for seed in range(3):
            images.uniform_()
            for step in (steps[0], graph.replay):
                torch.manual_seed(seed)
                step()
            torch.testing.assert_close(graphed.state_dict(), eager.state_dict(), rtol=1e-5, atol=1e-6)


def training_step(network: nn.Module, images: Tensor, targets: Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)

    def step() -> None:
        optimizer.zero_grad(set_to_none=False)
        spike_count_loss(network(poisson_encode(images, 9) * 3), targets).backward()
        optimizer.step()

    return step
