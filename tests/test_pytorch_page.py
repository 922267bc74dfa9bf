"""The code on the page about PyTorch's tools runs, from top to bottom, and does what the page says."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from support import skip_or_fail

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "pytorch.md").read_text()


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the blocks of the page define."""
    names: dict[str, Any] = {}
    torch._dynamo.reset()
    torch.manual_seed(0)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for block in re.findall(r"```python\n(.*?)```", PAGE, re.S):
            exec(block, names)
    return names


pytestmark = [
    pytest.mark.usefixtures("native"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.*is deprecated", "ignore::DeprecationWarning"),
]


def test_code_of_the_page_runs(names: dict[str, Any]) -> None:
    assert names["expected"].any() and names["gradients"].any()
    assert names["traced"](names["spikes"]).equal(names["expected"])


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_function_that_exports_to_onnx(names: dict[str, Any], tmp_path: Path) -> None:
    for package in ("onnx", "onnxruntime", "onnxscript"):
        if find_spec(package) is None:
            skip_or_fail("onnx", f"{package} is not installed")
    import onnxruntime

    file = str(tmp_path / "model.onnx")
    names["export_onnx"](file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {session.get_inputs()[0].name: names["spikes"].numpy()})
    assert torch.from_numpy(found).equal(names["expected"])
