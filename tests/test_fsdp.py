"""FSDP2 takes layers as they are, learned numbers too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch
from support import skip_or_fail

from snnkernels import LIF

WORKER = Path(__file__).with_name("fsdp_worker.py")


def test_two_processes_train_as_one_does(tmp_path: Path) -> None:
    """Also a network that is made on the meta device, sharded, and only then given memory."""
    if not torch.distributed.is_gloo_available():
        skip_or_fail("gloo", "torch was built without gloo")
    command = [sys.executable, "-W", "error", "-W", "ignore::UserWarning", str(WORKER)]  # torch's, of CPUs and views
    workers = [
        subprocess.Popen([*command, str(rank), str(tmp_path / "store")], stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    errors = [worker.communicate(timeout=120)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], "\n".join(errors)


def test_a_learned_number_has_a_dimension() -> None:
    """Without one FSDP refuses it."""
    layer = LIF(learn_beta=True, learn_threshold=True)
    assert [parameter.shape for parameter in layer.parameters()] == [(1,), (1,)]
