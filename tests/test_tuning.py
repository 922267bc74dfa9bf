"""The table of what was measured on GPUs: what it chooses, where it does not speak, what torch.compile makes of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from support import Target
from torch import Tensor
from torch._dynamo.testing import CompileCounter

from snnkernels import dispatch, lif, tuning
from snnkernels.engines.triton_tiling import VARIATIONS, Tiling, tile
from snnkernels.inputs import call as checks
from snnkernels.tuning import Sizes

GPU = torch.device("cuda", 0)
NAMES = {"cpu": ("cpu", None), "cuda": ("NVIDIA H200", "9.0")}


def row(**changes: Any) -> dict[str, Any]:
    """Of small float32 layers: CUDA is slower, half as wide tilings are faster."""
    measured = {
        "item_bytes": 4,
        "neurons": 1024,
        "steps": 8,
        "engines": {"native": 0.2, "triton": 0.1},
        "forward": {"full": 0.2, "half": 0.1},
        "backward": {"full": 0.2, "half": 0.197, "single": 0.195},
    }
    return measured | changes


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Fills the table with rows of a GPU, by default the one that is here in the place of a GPU, a CPU."""

    def fill(*rows: dict[str, Any], name: str = "cpu", compute_capability: str | None = None) -> None:
        monkeypatch.setattr(tuning, "TABLE", {name: {"compute_capability": compute_capability, "rows": rows}})
        forget()

    def forget() -> None:
        tuning._rows.cache_clear()
        tuning._choice.cache_clear()

    monkeypatch.setattr(tuning, "_identity", lambda device: NAMES[device.type])
    yield fill
    forget()


def test_the_table_is_of_what_there_is() -> None:
    """Names of engines and tilings, classes, no two rows of one class, times that are times."""
    for gpu in tuning.TABLE.values():
        classes = [(row["item_bytes"], row["neurons"], row["steps"]) for row in gpu["rows"]]
        assert len(set(classes)) == len(classes) > 0
        assert set(classes) <= set(itertools.product(tuning.ITEM_BYTES, tuning.NEURONS, tuning.STEPS))
        for measured in gpu["rows"]:
            assert measured["engines"].keys() <= {"triton", "native"}
            for direction in ("forward", "backward"):
                assert {"full"} <= measured[direction].keys() <= VARIATIONS.keys()
            times = [measured[kind].values() for kind in ("engines", "forward", "backward")]
            assert all(time > 0 for time in itertools.chain(*times))


def test_classes() -> None:
    def represented(neurons: int, steps: int) -> tuple[int, int]:
        return Sizes(GPU, 4, neurons, steps).representative()[2:]

    neurons = (0, 2048, 2049, 128 * 1000, 64 * 65536, 2**40)
    assert [represented(n, 1)[0] for n in neurons] == [1024, 1024, 4096, 65536, 2**22, 2**22]
    assert [represented(1, steps)[1] for steps in (1, 16, 17, 1000)] == [8, 8, 64, 64]


def test_fastest_but_for_noise(use: Callable[..., None]) -> None:
    use(row(), name="NVIDIA H200")
    assert tuning.choice(Sizes(GPU, 4, 2000, 4)) == tuning.Choice("triton", "half", "full")
    assert tuning.engine(Sizes(GPU, 4, 2000, 4)) == "triton"


def test_where_the_usual_tiling_was_the_same_as_full_it_is_taken(use: Callable[..., None]) -> None:
    """It need not be the same for all of the class: 128 x 1024 neurons have several a thread, 65,536 have one."""
    use(row(neurons=65536, forward={"full": 0.1, "one_warp": 0.2}), name="NVIDIA H200")
    assert tuning.choice(Sizes(GPU, 4, 128 * 1024, 4)) == tuning.Choice("triton", "half", "full")
    use(row(neurons=65536, forward={"full": 0.2, "one_warp": 0.1}), name="NVIDIA H200")
    assert tuning.choice(Sizes(GPU, 4, 128 * 1024, 4)).forward == "one_warp"


@pytest.mark.parametrize("sizes", [(2, 2000, 4), (8, 2000, 4), (4, 3000, 4), (4, 2000, 25)])
def test_other_classes_are_not_measured(sizes: tuple[int, int, int], use: Callable[..., None]) -> None:
    use(row(), name="NVIDIA H200")
    tiling = "full" if sizes[0] == 8 else "half"
    assert tuning.choice(Sizes(GPU, *sizes)) == tuning.Choice(None, tiling, tiling)
    assert tuning.engine(Sizes(GPU, *sizes)) is None


def test_a_gpu_has_the_rows_of_its_name_or_of_its_architecture(use: Callable[..., None]) -> None:
    use(row(), name="NVIDIA H100", compute_capability="9.0")
    assert tuning.engine(Sizes(GPU, 4, 2000, 4)) == "triton"
    use(row(), name="NVIDIA B200", compute_capability="10.0")
    assert tuning.engine(Sizes(GPU, 4, 2000, 4)) is None


@pytest.mark.parametrize(
    ("shape", "options", "fastest"),
    [
        ((4, 2, 1000), {}, "triton"),
        ((2, 4, 1000), {"time_dim": 1}, "triton"),
        ((2, 1000), {"steps": 4}, "triton"),
        ((4, 0), {}, "triton"),
        ((4, 3, 1000), {}, "native"),
        ((2, 1000), {"steps": 25}, "native"),
    ],
)
def test_auto_takes_what_was_measured(
    shape: tuple[int, ...],
    options: dict[str, int],
    fastest: str,
    use: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By the sizes of a call; the order of engines where nothing was measured, or where that cannot run."""
    asked = []
    monkeypatch.setattr(dispatch, "_requests", [["auto"]])
    monkeypatch.setattr(dispatch, "choose", lambda device, sizes, neuron: asked.append(sizes) or "reference")
    checks._known_plan.cache_clear()
    lif(torch.zeros(shape), **options)
    checks._known_plan.cache_clear()
    monkeypatch.undo()
    use(row())
    broken: dict[str, str] = {}
    monkeypatch.setattr(dispatch.engines, "unusable_reason", lambda engine, device, neuron: broken.get(engine))
    assert dispatch.choose("cuda", asked[0]) == fastest
    assert dispatch.choose("cuda") == "native"
    broken["triton"] = "not installed"
    assert dispatch.choose("cuda", asked[0]) == "native"


def test_a_cpu_looks_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "_is_measured", None)
    assert dispatch.choose("cpu", Sizes(torch.device("cpu"), 4, 1000, 4)) in ("native", "reference")


def test_triton_is_cut_as_measured(use: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward and backward, each by its own times, in either layout."""
    target = Target("triton", "cpu")
    target.require()
    from snnkernels.engines import triton_plan

    taken = []

    def spy(*sizes: Any) -> Tiling:
        taken.append(sizes[-1])
        return tile(*sizes)

    monkeypatch.setattr(triton_plan, "tile", spy)
    for launcher in ("_forward_launcher", "_backward_launcher"):  # which have kept nothing, and keep nothing
        monkeypatch.setattr(triton_plan, launcher, getattr(triton_plan, launcher).__wrapped__)
    use(row(forward={"full": 0.2, "quarter": 0.1}, backward={"full": 0.2, "single": 0.1}))
    for shape, time_dim in (((4, 2, 40), 0), ((2, 4, 40), 1)):
        current = torch.randn(shape, requires_grad=True)
        lif(current, time_dim=time_dim, backend="triton").sum().backward()
    lif(torch.randn(4, 60, 40), backend="triton")
    lif(torch.randn(4, 60, 40).double(), backend="triton")
    assert taken == ["quarter", "single", "quarter", "single", "half", "full"]


def test_torch_compile_compiles_anew_for_another_class_alone(use: Callable[..., None]) -> None:
    """And for none at all on a GPU that was not measured."""

    def chosen(x: Tensor) -> Tensor:
        engine = tuning.engine(Sizes(x.device, x.dtype.itemsize, x.numel() // x.shape[0], x.shape[0]))
        return x + {"native": 1, "triton": 2, None: 3}[engine]

    def run(*shapes: tuple[int, int]) -> tuple[list[float], int]:
        torch.compiler.reset()
        counter = CompileCounter()
        compiled = torch.compile(chosen, fullgraph=True, backend=counter, dynamic=True)
        return [compiled(torch.zeros(shape))[0, 0].item() for shape in shapes], counter.frame_count

    shapes = [(4, 100), (5, 100), (8, 200), (4, 3000), (8, 5000)]
    use(row(engines={"native": 0.1}), row(neurons=4096, engines={"triton": 0.1}))
    assert run(*shapes) == ([1, 1, 1, 2, 2], 2)
    use()
    assert run(*shapes) == ([3] * 5, 1)


@pytest.mark.gpu
@pytest.mark.parametrize(("fastest", "inner"), [("triton", 1000), ("native", 1001)])  # a size has its plan for good
def test_a_choice_is_part_of_a_cuda_graph(fastest: str, inner: int, use: Callable[..., None]) -> None:
    for engine in ("triton", "native"):
        Target(engine, "cuda").require()
    use(row(engines={fastest: 0.1}), name=NAMES["cuda"][0])
    current = torch.randn(8, 2, inner, device="cuda")
    assert dispatch.choose("cuda", Sizes(current.device, 4, 2 * inner, 8)) == fastest
    lif(current)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        spikes = lif(current)
    graph.replay()
    assert torch.equal(spikes, lif(current, backend="reference"))


def test_few_kernels_are_compiled() -> None:
    """Whatever the sizes, a dtype has a dozen tilings: 1 to 8 neurons a thread, 1 or 4 warps."""
    sizes = [*range(1, 2000, 7), *(2**power + odd for power in range(11, 24) for odd in (0, 1, 2, 4, 8, 16))]
    for item_bytes in (2, 4, 8):
        tilings = {
            tile(outer, inner, (0, inner), item_bytes, 1, 8, 132, name)
            for inner, outer, name in itertools.product(sizes, (1, 16), VARIATIONS)
        }
        assert len(tilings) <= 10
        assert {tiling.group for tiling in tilings} <= {1, 2, 4, 8}


def test_tilings_that_are_forced() -> None:
    assert tuning.forced() is None
    with tuning.use_tilings("half", "single"):
        with tuning.use_tilings("full", "half"):
            assert tuning.forced() == tuning.Choice(None, "full", "half")
        assert tuning.forced() == tuning.Choice(None, "half", "single")
    assert tuning.forced() is None
