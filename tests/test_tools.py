"""PyTorch's tools around the layers: torch.export, AOTInductor, ONNX, torch.jit, torch.fx, torch.func."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from support import Target, assert_same_bits, random_current, random_spikes, skip_or_fail
from torch import Tensor, nn
from torch.export import Dim
from user_neurons import adaptive, gated

from snnkernels import (
    LIF,
    EachStep,
    FusedLIF,
    Sequential,
    SpikeLinear,
    SpikingLinear,
    adlif,
    current_lif,
    leaky_integrator,
    lif,
    pack_spikes,
    poisson_encode,
    spike_linear,
    use_backend,
)


class Everything(nn.Module):
    """All layers, with a learned parameter, a buffer and a state."""

    def __init__(self) -> None:
        super().__init__()
        self.first = SpikingLinear(6, 8, learn_beta=True, threshold=0.5)
        self.second, self.neuron = SpikeLinear(8, 5), LIF(torch.full((5,), 0.75), 0.25, reset=-0.25)
        self.third = nn.Linear(5, 4)
        self.last = LIF(0.8, 0.3, return_state=True)

    def forward(self, spikes: Tensor) -> tuple[Tensor, Tensor]:
        return self.last(self.third(self.neuron(self.second(self.first(spikes)))))


class Others(nn.Module):
    """Layers of other neurons than LIF, of one state and of two, which are numbers and learned."""

    def __init__(self) -> None:
        super().__init__()
        self.first = SpikingLinear(6, 8, neuron=adlif, threshold=0.25)
        self.rest = Sequential(
            nn.Linear(8, 7),
            current_lif.layer(learn_alpha=True, threshold=0.25),
            nn.Linear(7, 5),
            adaptive.layer(threshold=0.25),
            nn.Linear(5, 4),
            leaky_integrator.layer(0.75, output="max"),
            return_state=True,
        )

    def forward(self, spikes: Tensor) -> tuple[Tensor, Tensor]:
        output, states = self.rest(self.first(spikes))
        return output, states["5"]


NETWORKS: dict[str, Callable[[], nn.Module]] = {"LIF": Everything, "others": Others}

MODULES: dict[str, Callable[[], nn.Module]] = {
    "LIF": lambda: LIF(0.9),
    "LIF, learned": lambda: LIF(0.9, learn_beta=True, learn_threshold=True),
    "LIF, batch first": lambda: LIF(0.9, time_dim=1),
    "a linear layer and LIF": lambda: nn.Sequential(nn.Linear(6, 7), LIF(0.9, 0.3)),
    "a count": lambda: nn.Sequential(nn.Linear(6, 7), LIF(0.9, 0.3, output="sum")),
    "SpikeLinear": lambda: SpikeLinear(6, 7),
    "SpikingLinear": lambda: SpikingLinear(6, 7, threshold=0.3),
    "all": Everything,
    "others": Others,
}
SHAPES = ((33, 4, 6), (50, 7, 6), (2, 2, 6), (17, 1, 6), (1, 3, 6), (1, 1, 6))


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest, native: None) -> nn.Module:
    """With gradients to ask for, as a module is."""
    return MODULES[request.param]()


def assert_same_outputs(actual: object, expected: object) -> None:
    pairs = zip(torch.utils._pytree.tree_leaves(actual), torch.utils._pytree.tree_leaves(expected), strict=True)
    for one, other in pairs:
        assert_same_bits(one.detach(), other.detach())


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("grad", [True, False])
def test_export_serves_every_length_and_batch(module: nn.Module, grad: bool, strict: bool) -> None:
    """With gradients enabled too, which is how a module is exported unless one says otherwise."""
    example = random_spikes(*SHAPES[0], rate=0.4)
    with torch.set_grad_enabled(grad):
        program = torch.export.export(
            module, (example,), dynamic_shapes=({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},), strict=strict
        )
    exported = program.module()
    assert module(example)[0].any()
    for shape in SHAPES:
        spikes = random_spikes(*shape, rate=0.4)
        assert_same_outputs(exported(spikes), module(spikes))


class Packs(nn.Module):
    """Packs its input, and the spikes of its neurons."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.first, self.neuron = SpikeLinear(inputs, 20), LIF(0.9, 0.3, output="packed")
        self.second = SpikeLinear(20, 4)

    def forward(self, spikes: Tensor) -> Tensor:
        return self.second(self.neuron(self.first(pack_spikes(spikes))))


def test_packed_spikes_are_exported_for_every_length_and_batch(native: None) -> None:
    packs, sizes = Packs(9), ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},)
    exported = torch.export.export(packs, (random_spikes(9, 2, 9, rate=0.4),), dynamic_shapes=sizes).module()
    for steps, batch in ((33, 4), (2, 1), (1, 3), (1, 1)):
        spikes = random_spikes(steps, batch, 9, rate=0.4)
        assert_same_outputs(exported(spikes), packs(spikes))
    with pytest.raises(torch._dynamo.exc.UserError, match="Constraints violated"):  # as docs/pytorch.md says
        torch.export.export(Packs(4), (random_spikes(9, 2, 4),), dynamic_shapes=sizes)


def test_an_exported_program_is_the_engines_operator(native: None) -> None:
    """And nothing that only Python has: it also runs where there is none."""
    spikes = random_spikes(9, 3, 6)
    program = torch.export.export(LIF(0.9, learn_beta=True), (spikes,))
    called = {str(node.target) for node in program.graph.nodes if "snnkernels" in str(node.target)}
    assert called == {"snnkernels.native_forward.default"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_aot_inductor_of_the_default_layer(native: None, tmp_path: Path) -> None:
    """Numbers and no tensors of parameters, whose list would be empty; and a network."""
    for layer in (LIF(), Everything(), Others()):
        example = random_spikes(9, 3, 6, rate=0.4)
        program = torch.export.export(layer, (example,), dynamic_shapes=({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},))
        package = torch._inductor.aoti_compile_and_package(
            program, package_path=str(tmp_path / f"{type(layer).__name__}.pt2")
        )
        compiled = torch._inductor.aoti_load_package(package)
        for shape in ((9, 3, 6), (40, 2, 6)):
            spikes = random_spikes(*shape, rate=0.4)
            assert_same_outputs(compiled(spikes), layer(spikes))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_onnx_of_the_reference_engine_gives_the_same_spikes(name: str, tmp_path: Path) -> None:
    for package in ("onnx", "onnxruntime", "onnxscript"):
        if find_spec(package) is None:
            skip_or_fail("onnx", f"{package} is not installed")
    import onnxruntime

    network, example = NETWORKS[name]().eval(), random_spikes(9, 3, 6, rate=0.4)
    file = str(tmp_path / "network.onnx")
    with use_backend("reference"):
        torch.onnx.export(network, (example,), file, dynamo=True, dynamic_shapes=({1: Dim.DYNAMIC},), verbose=False)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for batch in (3, 8):
        spikes = random_spikes(9, batch, 6, rate=0.4)
        found = session.run(None, {session.get_inputs()[0].name: spikes.numpy()})
        expected = network(spikes)
        assert expected[0].any()
        if name == "LIF":  # the output of others is a potential
            assert_same_bits(torch.from_numpy(found[0]), expected[0].detach(), "spikes")
        torch.testing.assert_close(torch.from_numpy(found[0]), expected[0].detach(), rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(torch.from_numpy(found[1]), expected[1].detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_a_trace_is_saved_loaded_and_gives_the_same_spikes(module: nn.Module) -> None:
    """At any length and batch, as its sizes are those of its input; torch compares the trace with a second one."""
    example = random_spikes(*SHAPES[0], rate=0.4)
    assert torch.is_grad_enabled()
    traced, file = torch.jit.trace(module, example), io.BytesIO()
    torch.jit.save(traced, file)
    file.seek(0)
    loaded = torch.jit.load(file)
    for shape in SHAPES:
        spikes = random_spikes(*shape, rate=0.4)
        for call in (traced, loaded):
            assert_same_outputs(call(spikes), module(spikes))


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_a_trace_reads_its_parameters_when_it_runs(native: None) -> None:
    layer = LIF(torch.tensor(0.5), learn_beta=True)
    current = random_current(9, 3, 6)
    traced = torch.jit.trace(layer, current)
    with torch.no_grad():
        layer.beta.fill_(0.875)
    assert not torch.equal(lif(current, beta=0.5), lif(current, beta=0.875))
    assert_same_bits(traced(current), lif(current, beta=0.875))


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_a_trace_in_the_midst_of_training_changes_nothing(native: None) -> None:
    """As TensorBoard's add_graph makes it: the next step records its graph again."""
    network, spikes = Everything(), random_spikes(9, 3, 6, rate=0.4)
    gradients = []
    for traced in (False, True):
        if traced:
            torch.jit.trace(network, spikes, strict=False)
        network.zero_grad()
        network(spikes)[1].sum().backward()
        gradients.append([parameter.grad.clone() for parameter in network.parameters()])
    assert all(gradient.any() for gradient in gradients[0][:2])
    for one, other in zip(*gradients, strict=True):
        assert_same_bits(one, other)


def test_tensorboard_draws_the_graph(native: None, tmp_path: Path) -> None:
    if find_spec("tensorboard") is None:
        skip_or_fail("tensorboard", "tensorboard is not installed")
    from torch.utils.tensorboard._pytorch_graph import graph

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.warn", lambda *args, **kwargs: None)
        drawn, _ = graph(Everything(), random_spikes(9, 3, 6, rate=0.4))
    drawn_neurons = [node for node in drawn.node if node.op == "snnkernels::native_forward"]
    assert len(drawn_neurons) == 3 * 5  # layers, and outputs of each


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")
def test_scripting_says_what_to_do_instead() -> None:
    for name, layer in (("LIF", LIF()), ("SpikeLinear", SpikeLinear(6, 4)), ("SpikingLinear", SpikingLinear(6, 4))):
        for given in (layer, nn.Sequential(nn.Identity(), layer)):
            with pytest.raises(RuntimeError, match=f"^torch.jit.script cannot compile {name}: write torch.jit.trace"):
                torch.jit.script(given)


def test_fx_records_the_functions(module: nn.Module) -> None:
    spikes = random_spikes(9, 3, 6, rate=0.4)
    traced = torch.fx.symbolic_trace(module)
    called = [node.target for node in traced.graph.nodes if node.op == "call_function"]
    assert {lif, spike_linear, adlif} & set(called)
    leaves, gradients = [spikes.clone().requires_grad_() for _ in range(2)], []
    outputs = [call(leaf) for call, leaf in zip((traced, module), leaves, strict=True)]
    assert_same_outputs(*outputs)
    for output in outputs:
        module.zero_grad()
        sum(leaf.sum() for leaf in torch.utils._pytree.tree_leaves(output)).backward()
        gradients.append([parameter.grad.clone() for parameter in module.parameters()])
    for one, other in zip(*gradients, strict=True):
        assert_same_bits(one, other)
    for one, other in zip(*(leaf.grad for leaf in leaves), strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize("return_state", [False, True])
def test_fx_records_the_states_of_a_sequential(native: None, return_state: bool) -> None:
    """A graph does not know whether it will be given states."""
    inner = Sequential(nn.Linear(8, 7), adlif.layer(threshold=0.25))
    last = leaky_integrator.layer(0.75)
    network = Sequential(SpikingLinear(6, 8, threshold=0.25), inner, nn.Linear(7, 4), last, return_state=True)
    spikes = random_spikes(9, 3, 6, rate=0.4)
    states = network(spikes)[1]
    network.return_state = return_state
    graph = torch.fx.symbolic_trace(network)
    for given in (None, states, {"3": states["3"]}):
        assert_same_outputs(graph(spikes, given), network(spikes, given))
    with pytest.raises(ValueError, match="states must be of layers that have one, got '2'"):
        graph(spikes, {"2": states["3"]})
    output, continued = network(spikes), network(spikes, states)
    assert not all(map(torch.equal, *map(torch.utils._pytree.tree_leaves, (output, continued))))


@pytest.mark.parametrize("sequential", [nn.Sequential, Sequential])
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
def test_quantization_that_traces_leaves_the_neurons_as_they_are(native: None, sequential: type[nn.Module]) -> None:
    from torch.ao.quantization import get_default_qat_qconfig_mapping
    from torch.ao.quantization.quantize_fx import prepare_qat_fx

    network = sequential(nn.Linear(6, 7), LIF(0.9, 0.3), nn.Linear(7, 3), LIF(0.9, 0.3)).train()
    spikes = random_spikes(9, 3, 6, rate=0.4)
    prepared = prepare_qat_fx(network, get_default_qat_qconfig_mapping("x86"), (spikes,))
    assert sum(node.target is lif for node in prepared.graph.nodes) == 2
    prepared(spikes).sum().backward()
    assert all(parameter.grad.any() for name, parameter in prepared.named_parameters() if name.endswith("0.weight"))


TRANSFORMS: dict[str, Callable[..., object]] = {
    "grad": lambda function, x: torch.func.grad(lambda x: function(x).sum())(x),
    "vjp": lambda function, x: torch.func.vjp(function, x)[1](torch.ones_like(function(x))),
    "jacrev": lambda function, x: torch.func.jacrev(function)(x),
    "jvp": lambda function, x: torch.func.jvp(function, (x,), (x,)),
    "vmap": lambda function, x: torch.vmap(function)(x.unsqueeze(0)),
    "vmap of grad": lambda function, x: torch.vmap(torch.func.grad(lambda x: function(x).sum()))(x.unsqueeze(0)),
}
NAMED = r'a transform of torch.func was asked for, which only neurons with backend="reference" and spike_linear'


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated")  # torch's own forward mode uses it
@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_name_the_engine_that_has_them(name: str, native: None) -> None:
    transform, current, layer = TRANSFORMS[name], random_current(5, 2, 3), SpikingLinear(3, 4)
    spikes = random_spikes(5, 2, 3)
    functions: dict[Callable[[Tensor], Tensor], Tensor] = {lif: current, layer.neuron: current}
    functions[lambda x: FusedLIF.apply(x)[0]] = current
    if name != "vmap":
        functions[lambda weight: spike_linear(spikes, weight, product="events")] = torch.randn(4, 3)
    for function, x in functions.items():
        with pytest.raises(RuntimeError, match=NAMED):
            transform(function, x)
    transform(lambda x: lif(x, backend="reference"), current)


def test_a_transform_that_is_over_forbids_nothing(compiled: Target) -> None:
    with pytest.raises(RuntimeError, match=NAMED):
        torch.func.grad(lambda x: lif(x, backend=compiled.engine).sum())(torch.randn(3, 2, 4, device=compiled.device))
    leaf = random_current(3, 2, 4, device=compiled.device).requires_grad_()
    lif(leaf, backend=compiled.engine).sum().backward()
    assert leaf.grad.any()


@pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated", "ignore::DeprecationWarning")
def test_a_trace_of_the_reference_engine_can_be_saved() -> None:
    layer, current = nn.Sequential(nn.Linear(6, 7), LIF(0.9, 0.3, backend="reference")), random_current(9, 3, 6)
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(layer, current), file)
    file.seek(0)
    expected = layer(current)
    assert expected.any()
    assert_same_bits(torch.jit.load(file)(current), expected.detach())


def test_fx_records_each_step() -> None:
    model = nn.Sequential(EachStep(nn.Conv2d(1, 4, 3)), LIF(0.9, 0.1))
    current = random_current(5, 2, 1, 6, 6)
    graph = torch.fx.symbolic_trace(model)
    assert_same_bits(graph(current), model(current))


class Gated(nn.Module):
    """Neurons of two inputs, of which only the second is an argument."""

    def __init__(self) -> None:
        super().__init__()
        self.neurons = gated.layer(threshold=0.5)

    def forward(self, gate: Tensor) -> Tensor:
        return self.neurons(torch.ones(5, 2, 7), gate) + gated(torch.ones(5, 2, 7), gate, threshold=0.25)


def test_fx_records_neurons_by_any_input() -> None:
    gate, other = random_current(2, 5, 2, 7)
    graph = torch.fx.symbolic_trace(Gated())
    assert [node.target for node in graph.graph.nodes if node.op == "call_function"].count(gated) == 2
    assert Gated()(other).any()
    assert_same_bits(graph(other), Gated()(other))


@pytest.mark.filterwarnings("ignore:.*torch.jit.trace.* is deprecated")
def test_a_trace_of_two_inputs_warns_of_nothing() -> None:
    model, (gate, other) = Gated(), random_current(2, 5, 2, 7)
    assert_same_bits(torch.jit.trace(model, gate, check_trace=False)(other), model(other))


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.* is")
def test_each_step_cannot_be_scripted() -> None:
    with pytest.raises(RuntimeError, match="torch.jit.script cannot compile EachStep.*: write torch.jit.trace"):
        torch.jit.script(EachStep(nn.Conv2d(1, 4, 3)))


OF_ANY_STRIDES: dict[str, Callable[[Tensor], Tensor]] = {
    "packed": lambda x: pack_spikes(x).unpack(),
    "output packed": lambda x: lif(x, output="packed").unpack(),
    "a constant current": lambda x: lif(x[0], steps=3),
    "a product": lambda x: spike_linear(x, torch.arange(30.0).view(5, 6) / 8, product="events"),
    "a dense product": lambda x: spike_linear(x, torch.arange(30.0).view(5, 6) / 8),
    "drawn": lambda x: poisson_encode(x[0], 3, seed=1),
}


@pytest.mark.parametrize("name", OF_ANY_STRIDES)
def test_a_graph_takes_other_strides_than_its_example_had(name: str, native: None) -> None:
    """Which a graph of torch.export does not look at."""

    class Module(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return OF_ANY_STRIDES[name](x)

    sizes = ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},)
    exported = torch.export.export(Module(), (random_spikes(9, 3, 6, rate=0.4),), dynamic_shapes=sizes).module()
    for later in (
        random_spikes(4, 12, 6, rate=0.4).transpose(0, 1),
        random_spikes(12, 4, 12, rate=0.4)[..., ::2],
        random_spikes(12, 4, 6, rate=0.9)[..., :1].expand(-1, -1, 6),
    ):
        assert not later.is_contiguous() and Module()(later).any()
        assert_same_bits(exported(later), Module()(later))
