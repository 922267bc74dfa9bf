"""A linear layer and its neurons over all time steps as one layer, which keeps almost nothing for backward."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any, ClassVar, overload

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook

from .autograd import graph_of, wants_graph
from .checked import CheckedModule
from .encoding import PoissonSpikes
from .functional import as_asked, given_tensors
from .inputs import (
    check_backend,
    check_call,
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
from .linear_autograd import SpikingLinearCall, SpikingLinearFunction
from .neuron_layer import NeuronLayer
from .neurons import LIF, lif
from .packed import PackedSpikes, pack_binary, pack_spikes
from .run import split_returned

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .definition import Neuron
    from .neurons import _Lif, _LIFInLinear

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
    """The signature of SpikingLinear that inspect and help show: with the options of its default neurons, LIF."""
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
    called, params = neuron._called(current)
    states = check_initial_states(called.definition.interface.states, initial_state)
    checked = check_call(called, (current,), states, params)
    if checked.plan.engine == "reference":  # no compiled engine can run this neuron
        return neuron(linear(spikes), initial_state)
    asked, given = called.asked, given_tensors(called, checked.plan, params)
    tensors, rebuild = packed.tensors_and_rebuild()
    call = SpikingLinearCall(checked, packed.shape, rebuild, by_event, asked, len(states))
    source = spikes if isinstance(spikes, Tensor) and spikes.requires_grad else None
    head = (call, tensors, current, source, graph_of(source))
    made = SpikingLinearFunction.apply(*head, weight, bias, *states, *given)
    return as_asked(checked.plan, asked, *split_returned(checked.plan, asked.state, made))


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


def _flat(states: Any) -> Sequence[Any]:
    return states if isinstance(states, (tuple, list)) else (states,)
