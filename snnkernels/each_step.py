"""Layers that know no time, at every step of a sequence."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized
from torch.overrides import has_torch_function_unary

from .inputs import (
    batch_dims,
    check_all_steps,
    check_batch,
    check_layer,
    check_names,
    check_new_attribute,
    check_same_mask,
    refuse_scripting,
)
from .neuron_layer import NeuronLayer
from .spiking_linear import SpikingLinear


class EachStep(nn.Module):
    """Runs a layer that knows no time at every step: `[T, B, ...]` goes through it as one batch, `[T * B, ...]`.

    `EachStep(nn.Conv2d(1, 8, 3))` is also an `nn.Conv2d`: its class derives from that of the layer. It has the
    parameters, hooks and options of the layer, under the same names, in `named_parameters()` and in `state_dict()`. So
    a checkpoint of `nn.Sequential(nn.Conv2d(...), ...)` loads with `strict=True` into
    `nn.Sequential(EachStep(nn.Conv2d(...)), ...)`, and back. Code that is written for an `nn.Conv2d` (initialisation,
    parametrizations, fusion with a BatchNorm) works on it. The layer itself still runs without time: the two share all
    that they hold.

    It takes convolutions, poolings, normalisations, dropout, `nn.Flatten`, an `nn.Sequential` of these, and any module
    from `[B, ...]` to `[B, ...]`. Layers that know time (:class:`snnkernels.LIF`, `nn.LSTM`) take `[T, B, ...]` without
    it. nn.Linear and elementwise layers such as nn.ReLU give the same result with and without it.

    - `nn.Flatten()` without EachStep merges the batch with the features, `[T, B, C, H, W]` to `[T, B * C * H * W]`.
      `EachStep(nn.Flatten())` and `nn.Flatten(2)` give `[T, B, C * H * W]`.
    - `nn.BatchNorm1d(N)` without EachStep takes `[T, B, N]` for `[B, C, L]`: if B = N, it normalises the positions in
      the batch. `EachStep(nn.BatchNorm1d(N))` normalises neurons, over all steps and samples.
    - Parametrizations and pruning change the class or the parameters of the module that they get. Apply them to the
      layer before EachStep, or to the result, and then use only the result.
    - Tools that replace an `nn.BatchNorm2d` or `nn.Conv2d` by a new layer do not know EachStep:
      `nn.SyncBatchNorm.convert_sync_batchnorm` drops it, and eager `prepare_qat` skips it. Use them before EachStep, or
      write `EachStep(nn.Sequential(layer))`, in which they find the layer.

    Args:
        layer: the module to run at every step.
        same_mask: use one dropout mask for all steps, drawn at each call, instead of one for each step. Only for
            nn.Dropout, Dropout1d, Dropout2d and Dropout3d.

    Raises TypeError if layer knows time, was compiled, or has its own way of being copied, and ValueError if its batch
    is not first.
    """

    _made_of: tuple[type[EachStep], type[nn.Module], bool]
    _batch_dims: tuple[int, ...]

    def __new__(cls, *args: Any, **kwargs: Any) -> EachStep:
        """Check the names of the arguments here: Python's own error would not suggest the right name."""
        if cls is EachStep:  # else the constructor is that of the layer, or of whoever derives a class
            check_names("EachStep", kwargs, ("layer", "same_mask"), {})
        return super().__new__(cls)

    def __init__(self, layer: nn.Module, *, same_mask: bool = False) -> None:
        check_layer(layer, (NeuronLayer, SpikingLinear, EachStep))
        check_same_mask(layer, same_mask)
        self.__class__ = _class_for(type(self), layer, same_mask)
        object.__setattr__(self, "__dict__", layer.__dict__)

    @property
    def same_mask(self) -> bool:
        """Whether one mask of a dropout holds for all steps."""
        return self._made_of[2]

    @same_mask.setter
    def same_mask(self, value: bool) -> None:
        each_step, layer, _ = self._made_of
        self.__class__ = _class_of(each_step, layer, check_same_mask(self, value))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """x: `[T, B, ...]`, of any dtype that the layer takes. It is not copied if its first two dimensions lie one
        after the other in memory. Returns `[T, B, ...]`, or a tuple of such tensors if the layer returns a tuple.

        Raises TypeError if x is not a tensor, and ValueError if it has no time, as far as the layer's class tells, or
        if the layer does not keep the batch.
        """
        if not isinstance(x, Tensor) and has_torch_function_unary(x):  # torch.fx records the call
            return super().forward(x.flatten(0, 1)).unflatten(0, (x.shape[0], x.shape[1]))
        check_all_steps(self, x, self._batch_dims)
        if self.same_mask:
            return self._with_one_mask(x)
        given = super().forward(x.flatten(0, 1))
        if isinstance(given, (tuple, list)):
            return tuple(self._split_steps(part, x) for part in given)
        return self._split_steps(given, x)

    def _split_steps(self, given: Tensor, x: Tensor) -> Tensor:
        """Split an output into steps again, `[T, B, ...]`."""
        steps, batch = x.shape[:2]
        check_batch(self, given, steps * batch)
        return given.unflatten(0, (steps, batch))

    def _with_one_mask(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        mask = super().forward(x.new_ones(x.shape[1:]))
        return x.mul_(mask) if self.inplace else x * mask

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Also take keys such as `layer.weight`, which a module that holds its layer as `layer` has saved."""
        old = f"{prefix}layer."
        if not hasattr(self, "layer"):
            for key in [key for key in state_dict if key.startswith(old)]:
                name = prefix + key[len(old) :]
                if name not in state_dict:
                    state_dict[name] = state_dict.pop(key)
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name.startswith("_") or name in vars(self) or hasattr(self, name)):
            check_new_attribute(self._get_name(), name, ("same_mask",), {}, {})
        super().__setattr__(name, value)

    __prepare_scriptable__ = refuse_scripting

    def _get_name(self) -> str:
        return f"EachStep({self._made_of[1].__name__})"

    def extra_repr(self) -> str:
        return ", ".join(filter(None, (super().extra_repr(), "same_mask=True" if self.same_mask else "")))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copy by the classes that can be imported. Classes that others derive from ours are copied as usual."""
        reduced: Any = super().__reduce_ex__(protocol)
        return (_restore, self._made_of, *reduced[2:]) if "_made_of" in vars(type(self)) else reduced


_CLASSES: dict[tuple[type[EachStep], type[nn.Module], bool], type[EachStep]] = {}


def _class_for(each_step: type[EachStep], layer: nn.Module, same_mask: bool) -> type[EachStep]:
    cls = type(layer)
    if not is_parametrized(layer):
        return _class_of(each_step, cls, same_mask)
    # remove_parametrizations takes off the class that torch derived: it has to stay the outermost
    plain = _class_of(each_step, cls.__bases__[0], same_mask)
    names = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    return type(f"Parametrized{plain.__name__}", (plain,), names)


def _class_of(each_step: type[EachStep], layer: type[nn.Module], same_mask: bool) -> type[EachStep]:
    """The layer's class with EachStep's forward. Its constructor is the layer's: a slice of nn.Sequential calls it."""
    key = each_step, layer, same_mask
    if key not in _CLASSES:
        names = {"__init__": layer.__init__, "__module__": __name__, "_made_of": key, "_batch_dims": batch_dims(layer)}
        _CLASSES[key] = type(f"EachStep{layer.__name__}", (each_step, layer), names)
    return _CLASSES[key]


def _restore(each_step: type[EachStep], layer: type[nn.Module], same_mask: bool) -> EachStep:
    cls = _class_of(each_step, layer, same_mask)
    return cls.__new__(cls)
