"""The part of continuous integration that can fail without a word: what it runs side by side."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

LANES = Path(__file__).parents[1] / ".ci" / "lanes"

pytestmark = [
    pytest.mark.skipif(not LANES.exists(), reason="the tests are not in a checkout"),
    pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash"),
]

SCRIPT = """
set -euo pipefail
source "$1"
work=$2
trap stop_lanes EXIT
quick() {{ step "first step"; echo "told by quick"; {quick}; echo "quick ends"; }}
slow() {{ step "only step"; {slow}; echo "slow ends"; }}
run_lanes quick slow
step "afterwards"
"""


def run(folder: Path, quick: str, slow: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-c", SCRIPT.format(quick=quick, slow=slow), "bash", str(LANES), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_lanes_run_side_by_side_and_their_output_comes_in_one_piece(tmp_path: Path) -> None:
    wait_for_the_other = f"until [ -e {tmp_path}/there ]; do sleep 0.01; done"
    done = run(tmp_path, wait_for_the_other, f"touch {tmp_path}/there; sleep 0.1")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.startswith("quick == first step (") for line in lines) == 1  # at once
    at = [
        lines.index(line)
        for line in ("===== lane quick", "told by quick", "quick ends", "===== lane slow", "slow ends")
    ]
    assert at == sorted(at)
    assert "== afterwards (" in lines[-1]


@pytest.mark.parametrize(
    "failing", ["false", "false | cat", "kill -9 $BASHPID", "unknown-command", "echo $unset_variable"]
)
def test_a_failing_lane_stops_the_other_and_the_run_and_shows_its_log(tmp_path: Path, failing: str) -> None:
    done = run(tmp_path, failing, f"sleep 100 | cat; touch {tmp_path}/ran")
    assert done.returncode == 1
    assert "told by quick" in done.stdout and "===== FAILED" in done.stdout
    assert "quick ends" not in done.stdout and "afterwards" not in done.stdout
    assert not (tmp_path / "ran").exists()
