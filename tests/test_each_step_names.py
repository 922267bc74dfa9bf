"""EachStep holds what its layer holds, under the same names: checkpoints, copies, and torch's tools for modules."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from support import assert_same_bits
from torch import nn
from torch.nn.utils import fusion, parametrizations, parametrize, prune

from snnkernels import LIF, EachStep

T, B = 3, 2


def plain_net() -> nn.Sequential:
    """A network without time, as a checkpoint may come from."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 5)
    )


def net() -> nn.Sequential:
    """The same, over time."""
    first, norm, _, pool, flat, last = plain_net()
    return nn.Sequential(EachStep(first), EachStep(norm), LIF(), EachStep(pool), EachStep(flat), last)


KEYS = ["0.weight", "0.bias", "1.weight", "1.bias", "5.weight", "5.bias"]
STATISTICS = ["1.running_mean", "1.running_var", "1.num_batches_tracked"]
IMAGE = torch.rand(T, B, 1, 8, 8)


def test_a_checkpoint_without_time_loads_and_goes_back() -> None:
    plain, timed, again = plain_net(), net(), plain_net()
    plain(torch.randn(9, 1, 8, 8))  # statistics of a BatchNorm
    assert list(plain.state_dict()) == list(timed.state_dict())
    timed.load_state_dict(plain.state_dict())  # strict
    assert_same_bits(timed[0].weight.detach(), plain[0].weight.detach())
    again.load_state_dict(timed.state_dict())
    for name, value in plain.state_dict().items():
        assert_same_bits(again.state_dict()[name], value, name)
    assert timed.state_dict()._metadata["1"]["version"] == 2  # as BatchNorm's is


def test_parameters_have_the_names_of_the_checkpoint() -> None:
    """torch.func, optimizers that are saved by name, and exported programs know one name for each."""
    timed = net()
    assert [name for name, _ in timed.named_parameters()] == KEYS
    assert [name for name, _ in timed.named_buffers()] == STATISTICS
    assert [name for name, _ in timed.named_modules()] == ["", "0", "1", "2", "3", "4", "5"]
    assert timed.get_parameter("0.weight") is timed[0].weight
    zeros = {name: torch.zeros_like(value) for name, value in timed.state_dict().items()}
    assert torch.func.functional_call(timed.eval(), zeros, IMAGE).count_nonzero() == 0


def test_around_a_sequential() -> None:
    plain = nn.Sequential(nn.Sequential(nn.Conv2d(1, 4, 3), nn.Sequential(nn.BatchNorm2d(4))), nn.Flatten())
    first, last = copy.deepcopy(plain)
    timed = nn.Sequential(EachStep(first), EachStep(last))
    assert list(timed.state_dict()) == list(plain.state_dict()) == [name for name in _all_names(timed)]
    timed.load_state_dict(plain.state_dict())
    plain.load_state_dict(timed.state_dict())
    part = timed[0][:1]
    assert isinstance(part, EachStep) and len(part) == 1
    assert_same_bits(part(IMAGE).detach(), EachStep(first[0])(IMAGE).detach())


def _all_names(module: nn.Module) -> list[str]:
    by_module = [
        [prefix + name for name in (*part._parameters, *part._buffers)]
        for prefix, part in ((f"{path}." if path else "", part) for path, part in module.named_modules())
    ]
    return sum(by_module, [])


class Holder(nn.Module):
    """What held a layer under the name `layer`."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer


@pytest.mark.parametrize("make", [lambda: nn.BatchNorm2d(4), lambda: nn.Sequential(nn.Conv2d(1, 4, 3))])
def test_keys_of_a_module_that_held_the_layer_load_too(make: Callable[[], nn.Module]) -> None:
    old, timed = nn.Sequential(Holder(make())), nn.Sequential(EachStep(make()))
    for value in old.state_dict().values():
        value.fill_(0.25)
    saved = old.state_dict()
    names = list(saved)
    timed.load_state_dict(saved)
    assert list(saved) == names  # the user's own is left alone
    assert all((value == saved[f"0.layer.{name[2:]}"]).all() for name, value in timed.state_dict().items())


def test_both_keys_are_one_too_many() -> None:
    state = {**nn.Sequential(nn.Conv2d(1, 4, 3)).state_dict(), "0.layer.bias": torch.zeros(4)}
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "0.layer.bias"'):
        nn.Sequential(EachStep(nn.Conv2d(1, 4, 3))).load_state_dict(state)


def test_a_member_that_is_called_layer_keeps_its_keys() -> None:
    timed, other = EachStep(Holder(nn.Conv2d(1, 4, 3))), Holder(nn.Conv2d(1, 4, 3))
    timed.load_state_dict(other.state_dict())
    assert list(timed.state_dict()) == ["layer.weight", "layer.bias"]
    assert_same_bits(timed.layer.weight.detach(), other.layer.weight.detach())


def test_reports_name_the_keys_of_the_checkpoint() -> None:
    timed, state = net(), plain_net().state_dict()
    del state["0.weight"]
    state["1.other"] = torch.ones(1)
    report = timed.load_state_dict(state, strict=False)
    assert (report.missing_keys, report.unexpected_keys) == (["0.weight"], ["1.other"])
    with pytest.raises(RuntimeError, match=r'(?s)Missing key\(s\) in state_dict: "0.weight".*"1.other"'):
        timed.load_state_dict(state)
    state = {**plain_net().state_dict(), "0.weight": torch.ones(4, 1, 5, 5)}
    with pytest.raises(RuntimeError, match=r"size mismatch for 0\.weight"):
        timed.load_state_dict(state)


def test_assigned_tensors_are_the_layers() -> None:
    with torch.device("meta"):
        timed = net()
    state = plain_net().state_dict()
    timed.load_state_dict(state, assign=True)
    assert timed[0].weight.data_ptr() == state["0.weight"].data_ptr()
    assert timed(IMAGE).shape == (T, B, 5)


def test_meta_device_and_reset_parameters() -> None:
    with torch.device("meta"):
        timed = net()
    timed.to_empty(device="cpu")
    for module in timed.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    assert 0 < timed[0].weight.abs().max() <= 1 / 3  # as nn.Conv2d draws them, of 9 inputs
    assert torch.equal(timed[1].running_var, torch.ones(4))


def test_it_is_a_layer_of_its_class() -> None:
    """Initialisation, frozen statistics and the like go by classes."""
    timed = net()
    assert isinstance(timed[0], EachStep) and isinstance(timed[0], nn.Conv2d)
    for module in timed.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    timed(IMAGE)
    assert torch.equal(timed[1].running_mean, torch.zeros(4))
    assert repr(timed[0]) == "EachStep(Conv2d)(1, 4, kernel_size=(3, 3), stride=(1, 1))"
    assert repr(EachStep(nn.Dropout(0.2), same_mask=True)) == (
        "EachStep(Dropout)(p=0.2, inplace=False, same_mask=True)"
    )
    assert type(EachStep(nn.Flatten())) is type(EachStep(nn.Flatten()))


def test_the_layer_stays_what_it_was_and_shares_its_parameters() -> None:
    conv = nn.Conv2d(1, 4, 3)
    timed = EachStep(conv)
    assert type(conv) is nn.Conv2d and conv(IMAGE[0]).shape == (B, 4, 6, 6)
    timed.double().eval()
    assert conv.weight.dtype == torch.float64 and conv.weight is timed.weight and not conv.training


def test_a_layer_may_stand_in_several_places() -> None:
    """Without time, at every step, and with one mask and with many."""
    drop = nn.Dropout(0.5)
    one, many = EachStep(drop, same_mask=True), EachStep(drop)
    drop.p = 0.75
    x = torch.ones(T, B, 100)
    assert torch.equal(one(x)[0], one(x)[0]) is False and torch.equal(*one(x)[:2])
    assert not torch.equal(*many(x)[:2])
    assert set(one(x).unique().tolist()) == set(many(x).unique().tolist()) == {0, 4}
    model = copy.deepcopy(nn.ModuleList([drop, one, many]))
    assert (type(model[0]), model[1].same_mask, model[2].same_mask) == (nn.Dropout, True, False)


class Derived(EachStep):
    """A user's own."""


@pytest.mark.parametrize("way", ["deepcopy", "pickle", "torch.save"])
@pytest.mark.parametrize("wrap", [EachStep, Derived])
def test_copies(way: str, wrap: type[EachStep]) -> None:
    timed = net()
    timed[0] = wrap(nn.Conv2d(1, 4, 3))
    timed.append(EachStep(nn.Dropout(0.2), same_mask=True)).eval()
    if way == "deepcopy":
        other = copy.deepcopy(timed)
    elif way == "pickle":
        other = pickle.loads(pickle.dumps(timed))
    else:
        file = io.BytesIO()
        torch.save(timed, file)
        file.seek(0)
        other = torch.load(file, weights_only=False)
    assert type(other[0]) is type(timed[0]) and isinstance(other[0], wrap) and other[6].same_mask
    assert other[0].weight is not timed[0].weight
    expected = timed(IMAGE).detach()
    with torch.no_grad():
        timed[0].weight.zero_()
    assert_same_bits(other(IMAGE).detach(), expected)


def test_hooks_see_all_steps() -> None:
    timed, seen = net(), []
    timed[0].register_forward_hook(lambda module, inputs, output: seen.append((inputs[0].shape, output.shape)))
    timed(IMAGE)
    assert seen == [((T, B, 1, 8, 8), (T, B, 4, 6, 6))]


def _norm(layer: nn.Module) -> nn.Module:
    return parametrizations.weight_norm(layer)


def _old_norm(layer: nn.Module) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return torch.nn.utils.weight_norm(layer)


def _pruned(layer: nn.Module) -> nn.Module:
    return prune.l1_unstructured(layer, "weight", 0.5)


@pytest.mark.parametrize("change", [_norm, _old_norm, _pruned])
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_weights_that_are_computed(change: Callable[[nn.Module], nn.Module], first: bool) -> None:
    """Before EachStep and after it."""
    conv = nn.Conv2d(1, 4, 3)
    expected = change(copy.deepcopy(conv))
    timed = EachStep(change(conv)) if first else change(EachStep(conv))
    assert isinstance(timed, EachStep)
    assert list(timed.state_dict()) == list(expected.state_dict())
    output = expected(IMAGE.flatten(0, 1)).unflatten(0, (T, B)).detach()
    assert_same_bits(timed(IMAGE).detach(), output)
    assert_same_bits(copy.deepcopy(timed)(IMAGE).detach() if change is _norm else output, output)
    if change is _norm:
        parametrize.remove_parametrizations(timed, "weight")
        assert list(timed.state_dict()) == ["bias", "weight"] and isinstance(timed, EachStep)
        assert type(timed) is type(EachStep(nn.Conv2d(1, 4, 3)))
        torch.testing.assert_close(timed(IMAGE).detach(), output)


def test_a_convolution_and_its_norm_become_one() -> None:
    timed = net().eval()
    timed[1].running_mean.copy_(torch.randn(4))
    fused = fusion.fuse_conv_bn_eval(timed[0], timed[1])
    assert isinstance(fused, EachStep)
    torch.testing.assert_close(fused(IMAGE), timed[:2](IMAGE))


def test_compiled() -> None:
    timed = net()
    expected = timed.eval()(IMAGE)
    compiled = torch.compile(timed, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(IMAGE), expected, rtol=0, atol=0)
    dropout = EachStep(nn.Dropout(0.5), same_mask=True)
    given = torch.compile(dropout, fullgraph=True, backend="eager")(torch.ones(T, B, 50))
    assert torch.equal(given, given[:1].expand_as(given)) and set(given.unique().tolist()) == {0, 2}


@pytest.mark.parametrize("strict", [False, True])
def test_exported_with_any_number_of_steps_and_samples(strict: bool) -> None:
    first, norm, _, pool, _, last = net()
    # of a matrix that is taken apart, as EachStep(nn.Flatten()) does, torch 2.13 asks that the batch be 1 or more
    timed = nn.Sequential(first, norm, pool, nn.Flatten(2), last).eval()
    sizes = {0: torch.export.Dim("T"), 1: torch.export.Dim("B")}
    program = torch.export.export(timed, (IMAGE,), dynamic_shapes=(sizes,), strict=strict)
    assert program.state_dict.keys() == timed.state_dict().keys()
    other = torch.rand(T + 4, B + 3, 1, 8, 8)
    torch.testing.assert_close(program.module()(other), timed(other))


def test_traced() -> None:
    timed = nn.Sequential(EachStep(nn.Conv2d(1, 4, 3)), EachStep(nn.Flatten()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is deprecated
        traced = torch.jit.trace(timed, IMAGE)
    other = torch.rand(T + 4, B + 3, 1, 8, 8)
    torch.testing.assert_close(traced(other), timed(other))


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no torch.distributed")
@pytest.mark.filterwarnings("ignore:FSDP2-wrapped module .* returned a view")
def test_distributed_training_knows_the_same_names(tmp_path: Path) -> None:
    """DistributedDataParallel, fully_shard, and distributed checkpoints, in one process."""
    from torch.distributed.checkpoint import state_dict as checkpoints
    from torch.distributed.fsdp import fully_shard

    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        timed, plain = net(), plain_net()
        assert [name for name, _ in nn.parallel.DistributedDataParallel(timed).named_parameters()] == [
            f"module.{key}" for key in KEYS
        ]
        mesh = torch.distributed.init_device_mesh("cpu", (1,))
        fully_shard(timed[0], mesh=mesh)
        fully_shard(timed, mesh=mesh)
        whole = checkpoints.StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
        checkpoints.set_model_state_dict(timed, plain.state_dict(), options=whole)
        optimizer = torch.optim.Adam(timed.parameters(), 0.0)
        timed(IMAGE).sum().backward()
        optimizer.step()
        assert isinstance(timed[0], EachStep) and list(timed.state_dict()) == list(plain.state_dict())
        assert list(checkpoints.get_optimizer_state_dict(timed, optimizer)["state"]) == KEYS
        saved = checkpoints.get_model_state_dict(timed, options=checkpoints.StateDictOptions(full_state_dict=True))
        assert_same_bits(saved["0.weight"], plain[0].weight.detach())
    finally:
        torch.distributed.destroy_process_group()


def _compiled_in_place() -> nn.Module:
    layer = nn.Conv2d(1, 4, 3)
    layer.compile(backend="eager")
    return layer


def _patched() -> nn.Module:
    layer = nn.Conv2d(1, 4, 3)
    forward = layer.forward
    layer.forward = lambda x: forward(x)
    return layer


ODD: list[tuple[Callable[[], nn.Module], str]] = [
    (lambda: nn.LazyConv2d(4, 3), "LazyConv2d that learns its sizes from its first input"),
    (lambda: torch.compile(nn.Conv2d(1, 4, 3), backend="eager"), "that was compiled, or was given another forward"),
    (_compiled_in_place, "that was compiled, or was given another forward"),
    (_patched, "that was compiled, or was given another forward"),
    (lambda: torch.fx.symbolic_trace(nn.Conv2d(1, 4, 3)), "that has its own way of being copied"),
]


@pytest.mark.parametrize(("make", "reason"), ODD)
def test_a_sequential_takes_every_layer_as_it_is(make: Callable[[], nn.Module], reason: str) -> None:
    layer = make()
    with pytest.raises(TypeError, match=reason + r": write EachStep\(nn.Sequential\(layer\)\)"):
        EachStep(layer)
    timed = EachStep(nn.Sequential(layer))
    given = timed(IMAGE)
    weight, bias = (value.detach() for value in timed.parameters())
    expected = nn.functional.conv2d(IMAGE.flatten(0, 1), weight, bias).unflatten(0, (T, B))
    torch.testing.assert_close(given.detach(), expected)


@pytest.mark.filterwarnings("ignore")  # torch.ao is deprecated
def test_a_layer_that_is_put_in_the_place_of_another() -> None:
    """The way around a tool that does not know EachStep."""
    timed = nn.Sequential(EachStep(nn.Sequential(nn.BatchNorm2d(1))))
    timed = nn.SyncBatchNorm.convert_sync_batchnorm(timed)
    assert not isinstance(nn.SyncBatchNorm.convert_sync_batchnorm(EachStep(nn.BatchNorm2d(1))), EachStep)  # the trap
    assert isinstance(timed[0], EachStep) and isinstance(timed[0][0], nn.SyncBatchNorm)
    assert isinstance(EachStep(nn.SyncBatchNorm.convert_sync_batchnorm(nn.BatchNorm2d(1))), EachStep)
    beside, within = EachStep(nn.Conv2d(1, 4, 3)), EachStep(nn.Sequential(nn.Conv2d(1, 4, 3)))
    model = nn.Sequential(beside, within)
    model.qconfig = torch.ao.quantization.get_default_qat_qconfig()
    model = torch.ao.quantization.prepare_qat(model)
    assert not hasattr(model[0], "weight_fake_quant") and hasattr(model[1][0], "weight_fake_quant")
