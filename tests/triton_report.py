"""What Triton's compiler makes of the kernels, as it would for a launch, on a machine without a GPU.

    echo '[{"arch": 90, "dtype": "bfloat16"}]' | python tests/triton_report.py

takes a JSON list of variants, and prints a JSON object for each of their kernels: registers, stack, spills, barriers,
global loads and stores by width, fused multiply-adds. They are read from the PTX and, with the tools of Triton's wheel,
from the machine code.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import triton
from triton.backends.compiler import GPUTarget
from triton_variants import NEURON_VARIANTS, Variant

from snnkernels import tuning
from snnkernels.engines import triton_plan, triton_poisson_plan
from snnkernels.scan import OVER_TIME, numbers_of, state_dtype

_INTERVAL = 8


@dataclass
class Launch:
    """A kernel in the place of one that the engine launches: it only keeps what it is called with."""

    kernel: Any
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def arg_names(self) -> list[str]:
        return self.kernel.arg_names

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        def launch(*arguments: Any, **options: Any) -> None:
            self.arguments, self.options = arguments, options | {"grid": grid}

        return launch


_LAUNCHES = {}
for _name, _module in (("forward", triton_plan), ("backward", triton_plan), ("poisson", triton_poisson_plan)):
    _LAUNCHES[_name] = Launch(getattr(_module, f"{_name}_kernel"))
    setattr(_module, f"{_name}_kernel", _LAUNCHES[_name])
    _module.processors = lambda device: 132


def launches(variant: Variant) -> dict[str, Launch]:
    """The kernels as the engine would launch them, on tensors without memory."""
    dtype, neuron = getattr(torch, variant.dtype), NEURON_VARIANTS[variant.neuron]
    shape, step = (variant.outer, variant.steps, variant.inner), (variant.outer, variant.inner)
    tensors = variant.per_neuron or variant.param_grads
    every = (1 << len(neuron.params)) - 1
    given = (every if variant.given is None else variant.given) if tensors else 0
    with torch.device("meta"):
        xs = [torch.empty(variant.outer, 1 if variant.x_once else variant.steps, variant.inner, dtype=dtype)]
        xs *= len(neuron.inputs)
        states = torch.empty(len(neuron.states), *step, dtype=state_dtype(dtype))
        checkpoints = states.new_empty(-(-variant.steps // _INTERVAL), *states.shape)
        params = [states.new_empty(step if variant.per_neuron else (1,)) for _ in numbers_of(given)]
        images, seed = xs[0].new_empty(variant.outer * variant.inner), torch.empty(1, dtype=torch.int64)
        grad_records = states.new_empty(variant.record.bit_count(), *shape) if variant.record else None
        index = torch.empty(variant.outer, 1, variant.inner, dtype=torch.int32) if variant.output == "max" else None
    numbers = [variant.constant] * (len(neuron.params) + 1)
    head = (None, numbers, given, neuron.key, False, _INTERVAL, 1, variant.steps, variant.output, variant.record)
    # The gradient of what is one value for all steps, of a sum the same at each of them.
    grad = xs[0].new_empty(shape if variant.output not in OVER_TIME else (variant.outer, 1, variant.inner))
    grad = grad.expand(shape) if variant.output == "sum" else grad
    first, kept = (states, checkpoints) if params else (None, checkpoints[1:])
    with_state = first is not None
    wanted = given if variant.param_grads else 0
    with tuning.use_tilings(variant.variation, variant.variation):
        triton_plan.forward([*xs, *params], first, *head, with_state)
        triton_plan.backward(
            [*xs, *params], kept, *head, variant.surrogate, grad, index, grad_records, first, with_state, wanted
        )
    triton_poisson_plan.poisson(images, variant.first, variant.steps, seed, variant.output == "packed")
    return {name: replace(_LAUNCHES[name]) for name in variant.kernels}


class _Device:
    """As much of a GPU as compilation asks for. Its number is its compute capability, for a cache of its own."""

    def __init__(self, arch: int) -> None:
        self.arch = arch

    def get_current_device(self) -> int:
        return self.arch

    def get_current_stream(self, device: int) -> int:
        return 0

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", self.arch, 32)


def compile_launch(launch: Launch, arch: int) -> Any:
    """Compile what a launch on a GPU of compute capability `arch` would compile."""
    triton.runtime.driver.set_active(_Device(arch))
    return launch.kernel.run(*launch.arguments, warmup=True, **launch.options)


def _cuobjdump(cubin: bytes, option: str) -> str:
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        return subprocess.run([tool, option, file.name], check=True, capture_output=True, text=True).stdout


def report(launch: Launch, arch: int) -> dict[str, Any]:
    """What the compiler made of a kernel. `fused_code` counts the fused multiply-adds of a division, too."""
    assembly = compile_launch(launch, arch).asm
    ptx, cubin = assembly["ptx"], assembly["cubin"]
    usage = {name: int(size) for name, size in re.findall(r"(REG|STACK|LOCAL):(\d+)", _cuobjdump(cubin, "-res-usage"))}
    code = Counter(re.findall(r"^\s+/\*\w{4,}\*/\s+(?:@!?\w+ )?(\w+)", _cuobjdump(cubin, "-sass"), re.MULTILINE))
    return {
        "registers": usage["REG"],
        "stack": usage["STACK"] + usage["LOCAL"],
        "spills": code["STL"] + code["LDL"],
        "barriers": code["BAR"],
        "instructions": code.total(),
        "loads": Counter(re.findall(r"\bld\.global\S*?\.((?:v\d\.)?b\d+) ", ptx)),
        "stores": Counter(re.findall(r"\bst\.global\S*?\.((?:v\d\.)?b\d+) ", ptx)),
        "fused_ptx": len(re.findall(r"\bfma\.", ptx)),
        "fused_code": code["FFMA"] + code["DFMA"],
    }


def main() -> None:
    for fields in json.load(sys.stdin):
        variant = Variant(**fields)
        for name, launch in launches(variant).items():
            print(json.dumps({"kernel": name, **asdict(variant), **report(launch, variant.arch)}), flush=True)


if __name__ == "__main__":
    main()
