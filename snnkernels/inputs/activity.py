"""Checks for Activity: of the model that it watches, and of what it has seen."""

from __future__ import annotations

from typing import Any

from torch import nn

from .values import check_flag, check_whole, shape_of


def check_watched(model: Any, batch_dim: Any, operations: Any) -> None:
    """Check a model whose layers are to be watched by hooks."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    for name, module in model.named_modules():
        if hasattr(module, "_orig_mod") or module._compiled_call_impl is not None:
            where = f", in which {name!r} is compiled" if name else ", which is compiled"
            raise TypeError(
                f"model must be what torch.compile was given, got {model._get_name()}{where}: a graph calls no hooks"
            )
    check_whole("batch_dim", batch_dim)
    check_flag("operations", operations)


def check_batch_dim(x: Any, batch_dim: int) -> int:
    """Check the input of a watched model. Returns how many samples it has."""
    if not hasattr(x, "shape"):
        raise TypeError(
            f"the model's first argument must be a tensor or spikes, to count samples, got {type(x).__name__}"
        )
    if not -len(x.shape) <= batch_dim < len(x.shape):
        raise ValueError(f"batch_dim must be a dimension of the model's input, of shape {shape_of(x)}, got {batch_dim}")
    return int(x.shape[batch_dim])


def check_entered_once(watching: bool) -> None:
    """Check that a with statement is not within another of the same object, which would count twice."""
    if watching:
        raise RuntimeError("Activity is in use by another with statement: make another Activity")


def check_seen(samples: int) -> None:
    """Check that a model was called while it was watched."""
    if not samples:
        raise RuntimeError(
            "Activity has seen no sample: call the model that it was given, in `with Activity(model) as activity:`"
        )
