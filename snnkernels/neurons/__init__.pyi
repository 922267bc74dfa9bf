# Written by snnkernels/emit/stub.py from the neurons of this folder: do not edit, run `make codegen`.
# ruff: noqa
# fmt: off

import collections.abc
import typing
from typing import Any, Literal, Protocol, TypedDict, overload

import torch
from typing_extensions import Unpack

from ..definition import Neuron
from ..neuron_layer import NeuronLayer
from ..packed import PackedSpikes

_Tensors = Literal["all", "sum", "mean", "last", "max"]  # outputs that are tensors
_Names = tuple[str, Unpack[tuple[str, ...]]]  # one or more
_Records = dict[str, torch.Tensor]
_Output = torch.Tensor | PackedSpikes

class _LifCall(TypedDict, total=False):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: torch.Tensor | None
    delay_reset: bool
    detach_reset: bool
    pre_reset_state: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _LIFInLinear(TypedDict, total=False):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn: tuple[str, ...]
    learn_beta: bool
    learn_threshold: bool
    learn_input_scale: bool
    learn_reset: bool
    constrain: bool
    return_state: bool
    delay_reset: bool
    detach_reset: bool
    pre_reset_state: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    backend: str

class LIF(NeuronLayer):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_beta: bool
    learn_threshold: bool
    learn_input_scale: bool
    learn_reset: bool
    return_state: bool
    delay_reset: bool
    detach_reset: bool
    pre_reset_state: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, beta: float | torch.Tensor = 0.9, threshold: float | torch.Tensor = 1.0, input_scale: float | torch.Tensor = 1.0, reset: float | torch.Tensor | str = 'subtract', *, learn: tuple[str, ...] = (), learn_beta: bool = False, learn_threshold: bool = False, learn_input_scale: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, delay_reset: bool = False, detach_reset: bool = True, pre_reset_state: bool = False, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, current: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _Lif(Neuron, Protocol):
    @property
    def layer(self) -> type[LIF]: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_LifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_LifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_LifCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_LifCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_LifCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_LifCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_LifCall]) -> tuple[PackedSpikes, torch.Tensor]: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_LifCall]) -> tuple[PackedSpikes, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, current: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_LifCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, torch.Tensor] | tuple[_Output, torch.Tensor, _Records]: ...

lif: _Lif

class _IntegrateAndFireCall(TypedDict, total=False):
    threshold: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: torch.Tensor | None
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _IntegrateAndFireLayer(NeuronLayer):
    threshold: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_threshold: bool
    learn_reset: bool
    return_state: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, threshold: float | torch.Tensor = 1.0, reset: float | torch.Tensor | str = 'subtract', *, learn: tuple[str, ...] = (), learn_threshold: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _IntegrateAndFire(Neuron, Protocol):
    @property
    def layer(self) -> type[_IntegrateAndFireLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_IntegrateAndFireCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_IntegrateAndFireCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_IntegrateAndFireCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_IntegrateAndFireCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_IntegrateAndFireCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_IntegrateAndFireCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_IntegrateAndFireCall]) -> tuple[PackedSpikes, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_IntegrateAndFireCall]) -> tuple[PackedSpikes, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_IntegrateAndFireCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, torch.Tensor] | tuple[_Output, torch.Tensor, _Records]: ...

integrate_and_fire: _IntegrateAndFire

class _ParametricLifCall(TypedDict, total=False):
    w: float | torch.Tensor
    threshold: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: torch.Tensor | None
    decay_input: bool
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _ParametricLifLayer(NeuronLayer):
    w: float | torch.Tensor
    threshold: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_w: bool
    learn_threshold: bool
    learn_reset: bool
    return_state: bool
    decay_input: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, w: float | torch.Tensor = 0.0, threshold: float | torch.Tensor = 1.0, reset: float | torch.Tensor | str = 'subtract', *, learn: tuple[str, ...] = (), learn_w: bool = False, learn_threshold: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, decay_input: bool = True, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _ParametricLif(Neuron, Protocol):
    @property
    def layer(self) -> type[_ParametricLifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_ParametricLifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_ParametricLifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_ParametricLifCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_ParametricLifCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_ParametricLifCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_ParametricLifCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_ParametricLifCall]) -> tuple[PackedSpikes, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_ParametricLifCall]) -> tuple[PackedSpikes, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_ParametricLifCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, torch.Tensor] | tuple[_Output, torch.Tensor, _Records]: ...

parametric_lif: _ParametricLif

class _RefractoryLifCall(TypedDict, total=False):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    refractory: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None
    during: str
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _RefractoryLifLayer(NeuronLayer):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    refractory: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_beta: bool
    learn_threshold: bool
    learn_input_scale: bool
    learn_refractory: bool
    learn_reset: bool
    return_state: bool
    during: str
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, beta: float | torch.Tensor = 0.9, threshold: float | torch.Tensor = 1.0, input_scale: float | torch.Tensor = 1.0, refractory: float | torch.Tensor = 2.0, reset: float | torch.Tensor | str = 'subtract', *, learn: tuple[str, ...] = (), learn_beta: bool = False, learn_threshold: bool = False, learn_input_scale: bool = False, learn_refractory: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, during: str = 'hold', detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None = ...) -> Any: ...

class _RefractoryLif(Neuron, Protocol):
    @property
    def layer(self) -> type[_RefractoryLifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_RefractoryLifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_RefractoryLifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_RefractoryLifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_RefractoryLifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_RefractoryLifCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_RefractoryLifCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_RefractoryLifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_RefractoryLifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_RefractoryLifCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, tuple[torch.Tensor, torch.Tensor]] | tuple[_Output, tuple[torch.Tensor, torch.Tensor], _Records]: ...

refractory_lif: _RefractoryLif

class _CurrentLifCall(TypedDict, total=False):
    alpha: float | torch.Tensor
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None
    order: str
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _CurrentLifLayer(NeuronLayer):
    alpha: float | torch.Tensor
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_alpha: bool
    learn_beta: bool
    learn_threshold: bool
    learn_input_scale: bool
    learn_reset: bool
    return_state: bool
    order: str
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, alpha: float | torch.Tensor = 0.8, beta: float | torch.Tensor = 0.9, threshold: float | torch.Tensor = 1.0, input_scale: float | torch.Tensor = 1.0, reset: float | torch.Tensor | str = 'subtract', *, learn: tuple[str, ...] = (), learn_alpha: bool = False, learn_beta: bool = False, learn_threshold: bool = False, learn_input_scale: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, order: str = 'immediate', detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None = ...) -> Any: ...

class _CurrentLif(Neuron, Protocol):
    @property
    def layer(self) -> type[_CurrentLifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_CurrentLifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_CurrentLifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_CurrentLifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_CurrentLifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_CurrentLifCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_CurrentLifCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_CurrentLifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_CurrentLifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_CurrentLifCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, tuple[torch.Tensor, torch.Tensor]] | tuple[_Output, tuple[torch.Tensor, torch.Tensor], _Records]: ...

current_lif: _CurrentLif

class _AlphaNeuronCall(TypedDict, total=False):
    alpha: float | torch.Tensor
    beta: float | torch.Tensor
    gain: float | torch.Tensor
    threshold: float | torch.Tensor
    initial_state: tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None] | None
    reset: str
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _AlphaNeuronLayer(NeuronLayer):
    alpha: float | torch.Tensor
    beta: float | torch.Tensor
    gain: float | torch.Tensor
    threshold: float | torch.Tensor
    learn_alpha: bool
    learn_beta: bool
    learn_gain: bool
    learn_threshold: bool
    return_state: bool
    reset: str
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, alpha: float | torch.Tensor = 0.9, beta: float | torch.Tensor = 0.8, gain: float | torch.Tensor = 1.9, threshold: float | torch.Tensor = 1.0, *, learn: tuple[str, ...] = (), learn_alpha: bool = False, learn_beta: bool = False, learn_gain: bool = False, learn_threshold: bool = False, constrain: bool = False, return_state: bool = False, reset: str = 'zero', slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None] | None = ...) -> Any: ...

class _AlphaNeuron(Neuron, Protocol):
    @property
    def layer(self) -> type[_AlphaNeuronLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_AlphaNeuronCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_AlphaNeuronCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_AlphaNeuronCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_AlphaNeuronCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_AlphaNeuronCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_AlphaNeuronCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_AlphaNeuronCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_AlphaNeuronCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_AlphaNeuronCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, tuple[torch.Tensor, torch.Tensor, torch.Tensor]] | tuple[_Output, tuple[torch.Tensor, torch.Tensor, torch.Tensor], _Records]: ...

alpha_neuron: _AlphaNeuron

class _LeakyIntegratorCall(TypedDict, total=False):
    beta: float | torch.Tensor
    input_scale: float | torch.Tensor
    initial_state: torch.Tensor | None
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _LeakyIntegratorLayer(NeuronLayer):
    beta: float | torch.Tensor
    input_scale: float | torch.Tensor
    learn_beta: bool
    learn_input_scale: bool
    return_state: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, beta: float | torch.Tensor = 0.9, input_scale: float | torch.Tensor = 1.0, *, learn: tuple[str, ...] = (), learn_beta: bool = False, learn_input_scale: bool = False, constrain: bool = False, return_state: bool = False, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _LeakyIntegrator(Neuron, Protocol):
    @property
    def layer(self) -> type[_LeakyIntegratorLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_LeakyIntegratorCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_LeakyIntegratorCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_LeakyIntegratorCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_LeakyIntegratorCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_LeakyIntegratorCall]) -> torch.Tensor | tuple[torch.Tensor, _Records] | tuple[torch.Tensor, torch.Tensor] | tuple[torch.Tensor, torch.Tensor, _Records]: ...

leaky_integrator: _LeakyIntegrator

class _CurrentLeakyIntegratorCall(TypedDict, total=False):
    alpha: float | torch.Tensor
    beta: float | torch.Tensor
    input_scale: float | torch.Tensor
    initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None
    delay_input: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _CurrentLeakyIntegratorLayer(NeuronLayer):
    alpha: float | torch.Tensor
    beta: float | torch.Tensor
    input_scale: float | torch.Tensor
    learn_alpha: bool
    learn_beta: bool
    learn_input_scale: bool
    return_state: bool
    delay_input: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, alpha: float | torch.Tensor = 0.8, beta: float | torch.Tensor = 0.9, input_scale: float | torch.Tensor = 1.0, *, learn: tuple[str, ...] = (), learn_alpha: bool = False, learn_beta: bool = False, learn_input_scale: bool = False, constrain: bool = False, return_state: bool = False, delay_input: bool = False, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None = ...) -> Any: ...

class _CurrentLeakyIntegrator(Neuron, Protocol):
    @property
    def layer(self) -> type[_CurrentLeakyIntegratorLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_CurrentLeakyIntegratorCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_CurrentLeakyIntegratorCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_CurrentLeakyIntegratorCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_CurrentLeakyIntegratorCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_CurrentLeakyIntegratorCall]) -> torch.Tensor | tuple[torch.Tensor, _Records] | tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]] | tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], _Records]: ...

current_leaky_integrator: _CurrentLeakyIntegrator

class _AdlifCall(TypedDict, total=False):
    alpha: float | torch.Tensor
    rho: float | torch.Tensor
    a: float | torch.Tensor
    b: float | torch.Tensor
    threshold: float | torch.Tensor
    initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _AdlifLayer(NeuronLayer):
    alpha: float | torch.Tensor
    rho: float | torch.Tensor
    a: float | torch.Tensor
    b: float | torch.Tensor
    threshold: float | torch.Tensor
    learn_alpha: bool
    learn_rho: bool
    learn_a: bool
    learn_b: bool
    learn_threshold: bool
    return_state: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, alpha: float | torch.Tensor = 0.9, rho: float | torch.Tensor = 0.95, a: float | torch.Tensor = 0.1, b: float | torch.Tensor = 0.5, threshold: float | torch.Tensor = 1.0, *, learn: tuple[str, ...] = (), learn_alpha: bool = False, learn_rho: bool = False, learn_a: bool = False, learn_b: bool = False, learn_threshold: bool = False, constrain: bool = False, return_state: bool = False, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None = ...) -> Any: ...

class _Adlif(Neuron, Protocol):
    @property
    def layer(self) -> type[_AdlifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_AdlifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_AdlifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_AdlifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_AdlifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_AdlifCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_AdlifCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_AdlifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_AdlifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_AdlifCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, tuple[torch.Tensor, torch.Tensor]] | tuple[_Output, tuple[torch.Tensor, torch.Tensor], _Records]: ...

adlif: _Adlif

class _SymplecticAdlifCall(TypedDict, total=False):
    alpha: float | torch.Tensor
    rho: float | torch.Tensor
    a: float | torch.Tensor
    b: float | torch.Tensor
    q: float | torch.Tensor
    threshold: float | torch.Tensor
    initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _SymplecticAdlifLayer(NeuronLayer):
    alpha: float | torch.Tensor
    rho: float | torch.Tensor
    a: float | torch.Tensor
    b: float | torch.Tensor
    q: float | torch.Tensor
    threshold: float | torch.Tensor
    learn_alpha: bool
    learn_rho: bool
    learn_a: bool
    learn_b: bool
    learn_q: bool
    learn_threshold: bool
    return_state: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, alpha: float | torch.Tensor = 0.9, rho: float | torch.Tensor = 0.95, a: float | torch.Tensor = 0.5, b: float | torch.Tensor = 1.0, q: float | torch.Tensor = 1.0, threshold: float | torch.Tensor = 1.0, *, learn: tuple[str, ...] = (), learn_alpha: bool = False, learn_rho: bool = False, learn_a: bool = False, learn_b: bool = False, learn_q: bool = False, learn_threshold: bool = False, constrain: bool = False, return_state: bool = False, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None = ...) -> Any: ...

class _SymplecticAdlif(Neuron, Protocol):
    @property
    def layer(self) -> type[_SymplecticAdlifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_SymplecticAdlifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_SymplecticAdlifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_SymplecticAdlifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_SymplecticAdlifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_SymplecticAdlifCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_SymplecticAdlifCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_SymplecticAdlifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_SymplecticAdlifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_SymplecticAdlifCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, tuple[torch.Tensor, torch.Tensor]] | tuple[_Output, tuple[torch.Tensor, torch.Tensor], _Records]: ...

symplectic_adlif: _SymplecticAdlif

class _AlifCall(TypedDict, total=False):
    beta: float | torch.Tensor
    rho: float | torch.Tensor
    adaptation: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _AlifLayer(NeuronLayer):
    beta: float | torch.Tensor
    rho: float | torch.Tensor
    adaptation: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_beta: bool
    learn_rho: bool
    learn_adaptation: bool
    learn_threshold: bool
    learn_input_scale: bool
    learn_reset: bool
    return_state: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, beta: float | torch.Tensor = 0.9, rho: float | torch.Tensor = 0.95, adaptation: float | torch.Tensor = 1.8, threshold: float | torch.Tensor = 1.0, input_scale: float | torch.Tensor = 1.0, reset: float | torch.Tensor | str = 'subtract', *, learn: tuple[str, ...] = (), learn_beta: bool = False, learn_rho: bool = False, learn_adaptation: bool = False, learn_threshold: bool = False, learn_input_scale: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: tuple[torch.Tensor | None, torch.Tensor | None] | None = ...) -> Any: ...

class _Alif(Neuron, Protocol):
    @property
    def layer(self) -> type[_AlifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_AlifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_AlifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_AlifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_AlifCall]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_AlifCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_AlifCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_AlifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor]]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_AlifCall]) -> tuple[PackedSpikes, tuple[torch.Tensor, torch.Tensor], _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_AlifCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, tuple[torch.Tensor, torch.Tensor]] | tuple[_Output, tuple[torch.Tensor, torch.Tensor], _Records]: ...

alif: _Alif

class _ExponentialIfCall(TypedDict, total=False):
    tau: float | torch.Tensor
    sharpness: float | torch.Tensor
    rheobase: float | torch.Tensor
    rest: float | torch.Tensor
    threshold: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: torch.Tensor | None
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _ExponentialIfLayer(NeuronLayer):
    tau: float | torch.Tensor
    sharpness: float | torch.Tensor
    rheobase: float | torch.Tensor
    rest: float | torch.Tensor
    threshold: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_tau: bool
    learn_sharpness: bool
    learn_rheobase: bool
    learn_rest: bool
    learn_threshold: bool
    learn_reset: bool
    return_state: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, tau: float | torch.Tensor = 2.0, sharpness: float | torch.Tensor = 1.0, rheobase: float | torch.Tensor = 0.8, rest: float | torch.Tensor = 0.0, threshold: float | torch.Tensor = 1.0, reset: float | torch.Tensor | str = 'zero', *, learn: tuple[str, ...] = (), learn_tau: bool = False, learn_sharpness: bool = False, learn_rheobase: bool = False, learn_rest: bool = False, learn_threshold: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _ExponentialIf(Neuron, Protocol):
    @property
    def layer(self) -> type[_ExponentialIfLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_ExponentialIfCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_ExponentialIfCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_ExponentialIfCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: _Tensors = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_ExponentialIfCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_ExponentialIfCall]) -> PackedSpikes: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_ExponentialIfCall]) -> tuple[PackedSpikes, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_ExponentialIfCall]) -> tuple[PackedSpikes, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: Literal["packed"], return_state: Literal[True], record: _Names,
                 **options: Unpack[_ExponentialIfCall]) -> tuple[PackedSpikes, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_ExponentialIfCall]) -> _Output | tuple[_Output, _Records] | tuple[_Output, torch.Tensor] | tuple[_Output, torch.Tensor, _Records]: ...

exponential_if: _ExponentialIf

class _MultispikeLifCall(TypedDict, total=False):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    max_spikes: float | torch.Tensor
    min_v: float | torch.Tensor | str
    reset: float | torch.Tensor | str
    initial_state: torch.Tensor | None
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _MultispikeLifLayer(NeuronLayer):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    max_spikes: float | torch.Tensor
    min_v: float | torch.Tensor | str
    reset: float | torch.Tensor | str
    learn_beta: bool
    learn_threshold: bool
    learn_input_scale: bool
    learn_max_spikes: bool
    learn_min_v: bool
    learn_reset: bool
    return_state: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, beta: float | torch.Tensor = 0.9, threshold: float | torch.Tensor = 1.0, input_scale: float | torch.Tensor = 1.0, max_spikes: float | torch.Tensor = 65536.0, min_v: float | torch.Tensor | str = 'none', reset: float | torch.Tensor | str = 'subtract', *, learn: tuple[str, ...] = (), learn_beta: bool = False, learn_threshold: bool = False, learn_input_scale: bool = False, learn_max_spikes: bool = False, learn_min_v: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _MultispikeLif(Neuron, Protocol):
    @property
    def layer(self) -> type[_MultispikeLifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_MultispikeLifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_MultispikeLifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_MultispikeLifCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_MultispikeLifCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_MultispikeLifCall]) -> torch.Tensor | tuple[torch.Tensor, _Records] | tuple[torch.Tensor, torch.Tensor] | tuple[torch.Tensor, torch.Tensor, _Records]: ...

multispike_lif: _MultispikeLif

class _IntegerLifCall(TypedDict, total=False):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    initial_state: torch.Tensor | None
    levels: int
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _IntegerLifLayer(NeuronLayer):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    learn_beta: bool
    learn_threshold: bool
    return_state: bool
    levels: int
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, beta: float | torch.Tensor = 0.25, threshold: float | torch.Tensor = 1.0, *, learn: tuple[str, ...] = (), learn_beta: bool = False, learn_threshold: bool = False, constrain: bool = False, return_state: bool = False, levels: int = 4, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _IntegerLif(Neuron, Protocol):
    @property
    def layer(self) -> type[_IntegerLifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_IntegerLifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_IntegerLifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_IntegerLifCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_IntegerLifCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_IntegerLifCall]) -> torch.Tensor | tuple[torch.Tensor, _Records] | tuple[torch.Tensor, torch.Tensor] | tuple[torch.Tensor, torch.Tensor, _Records]: ...

integer_lif: _IntegerLif

class _TernaryLifCall(TypedDict, total=False):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    initial_state: torch.Tensor | None
    detach_reset: bool
    slope: float | torch.Tensor | None
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str

class _TernaryLifLayer(NeuronLayer):
    beta: float | torch.Tensor
    threshold: float | torch.Tensor
    input_scale: float | torch.Tensor
    reset: float | torch.Tensor | str
    learn_beta: bool
    learn_threshold: bool
    learn_input_scale: bool
    learn_reset: bool
    return_state: bool
    detach_reset: bool
    slope: float | None
    record: tuple[str, ...]
    output: str
    surrogate: str | collections.abc.Callable[..., typing.Any]
    strict: bool
    time_dim: int
    steps: int | None
    backend: str
    def __init__(self, beta: float | torch.Tensor = 0.25, threshold: float | torch.Tensor = 0.5, input_scale: float | torch.Tensor = 1.0, reset: float | torch.Tensor | str = 'zero', *, learn: tuple[str, ...] = (), learn_beta: bool = False, learn_threshold: bool = False, learn_input_scale: bool = False, learn_reset: bool = False, constrain: bool = False, return_state: bool = False, detach_reset: bool = True, slope: float | None = None, record: tuple[str, ...] = (), output: str = 'all', surrogate: str | collections.abc.Callable[..., typing.Any] = 'fast_sigmoid', strict: bool = False, time_dim: int = 0, steps: int | None = None, backend: str = 'auto', device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> None: ...
    def forward(self, x: torch.Tensor, initial_state: torch.Tensor | None = ...) -> Any: ...

class _TernaryLif(Neuron, Protocol):
    @property
    def layer(self) -> type[_TernaryLifLayer]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: tuple[()] = ...,
                 **options: Unpack[_TernaryLifCall]) -> torch.Tensor: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[False] = ..., record: _Names,
                 **options: Unpack[_TernaryLifCall]) -> tuple[torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: tuple[()] = ...,
                 **options: Unpack[_TernaryLifCall]) -> tuple[torch.Tensor, torch.Tensor]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: Literal[True], record: _Names,
                 **options: Unpack[_TernaryLifCall]) -> tuple[torch.Tensor, torch.Tensor, _Records]: ...
    @overload
    def __call__(self, x: torch.Tensor, *, output: str = ..., return_state: bool = ..., record: tuple[str, ...] = ...,
                 **options: Unpack[_TernaryLifCall]) -> torch.Tensor | tuple[torch.Tensor, _Records] | tuple[torch.Tensor, torch.Tensor] | tuple[torch.Tensor, torch.Tensor, _Records]: ...

ternary_lif: _TernaryLif

NEURONS: dict[str, Neuron]

__all__ = ["LIF", "NEURONS", "lif", "integrate_and_fire", "parametric_lif", "refractory_lif", "current_lif", "alpha_neuron", "leaky_integrator", "current_leaky_integrator", "adlif", "symplectic_adlif", "alif", "exponential_if", "multispike_lif", "integer_lif", "ternary_lif"]
