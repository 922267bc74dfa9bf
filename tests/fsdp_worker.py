"""One process of two that train a network whose parameters FSDP2 shards, by the code of docs/pytorch.md, and that hold
the page to what it says beside it; test_fsdp.py starts them.

python fsdp_worker.py RANK STORE
"""

from __future__ import annotations

import copy
import sys
from typing import Any

import torch
from pages import code
from torch import Tensor, distributed, nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

from snnkernels import LIF, SpikingLinear

PROCESSES = 2
PAGE: dict[str, Any] = {"nn": nn}
exec(code("docs/pytorch.md", "FSDP")[0], PAGE)
shard = PAGE["shard"]
PER_NEURON = torch.linspace(0.6, 0.9, 5)


def network() -> nn.Sequential:
    """Learned numbers, tensors, what is constrained, and a layer that keeps bits."""
    return nn.Sequential(
        SpikingLinear(6, 5, learn_beta=True, slope=2),
        LIF(PER_NEURON, 0.5, learn_beta=True, learn_threshold=True, slope=2),
        nn.Linear(5, 3),
        LIF(0.75, 0.5, learn_beta=True, learn_threshold=True, constrain=True, slope=2),
    )


def train(model: nn.Module, spikes: Tensor) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    for _ in range(3):
        optimizer.zero_grad()
        (model(spikes) - 0.5).square().mean().backward()
        optimizer.step()


def values(model: nn.Module) -> list[Tensor]:
    """Whole parameters."""
    return [p.full_tensor() if hasattr(p, "full_tensor") else p.detach() for p in model.parameters()]


def compare(actual: nn.Module, expected: nn.Module) -> None:
    for one, other in zip(values(actual), values(expected), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def check_what_else_the_page_says(spikes: Tensor) -> None:
    try:
        fully_shard(LIF(nn.Parameter(torch.tensor(0.9))))
    except ValueError as error:
        assert "scalar" in str(error), error
    else:
        raise AssertionError("FSDP2 takes parameters without dimensions")
    seen: list[torch.dtype] = []
    layer = LIF(0.9, learn_beta=True)
    layer.register_forward_hook(lambda layer, *_: seen.append(layer.beta.dtype))
    fully_shard(layer, mp_policy=MixedPrecisionPolicy(param_dtype=torch.bfloat16))(spikes)
    assert seen == [torch.bfloat16]
    names = [fully_shard(SpikingLinear(6, 5))(spikes).grad_fn.name(), SpikingLinear(6, 5)(spikes).grad_fn.name()]
    assert names[0] == names[1], names
    parts = SpikingLinear(6, 5)
    for part in parts.children():
        if any(True for _ in part.parameters()):
            fully_shard(part)
    assert parts(spikes).grad_fn.name() != names[0]


def main(rank: int, store: str) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=PROCESSES)
    torch.manual_seed(0)
    whole, spikes = network(), (torch.rand(9, 4, 6) < 0.5).float()
    before = copy.deepcopy(whole)
    part = shard(copy.deepcopy(whole))
    train(whole, spikes)
    train(part, spikes.chunk(PROCESSES, dim=1)[rank])
    compare(part, whole)
    moved = [(one - other).abs().max().item() for one, other in zip(values(whole), values(before), strict=True)]
    assert min(moved) > 1e-4, f"all parameters must learn, got {moved}"

    with torch.device("meta"):
        empty = network()
    shard(empty).to_empty(device="cpu")
    expected = dict(network().named_parameters())
    for again in (False, True):
        for name, parameter in empty.named_parameters():
            if "beta" in name or "threshold" in name:
                torch.testing.assert_close(parameter.full_tensor(), expected[name].detach())
        for module in empty.modules():
            if again and hasattr(module, "reset_parameters"):
                module.reset_parameters()
    train(empty, spikes)
    check_what_else_the_page_says(spikes)
    distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
