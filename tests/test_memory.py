"""Memory of large outputs on the CPU, which the native engine keeps and gives to the next one of about their size."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from pages import section
from support import Target, assert_same_bits, printed, random_current

from snnkernels import lif

SHAPE = (16, 64, 1024)  # 4 MiB of float32
HUGE_PAGE = 1 << 21

linux = pytest.mark.skipif(sys.platform != "linux", reason="huge pages are asked for on Linux alone")


@pytest.fixture(autouse=True)
def native() -> None:
    Target("native", "cpu").require()


def spikes(current: torch.Tensor) -> torch.Tensor:
    return lif(current, backend="native")


def test_outputs_that_live_together_share_no_memory() -> None:
    currents = [random_current(*SHAPE) for _ in range(3)]
    outputs = [spikes(current) for current in currents]
    del outputs[1]
    outputs.insert(1, spikes(currents[1]))
    for output, current in zip(outputs, currents, strict=True):
        assert_same_bits(output, lif(current, backend="reference"))


@linux
def test_memory_of_a_large_output_is_aligned_and_used_again() -> None:
    current = random_current(*SHAPE)
    output = spikes(current)
    address = output.data_ptr()
    assert address % HUGE_PAGE == 0
    del output
    assert spikes(current).data_ptr() == address


@pytest.mark.parametrize("view", [lambda output: output[3:5].flatten(1), lambda output: output.numpy()])
def test_views_keep_their_memory(view) -> None:
    current = random_current(*SHAPE)
    kept = view(spikes(current))
    for _ in range(3):
        spikes(-current.abs())  # silent: zeros would be seen
    expected = view(lif(current, backend="reference"))
    assert_same_bits(torch.as_tensor(kept), torch.as_tensor(expected))


@linux
def test_a_large_output_can_be_made_larger_once_it_is_cloned() -> None:
    output = spikes(random_current(16, 1, 1024))  # 64 KiB
    with pytest.raises(RuntimeError, match="resiz"):
        output.resize_(17, 1, 1024)
    assert output.clone().resize_(17, 1, 1024).shape == (17, 1, 1024)
    assert spikes(random_current(15, 1, 1024)).resize_(16, 1, 1024).shape == (16, 1, 1024)


def test_threads_take_and_give_memory_together() -> None:
    currents = [random_current(*SHAPE) for _ in range(4)]
    expected = [lif(current, backend="reference") for current in currents]

    def work(which: int) -> bool:
        return all(torch.equal(spikes(currents[which]), expected[which]) for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [True] * 4


GROWTH = """
import resource, torch
from pathlib import Path
from snnkernels import empty_cache, lif
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
current = torch.ones(64, 64, 1024)  # 16 MiB
lif(current, backend="native")
before = resident()
outputs = [lif(current, backend="native") for _ in range(24)]
during = resident()
del outputs
after = resident()
empty_cache()
print(during - before, after - before, resident() - before)
"""


@linux
def test_what_is_kept_is_bounded() -> None:
    """With a limit of 256 MiB a third of 384 MiB of outputs goes back to the system; all of it when it is asked for."""
    during, after, emptied = (int(word) for word in printed(GROWTH, SNNKERNELS_KEEP_MIB="256").split())
    assert during >= 23 << 24
    assert 13 << 24 <= after <= 17 << 24
    assert emptied <= 1 << 24


EVICTION = """
import torch
from pathlib import Path
from snnkernels import lif
def spikes(mebibytes):
    return lif(torch.zeros(mebibytes, 1, 1 << 18), backend="native")
def mapped(address):
    lines = Path("/proc/self/maps").read_text().splitlines()
    ranges = (line.split()[0].split("-") for line in lines)
    return any(int(begin, 16) <= address < int(end, 16) for begin, end in ranges)
old = [spikes(8) for _ in range(3)]
addresses = [output.data_ptr() for output in old]
while old:
    del old[0]
new = spikes(16)
addresses.append(new.data_ptr())
del new
print(*map(mapped, addresses), spikes(16).data_ptr() == addresses[-1])
"""


SCARCE = """
import resource, torch
from pathlib import Path
from snnkernels import empty_cache, lif
def limit(mebibytes):
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (mebibytes << 20), resource.RLIM_INFINITY))
def attempt(**options):
    try:
        print("output", lif(current, backend="native", **options).numel())
    except Exception as error:
        print(type(error).__name__, error)
torch.set_num_threads(2)
current = torch.zeros(2, 1 << 20)
"""

OF_ANOTHER_SIZE = """
kept = [lif(current, backend="native", steps=16) for _ in range(2)]  # 128 MiB each
del kept
limit(64)
attempt(steps=32)
attempt(steps=256)
"""

OF_A_THREAD = """
current = torch.zeros(2, 1024)
attempt(steps=64, output="sum")
empty_cache()
limit(0)
attempt(steps=64, output="sum")
"""


def attempts(script: str) -> list[str]:
    return printed(SCARCE + script, SNNKERNELS_KEEP_MIB="512").splitlines()


@linux
def test_memory_that_is_kept_is_given_back_where_there_is_no_other() -> None:
    output, error = attempts(OF_ANOTHER_SIZE)
    assert output == f"output {32 << 21}"
    assert error == f"MemoryError out of memory: the native engine cannot get {256 << 23} bytes"


@linux
def test_a_thread_that_gets_no_memory_says_so() -> None:
    output, error = attempts(OF_A_THREAD)
    assert output == "output 2048"
    assert re.fullmatch(r"MemoryError out of memory: the native engine cannot get \d+ bytes", error)


KEPT = """
import torch
from snnkernels import lif
def address():
    return lif(torch.zeros(64, 64, 1024), backend="native").data_ptr()
kept = address()
other = torch.zeros(64, 64, 1024)  # what takes memory that is free
print(address() == kept)
"""


@linux
@pytest.mark.parametrize("keep", [None, " \t\n", " 64 "])
def test_an_empty_variable_is_one_that_is_not_set(keep: str | None) -> None:
    assert printed(KEPT, SNNKERNELS_KEEP_MIB=keep) == "True\n"


WRONG = """
import os, torch
from snnkernels import backends, empty_cache, lif
assert backends()[1].usable
for wrong in ("abc", "1GB", "-1", "+1", "0x10", "1e3", "1.5", "1 2", "1_000", "9" * 13, "\u0664"):
    os.environ["SNNKERNELS_KEEP_MIB"] = wrong
    for large in (lambda: lif(torch.zeros(64, 64, 1024), backend="native"), empty_cache):
        try:
            large()
        except ValueError as error:
            assert str(error) == f"SNNKERNELS_KEEP_MIB must be a whole number of mebibytes, got '{wrong}'", error
        else:
            raise AssertionError(wrong)
if os.fork() == 0:
    os._exit(0)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
os.environ["SNNKERNELS_KEEP_MIB"] = ""
lif(torch.zeros(64, 64, 1024), backend="native")
print("right")
"""


@linux
def test_a_variable_that_is_no_number_is_an_error_where_it_is_first_used() -> None:
    """Each time, until it is right, and without harm to a process that forks meanwhile."""
    assert printed(WRONG, SNNKERNELS_KEEP_MIB=None) == "right\n"


OF_TORCH = """
import torch
from snnkernels import SpikingLinear, empty_cache, lif
from torch.profiler import ProfilerActivity, profile
current = torch.zeros(64, 64, 1024, requires_grad=True)
with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
    output = lif(current, backend="native")
bytes_seen = max(event.self_cpu_memory_usage for event in seen.key_averages() if "native_forward" in event.key)
print(bytes_seen >= output.nbytes)
try:
    print(output.untyped_storage().resize_(0) is not None)
except RuntimeError as error:
    print("resiz" in str(error))
empty_cache()
layer = SpikingLinear(64, 64)
layer((torch.rand(100, 32, 64) < 0.1).float()).sum().backward()  # threads borrow memory all the same
print(bool(layer.linear.weight.grad.isfinite().all()))
"""


@linux
def test_memory_of_torchs_own_is_seen_and_can_be_resized() -> None:
    """As the page about it says: with 0 it is torch's, and with nothing set it is not."""
    text = section("docs/pytorch.md", "Memory of the CPU engine")
    assert "`SNNKERNELS_KEEP_MIB=0` in the environment switches it off" in text
    assert "shows 0 bytes for such an output" in text
    assert printed(OF_TORCH, SNNKERNELS_KEEP_MIB="0").split() == ["True", "True", "True"]
    assert printed(OF_TORCH, SNNKERNELS_KEEP_MIB=None).split() == ["False", "True", "True"]


@linux
def test_what_was_freed_first_goes_first() -> None:
    """At a limit of 36 MiB the first of three outputs of 8 MiB makes room for one of 16, the size that is in use."""
    assert printed(EVICTION, SNNKERNELS_KEEP_MIB="36").split() == ["False", "True", "True", "True", "True"]
