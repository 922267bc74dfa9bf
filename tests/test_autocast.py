"""Under autocast, tensors of different dtypes are taken together, as torch's own functions take them."""

from __future__ import annotations

import pytest
import torch
from support import Target, assert_same_bits, random_current, random_spikes
from torch import Tensor, nn
from user_neurons import gated

from snnkernels import Neuron, neuron, spike_linear, use_backend


@neuron(states=("v",))
def two_currents(x, y, v, *, spike, beta=0.75):  # type: ignore[no-untyped-def]
    v = beta * v + x - 0.5 * y
    s = spike(v - 1.0)
    return s, (1 - s) * v


def run(function: Neuron, inputs: list[Tensor], target: Target) -> tuple[Tensor, list[Tensor]]:
    leaves = [value.clone().requires_grad_() for value in inputs]
    spikes = function(*leaves, backend=target.engine)
    (spikes.float() * torch.arange(spikes.shape[0], device=target.device)[:, None, None]).sum().backward()
    return spikes.detach(), [leaf.grad for leaf in leaves]


@pytest.mark.few_interpreted(dtypes=[(torch.bfloat16, torch.float32)], function=[gated])
@pytest.mark.parametrize("function", [gated, two_currents], ids=lambda function: function.__name__)
@pytest.mark.parametrize(
    "dtypes",
    [(torch.bfloat16, torch.float32), (torch.float32, torch.bfloat16), (torch.bfloat16, torch.float16)],
    ids=str,
)
def test_inputs_become_the_widest_of_their_dtypes(
    target: Target, function: Neuron, dtypes: tuple[torch.dtype, torch.dtype]
) -> None:
    inputs = [random_current(9, 3, 6, device=target.device).to(dtype) for dtype in dtypes]
    wide, wide_grads = run(function, [value.float() for value in inputs], target)
    with torch.autocast(target.device, torch.bfloat16):
        spikes, grads = run(function, inputs, target)
    assert wide.any() and spikes.dtype == torch.float32
    assert_same_bits(spikes, wide)
    for grad, expected, dtype in zip(grads, wide_grads, dtypes, strict=True):
        assert grad.any()
        assert_same_bits(grad, expected.to(dtype))
    with pytest.raises(TypeError, match=r"must have the dtype and device of x, .* got .*: write \w+\.to\(x\)$"):
        run(function, inputs, target)


def test_a_layer_behind_a_linear_one_compiles_whole(native: None) -> None:
    torch._dynamo.reset()
    linear, layer, gate = nn.Linear(6, 6), gated.layer(threshold=0.25), torch.rand(9, 3, 6)

    def network(x: Tensor) -> Tensor:
        return layer(linear(x), gate)

    x = random_current(9, 3, 6)
    with torch.autocast("cpu", torch.bfloat16):
        assert linear(x).dtype == torch.bfloat16
        expected = network(x)
        assert expected.any()
        assert_same_bits(torch.compile(network, fullgraph=True, backend="aot_eager")(x).detach(), expected.detach())


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_bias_may_have_another_dtype_than_the_weight(engine: str, native: None) -> None:
    spikes, weight, bias = random_spikes(9, 3, 6), torch.randn(4, 6).bfloat16(), torch.randn(4)
    with use_backend(engine):
        with torch.autocast("cpu", torch.bfloat16):
            expected = nn.functional.linear(spikes, weight, bias)
            assert_same_bits(spike_linear(spikes, weight, bias), expected)
        with pytest.raises(TypeError, match="bias must have weight's dtype, bfloat16, got float32"):
            spike_linear(spikes, weight, bias)
