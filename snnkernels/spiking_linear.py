"""A linear layer and its neurons over all time steps as one function, which keeps almost nothing for backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, ClassVar, overload

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook

from .autograd import graph_of, likes, once_differentiable, reduce_steps, wants_graph, with_graph
from .checked import CheckedModule
from .dispatch import checkpoint_interval
from .encoding import PoissonSpikes
from .functional import Asked, as_asked
from .inputs import (
    check_backend,
    check_initial_states,
    check_names,
    check_one_input,
    check_packed_time_first,
    check_spike_values,
    is_autocast,
    is_recorded,
    is_subclass,
)
from .linear import SpikeLinear, Spikes, goes_by_event, multiply
from .neuron_layer import NeuronLayer
from .neurons import LIF, lif
from .packed import PackedSpikes, pack_binary, pack_spikes
from .run import Grads, apart, gradients, pack_gradients, run
from .scan import Checked, Plan, bits, checkpoint_count, numbers_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .definition import Neuron
    from .neurons import _Lif, _LIFInLinear

# How many bytes of current backward computes again at a time, in whole intervals between checkpoints: few enough to be
# in the last-level cache when the neurons read them.
_CHUNK_BYTES = 1 << 23


_OF_BOTH = {"device", "dtype"}  # what the constructors of both parts take
_OF_LINEAR = list(signature(SpikeLinear).parameters)
_OF_NEURONS = signature(LIF).parameters.keys() - _OF_BOTH


class SpikingLinear(CheckedModule):
    """`SpikeLinear` followed by neurons as one layer, which keeps one bit an input spike for backward.

    It does not keep the input current. Backward computes the current again, some time steps at a time, from the weights
    and the packed input spikes (or the images and the seed of :class:`snnkernels.PoissonSpikes`). The layer also keeps
    a state every few steps. Spikes and states equal those of the two layers bit for bit, and so do gradients, with two
    exceptions. The gradient of the weights is summed chunk by chunk. And a dense product of fewer rows may be rounded
    differently.

    It calls the two layers one after the other under torch.compile, torch.jit.trace and autocast, with the reference
    engine, for values other than 0 and 1, for a tensor of spikes while a CUDA graph is recorded, if one of its parts
    has hooks (as old pruning and weight_norm have) or another forward, and if all modules have hooks. Otherwise the
    host waits for a GPU to read the values of a tensor of spikes; it does not wait for packed or drawn spikes.

    Set an option on the part that has it: `layer.neuron.slope = 2`, `layer.linear.product = "dense"`.

    Args:
        in_features, out_features, bias, device, dtype, product: as in :class:`snnkernels.SpikeLinear`. Parameters of
            the neurons are float32 at least.
        neuron: which neurons, such as :func:`snnkernels.lif`; any of one input.
        All others: as in the layers of these neurons, such as :class:`snnkernels.LIF`, without time_dim and steps.

    Raises TypeError and ValueError on wrong options.
    """

    _refused: ClassVar = {
        name: f"SpikingLinear takes spikes time first, one row a time step: it has no option {name!r}"
        for name in ("time_dim", "steps")
    }
    _elsewhere: ClassVar = {
        **dict.fromkeys(set(_OF_LINEAR) - _OF_BOTH, "linear"),
        **dict.fromkeys(_OF_NEURONS, "neuron"),
    }

    @overload
    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = ...,
        device: torch.device | str | None = ...,
        dtype: torch.dtype | None = ...,
        *,
        product: str = ...,
        neuron: _Lif = ...,
        **options: Unpack[_LIFInLinear],
    ) -> None: ...

    @overload
    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = ...,
        device: torch.device | str | None = ...,
        dtype: torch.dtype | None = ...,
        *,
        product: str = ...,
        neuron: Neuron,
        **options: Any,
    ) -> None: ...

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        *,
        product: str = "auto",
        neuron: Any = lif,
        **options: Any,
    ) -> None:
        check_one_input(neuron)
        taken = dict.fromkeys((*signature(SpikeLinear).parameters, "neuron", *signature(neuron.layer).parameters))
        known = [name for name in taken if name not in self._refused]
        check_names(type(self).__name__, options, known, self._refused)
        super().__init__()
        self.linear = SpikeLinear(in_features, out_features, bias, device, dtype, product=product)
        neurons_dtype = None if dtype is None else torch.promote_types(dtype, torch.float32)
        self.neuron: NeuronLayer = neuron.layer(**options, device=device, dtype=neurons_dtype)

    def forward(self, spikes: Spikes, initial_state: Any = None) -> Any:
        """spikes: `[T, B, in_features]`; initial_state: `[B, out_features]`, or a tuple of states, or None.

        Returns what the layer of neurons returns.
        """
        return _forward(spikes, self.linear, self.neuron, initial_state)


def _constructor() -> Signature:
    """That of SpikingLinear with the options of the neurons that it has by default, for those who ask for it."""
    own = signature(SpikingLinear.__init__).parameters
    options = [
        value for name, value in signature(LIF).parameters.items() if name not in {*own, *SpikingLinear._refused}
    ]
    named = [value.replace(kind=Parameter.KEYWORD_ONLY) for value in options]
    *explicit, neuron, others = own.values()
    return Signature([*explicit, neuron.replace(annotation=Any), *named, others])


SpikingLinear.__init__.__signature__ = _constructor()  # type: ignore[attr-defined]


def _forward(spikes: Spikes, linear: SpikeLinear, neuron: NeuronLayer, initial_state: Any) -> Any:
    if isinstance(spikes, PackedSpikes):
        check_packed_time_first(spikes.layout.time_dim)
    elif isinstance(spikes, Tensor):
        check_spike_values(spikes)
    packed = _to_keep(spikes, linear, neuron, initial_state)
    if packed is None:
        return neuron(linear(spikes), initial_state)
    weight, bias = linear.weight, linear.bias  # read once: a parametrization computes them
    drawn = packed.pack()
    by_event = goes_by_event(drawn, weight, bias, linear.product)
    with torch.no_grad():
        current = multiply(drawn, weight, bias, by_event)
    called = neuron._called(current)
    states = check_initial_states(called.definition.interface.states, initial_state)
    checked = called.check((current,), states)
    if checked.plan.engine == "reference":  # no compiled engine can run this neuron
        return neuron(linear(spikes), initial_state)
    asked = called.asked(neuron.return_state)
    tensors, rebuild = packed.apart()
    call = _Call(checked, packed.shape, rebuild, by_event, asked, len(states))
    source = spikes if isinstance(spikes, Tensor) and spikes.requires_grad else None
    head = (call, tensors, current, source, graph_of(source))
    made = _SpikingLinear.apply(*head, weight, bias, *states, *called.params)
    return as_asked(checked.plan, asked, *apart(checked.plan, asked.state, made))


def _to_keep(
    spikes: Spikes, linear: SpikeLinear, neuron: NeuronLayer, initial_state: Any
) -> PackedSpikes | PoissonSpikes | None:
    """What to keep of the input spikes, in the order of their dimensions, or None to run the two layers one after the
    other."""
    device = spikes.device if isinstance(spikes, (Tensor, PackedSpikes, PoissonSpikes)) else None
    if (
        device is None
        or is_recorded()
        or is_autocast(device)
        or neuron.time_dim != 0
        or neuron.steps is not None
        or not _is_plain(linear, SpikeLinear)
        or not _is_plain(neuron, neuron._base)
        or any(map(is_subclass, (spikes, *linear.parameters())))
        or not wants_graph(spikes, *linear.parameters(), *neuron.parameters(), *_flat(initial_state))
        or check_backend(neuron.backend, device) == "reference"
    ):
        return None
    if isinstance(spikes, PackedSpikes):
        return spikes if spikes.layout.plain else pack_spikes(spikes.unpack(torch.bfloat16).contiguous())
    return pack_binary(spikes.contiguous()) if isinstance(spikes, Tensor) else spikes


def _is_plain(module: nn.Module, layer: type[nn.Module]) -> bool:
    """Whether a call of the module is that layer's forward and nothing else. Some hooks, as of pruning, compute its
    weights, and others, of all modules, watch it. A part may also have been replaced, or have its own forward."""
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)
    own = type(module).forward is layer.forward and "forward" not in vars(module)
    return own and not any(hooks) and not _has_any_global_hook()


@dataclass(frozen=True)
class _Call:
    """A call without its tensors."""

    checked: Checked
    shape: torch.Size  # of the input spikes
    rebuild: Callable[..., PackedSpikes | PoissonSpikes]
    by_event: bool
    asked: Asked
    states: int  # how many


class _SpikingLinear(torch.autograd.Function):
    """It keeps `tensors`, the input spikes, but not `current`, which the linear layer computed from them. Nor does it
    keep `source`, the tensor from which the spikes were packed, which is given if it needs a gradient. Returns a tuple:
    the output, then the final states and the records if they are asked for."""

    @staticmethod
    def forward(
        ctx: Any,
        call: _Call,
        tensors: tuple[Tensor, ...],
        current: Tensor,
        source: Tensor | None,
        origin: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        *values: Any,
    ) -> tuple[Tensor, ...]:
        states, params = values[: call.states], values[call.states :]
        made = run(call.checked, (current,), states, params, call.asked.state, keep=True)
        held = (*tensors, weight, bias, *made.kept)
        ctx.save_for_backward(*held, *with_graph(origin, *values))
        ctx.set_materialize_grads(False)
        ctx.call, ctx.like, ctx.from_zero = call, likes(*values), all(state is None for state in states)
        ctx.source_dtype = None if source is None else source.dtype
        ctx.tensors, ctx.held = len(tensors), len(held)
        return made.returned(call.checked.plan, call.asked.state)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, saved: Sequence[Any], *received: Tensor | None) -> tuple[Any, ...]:
        call, plan = ctx.call, ctx.call.checked.plan
        _, _, _, source, _, weight, bias, *values = ctx.needs_input_grad
        params = bits(number for number in numbers_of(plan.given) if values[call.states + number])
        wanted = _Wanted(source, weight, bias, any(values[: call.states]), params)
        spikes, kept = call.rebuild(*saved[: ctx.tensors]), saved[ctx.tensors : ctx.held]
        grads = Grads(*apart(plan, call.asked.state, received))
        found = _gradients(call, spikes, kept, ctx.from_zero, grads, wanted)
        of_params = dict(zip(numbers_of(params), found.per_neuron.unbind(0), strict=True)) if params else {}
        reduced = reduce_steps(plan.layout, ctx.like, found.state, values[: call.states], of_params)
        source_grad = None if found.source is None else found.source.to(ctx.source_dtype)
        return None, None, None, source_grad, None, found.weight, found.bias, *reduced


@dataclass(frozen=True)
class _Wanted:
    """Which gradients are asked for; of the neurons' parameters, a bit each."""

    source: bool
    weight: bool
    bias: bool
    state: bool
    params: int


@dataclass(frozen=True)
class _Gradients:
    source: Tensor | None
    weight: Tensor | None
    bias: Tensor | None
    state: Tensor
    per_neuron: Tensor  # of the parameters


def _gradients(
    call: _Call,
    spikes: PackedSpikes | PoissonSpikes,
    saved: Sequence[Any],
    from_zero: bool,
    grads: Grads,
    wanted: _Wanted,
) -> _Gradients:
    """Go through chunks of time steps from the last to the first; compute the current of a chunk again, and drop it.

    saved: weight, bias, and what :func:`run` kept.
    """
    weight, bias, checkpoints, index, *params = saved
    plan, layout = call.checked.plan, call.checked.plan.layout
    of_output, of_records, of_state = pack_gradients(plan, weight, (1, layout.steps, layout.inner), grads)
    assert of_output is not None
    grad_source = weight.new_empty(call.shape) if wanted.source else None
    leaf_weight = weight.detach().requires_grad_(wanted.weight)
    leaf_bias = None if bias is None else bias.detach().requires_grad_(wanted.bias)
    leaves = [leaf for leaf in (leaf_weight, leaf_bias) if leaf is not None and leaf.requires_grad]
    sums: list[Tensor] = []
    interval = checkpoint_interval(weight.device.type)
    steps = interval * max(1, _CHUNK_BYTES // max(1, interval * layout.inner * weight.element_size()))
    for start in range((layout.steps - 1) // steps * steps, -1, -steps):
        count = min(steps, layout.steps - start)
        with torch.enable_grad(), torch.autocast(weight.device.type, enabled=False):
            current = multiply(spikes.part(start, count).pack(), leaf_weight, leaf_bias, call.by_event)
        x = current.detach().reshape(1, count, layout.inner)
        before, after = (checkpoint_count(step, interval, from_zero and step > 0) for step in (start, start + count))
        part = Grads(*_of_chunk(plan, of_output, of_records, start, count), of_state)
        kept = ((x,), checkpoints[before:after], index - start, params)
        grad_x, of_state, per_neuron = gradients(
            call.checked, kept, 1, count, part, start > 0 or wanted.state, wanted.params
        )
        grad_current = grad_x.view(current.shape)
        terms = [*(torch.autograd.grad(current, leaves, grad_current) if leaves else ()), per_neuron]
        sums = [total.add_(term) for total, term in zip(sums, terms, strict=True)] if sums else terms
        if grad_source is not None:
            grad_source[start : start + count] = grad_current @ weight
    assert of_state is not None  # of the first step
    *found, per_neuron = sums
    grad_weight = found[0] if wanted.weight else None
    grad_bias = found[-1] if wanted.bias else None
    return _Gradients(grad_source, grad_weight, grad_bias, of_state, per_neuron)


def _of_chunk(
    plan: Plan, of_output: Tensor, of_records: Tensor | None, start: int, count: int
) -> tuple[Tensor, Tensor | None]:
    """The gradients of the output and of the records in some of the steps."""
    if plan.output == "last":
        part = of_output if start + count == plan.layout.steps else torch.zeros_like(of_output)
    elif plan.output == "max":  # the index of the largest is counted from the chunk's first step
        part = of_output
    else:
        part = of_output.reshape(1, plan.layout.steps, plan.layout.inner)[:, start : start + count]
    return part, None if of_records is None else of_records[:, :, start : start + count].contiguous()


def _flat(states: Any) -> Sequence[Any]:
    return states if isinstance(states, (tuple, list)) else (states,)
