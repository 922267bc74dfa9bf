"""The notebook of the MNIST example runs on small data, and is stored with what it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="the notebook needs nbformat")
nbclient = pytest.importorskip("nbclient", reason="the notebook needs nbclient")
for package in ("ipykernel", "sklearn", "tqdm", "tyro", "matplotlib"):
    pytest.importorskip(package, reason=f"the notebook needs {package}")

EXAMPLE = Path(__file__).parents[1] / "examples" / "mnist"
NOTEBOOK = EXAMPLE / "mnist.ipynb"

SMALL = """
DATASET, DATA_DIR = "digits", "."
EPOCHS, TRAIN_IMAGES, HIDDEN, TIME_STEPS = 3, 600, (50,), 10
COMPARE_IMAGES, COMPARE_EPOCHS, COMPARE_SEEDS, TEST_IMAGES = 300, 2, 2, 100
LEARNING_RATES = (1e-2, 3e-2)
"""


@pytest.fixture(scope="module")
def stored() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def images(notebook: Any) -> list[str]:
    """The kinds of all images that the notebook shows, in order."""
    outputs = (output for cell in code_cells(notebook) for output in cell.outputs)
    return [kind for output in outputs for kind in output.get("data", {}) if kind.startswith("image/")]


def words(notebook: Any) -> set[str]:
    """All that the notebook prints, line by line, and the names of its tables' rows; without numbers and folders."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    lines = [line for output in outputs if output.get("name") == "stdout" for line in output.text.splitlines()]
    tables = "\n".join(output.data["text/markdown"] for output in outputs if "text/markdown" in output.get("data", {}))
    lines += re.findall(r"^\|([^|]*)\|", tables, re.MULTILINE)
    return {re.sub(r"\d[\d.,%]*(e[+-]\d+)?", "#", re.sub(r"/\S*/", "", line)) for line in lines}


def test_the_notebook_runs(stored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """On small data, and says what is stored but for the numbers: that does not come from an older example."""
    notebook = nbformat.from_dict(stored)
    (parameters,) = (cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    names = re.compile(r"^[A-Z_, ]+(?= =)", re.MULTILINE)
    assert names.findall(parameters.source) == names.findall(SMALL), "SMALL is to set what the notebook sets"
    shown, said = images(stored), {line.replace("mnist", "digits") for line in words(stored)}
    parameters.source = SMALL
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # the stored one ran on a CPU
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(EXAMPLE)}}).execute()
    assert images(notebook) == shown
    assert words(notebook) == said, "run the notebook again, as examples/mnist/README.md says, and store it"
    printed = "".join(output.get("text", "") for cell in code_cells(notebook) for output in cell.outputs)
    assert "test accuracy on digits: " in printed
    assert "layer 'hidden1' is silent: 100% of its neurons never fire" in printed
    assert "put both on one device" in printed


def test_the_notebook_is_stored_with_what_it_shows(stored: Any) -> None:
    nbformat.validate(stored)
    cells = code_cells(stored)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    kinds = images(stored)
    assert len(kinds) >= 13 and kinds.count("image/gif") == 2
    assert "test accuracy on mnist: " in str(cells)
    assert NOTEBOOK.stat().st_size < 1_500_000
