"""Modules whose options are attributes, checked whenever they are set."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from torch import nn

from .inputs import check_names, check_new_attribute, refuse_scripting


class CheckedModule(nn.Module):
    """A module that checks the names and values of its options, in its constructor and whenever one is set.

    A misspelt name raises an error that suggests the right one. Any other attribute can be set freely.
    """

    # The check of each option. It returns the value that the option gets.
    _checks: ClassVar[Mapping[str, Callable[[str, Any], Any]]] = {}
    # What to say of an option that a user may expect, but that the module does not have.
    _refused: ClassVar[Mapping[str, str]] = {}
    # The submodule that has an attribute, for attributes that the module itself does not have.
    _elsewhere: ClassVar[Mapping[str, str]] = {}

    def __new__(cls, *args: Any, **kwargs: Any) -> CheckedModule:
        """Check the names of the arguments here: Python's own error would not suggest the right name."""
        known = _names(cls.__init__)
        if known is not None:
            check_names(cls.__name__, kwargs, known, cls._refused)
        return super().__new__(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._checks:
            value = self._checks[name](name, value)
        elif not (name.startswith("_") or name in vars(self) or hasattr(self, name)):
            constructors = [vars(base)["__init__"] for base in type(self).__mro__ if "__init__" in vars(base)]
            known = [name for constructor in constructors for name in _names(constructor) or ()]
            check_new_attribute(type(self).__name__, name, known, self._refused, self._elsewhere)
        super().__setattr__(name, value)

    __prepare_scriptable__ = refuse_scripting


@cache
def _names(constructor: Callable[..., None]) -> tuple[str, ...] | None:
    """The names that a constructor takes, or None if it takes any name."""
    _, *taken = inspect.signature(constructor).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken):
        return None
    return tuple(parameter.name for parameter in taken if parameter.kind is not parameter.POSITIONAL_ONLY)
