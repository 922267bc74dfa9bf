"""The MNIST example's training until 98 % of the test images are right, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT
from measure import Measurement, row_by_itself
from memory import FRESH
from networks import mnist_network

MNIST_TO_98 = "MNIST to 98 %"
NETWORK = mnist_network("cpu").shape_name

SCRIPT = ROOT / "examples" / "mnist" / "time_to_accuracy.py"


def measure_mnist(device: str, data: Path, seconds: float) -> Measurement:
    """A row whose time is that of the whole training, as time_to_accuracy.py says; or why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "result.json")
        options = ["--dataset", "mnist", "--data-dir", str(data), "--device", device, "--json", str(file)]
        try:
            done = subprocess.run(
                [sys.executable, str(SCRIPT), *options], cwd=ROOT, capture_output=True, text=True, timeout=seconds
            )
        except subprocess.TimeoutExpired:
            return Measurement(skipped=[f"{MNIST_TO_98}: stopped after {seconds:.0f} s"])
        if done.returncode:
            said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]  # as of one that was killed
            return Measurement(skipped=[f"{MNIST_TO_98}: {said[-1]}"])
        result = json.loads(file.read_text())
    place = MNIST_TO_98, NETWORK, device, "gpu" if device == "cuda" else FRESH
    return Measurement([row_by_itself(*place, result["origin"]["engine"], 1e3 * result["seconds"])])
