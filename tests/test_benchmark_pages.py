"""The pages of the benchmarks: files of rows, bars, tables between markers, plots."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

plots = pytest.importorskip("plots", reason="needs matplotlib")  # as the pages do

import bars  # noqa: E402
import compare  # noqa: E402
import features  # noqa: E402
import measure  # noqa: E402
import mnist  # noqa: E402
import networks  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
from benchmark_rows import result_row, small_features  # noqa: E402
from compilations import Compilations  # noqa: E402
from contenders import Contender  # noqa: E402
from measure import Entry, Measurement, Refusal, Row, Work  # noqa: E402
from workloads import FORWARD, FORWARD_BACKWARD, Workload, random_inputs, scaling_workloads  # noqa: E402


def row(**changes: Any) -> Row:
    return result_row(**{"work": FORWARD_BACKWARD, "shape": bars.LONG} | changes)


FEATURES = features.features("cpu")


def run(*rows: Row, **environment: Any) -> dict[str, Any]:
    result = results.report("cpu", Measurement(list(rows)), repeats=3)
    result["environment"] |= {"cpu": "A CPU", "threads": 2, "torch": "2.13", "commit": "0" * 40} | environment
    return result


def test_a_later_run_stands_for_an_earlier_one(tmp_path: Path) -> None:
    """Row by row; a run without a row left goes."""
    path = tmp_path / "results" / "cpu.json"
    results.add_run(path, run(row(times_ours=1.0), row(contender="Norse", times_ours=2.0)))
    results.add_run(path, run(row(memory="fresh", times_ours=3.0)))
    results.add_run(path, run(row(times_ours=4.0)))
    assert [[r["times_ours"] for r in entry["rows"]] for entry in results.load(path)] == [[2.0], [3.0], [4.0]]
    results.add_run(path, run(row(contender="Norse", times_ours=5.0)))
    assert [r.times_ours for r in results.rows_of(results.load(path))] == [3.0, 4.0, 5.0]


def test_a_refusal_stays_for_as_long_as_it_is_true(tmp_path: Path) -> None:
    """It takes the rows that were measured before the contender was refused, and goes when it passes."""
    path = tmp_path / "cpu.json"
    kept = row(contender="Norse"), row(shape=bars.WIDE), row(dtype="bfloat16")
    results.add_run(path, run(row(), row(memory="fresh"), row(work=FORWARD), *kept))

    def refuse(work: str | None, reason: str) -> None:
        refused = run()
        refused["refused"] = [asdict(Refusal(work, bars.LONG, "float32", "cpu", "torch loop", reason))]
        results.add_run(path, refused)

    def found() -> tuple[tuple[Row, ...], list[str]]:
        runs = results.load(path)
        return tuple(results.rows_of(runs)), [refusal["reason"] for entry in runs for refusal in entry["refused"]]

    refuse(None, "spikes differ")
    assert found() == (kept, ["spikes differ"])
    refuse(None, "gradients differ")
    assert found() == (kept, ["gradients differ"])
    results.add_run(path, run(row(work=FORWARD)))
    assert found() == ((*kept, row(work=FORWARD)), [])
    refuse(FORWARD_BACKWARD, "one piece of work")
    assert found() == ((*kept, row(work=FORWARD)), ["one piece of work"])


def verdicts(*rows: Row) -> dict[tuple[str, str], tuple[str, str]]:
    return {(work, what): (measured, verdict) for work, what, measured, _, _, verdict in bars.judged(rows)}


def test_bars_are_judged_by_their_rows() -> None:
    step = {"work": bars.EVENT_STEP, "shape": "784-1000-10,T=25,B=128", "memory": "fresh"}
    found = verdicts(
        row(times_ours=4.4),
        row(contender="SpikingJelly", times_ours=7.0),
        row(contender="SpikingJelly, compiled", times_ours=3.0),
        row(contender="snnTorch", times_ours=8.0),
        row(contender="Norse", times_ours=50.0),
        row(contender="Norse cell, loop", times_ours=13.0),
        row(work=FORWARD, contender="native", fraction_of_copy=0.756),
        row(**step, contender="neurons left out", times_ours=2.5),
        row(**step, contender="snnTorch", times_ours=1.9),
        row(contender="nn.Linear, LIF", kept_bytes=160, ours_kept_bytes=10),
    )
    layer, network = f"{bars.LONG}, warm memory", step["shape"]
    assert found[layer, "torch loop / ours"] == ("4.4 x", "missed")
    assert found[layer, "SpikingJelly / ours"] == ("7 x", "met")
    assert found[layer, "snnTorch / ours"] == ("8 x", "stretch")
    assert found[layer, "Norse, one call (Lift) / ours"] == ("50 x", "met")
    assert found[layer, "Norse cell, loop / ours"] == ("13 x", "not a bar")
    assert found[layer, "sinabs, loop / ours"] == ("", "not measured")
    assert found[layer, "forward, of copy bandwidth"] == ("76%", "met")
    assert found[layer, "backward, of copy bandwidth"] == ("", "not measured")
    assert found[network, "event step / neurons left out"] == ("0.4 x", "stretch")
    assert found[network, "snnTorch / event step"] == ("1.9 x", "missed")
    assert found[f"784-1024,{bars.LONG}", "memory kept by Linear, LIF / by SpikingLinear"] == ("16 x", "met")
    assert {verdict for _, verdict in verdicts().values()} == {"not measured"}


def test_a_gpu_has_bars_of_its_own() -> None:
    gpu = {"device": "cuda", "memory": "gpu"}
    half = gpu | {"shape": bars.PUBLIC, "dtype": "float16"}
    found = verdicts(
        row(**gpu, times_ours=70.0),
        row(**gpu, work=features.COUNT, contender="lif(x).sum(0)", times_ours=1.2, device_ms=0.17, ours_device_ms=0.1),
        row(
            **gpu | {"work": features.COUNT, "shape": bars.PUBLIC, "contender": "lif(x).sum(0)"},
            device_ms=1.9,
            ours_device_ms=1.0,
        ),
        row(**half, contender="SpikingJelly", times_ours=1.3, device_ms=1.5, ours_device_ms=1.0),
        row(**half, work=FORWARD, contender="triton", fraction_of_copy=0.9),
        row(**half, work=FORWARD, contender="native", fraction_of_copy=0.8),
        row(**gpu | {"work": mnist.MNIST_TO_98, "shape": mnist.NETWORK}, contender="triton", ms=4500.0),
    )
    assert {(what, *verdict) for (_, what), verdict in found.items()} == {
        ("SpikingJelly / ours", "1.3 x", "missed"),
        ("SpikingJelly / ours, device time", "1.5 x", "met"),
        ("forward, of copy bandwidth", "90%", "met"),
        ("backward, of copy bandwidth", "", "not measured"),
        ("torch loop / ours", "70 x", "stretch"),
        ("snnTorch / ours", "", "not measured"),
        ("full output / count, device time", "1.7 x", "met"),
        ("full output / count", "1.2 x", "not a bar"),
        ("full output / count, device time", "1.9 x", "stretch"),
        ("full output / count", "8 x", "not a bar"),
        ("MNIST to 98 %, wall time", "4.5 s", "met"),
    }


@pytest.fixture
def nothing_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everyone is here and passes the gate, and has a row of every piece of work; features are small."""

    def admit(contenders: Sequence[Contender], workload: Workload, *_: Any) -> list[Entry]:
        here = [c for c in contenders if c.most_steps is None or workload.steps <= c.most_steps]
        return [Entry(contender, lambda current: current, Compilations(), 0) for contender in here]

    def measure_work(work: Work, entries: Sequence[Entry], repeats: int, memory: str) -> list[Row]:
        place = {"dtype": work.dtype, "device": work.device, "memory": memory, "fraction_of_copy": 0.5}
        return [result_row(work.name, work.shape, **place, contender=entry.contender.name) for entry in entries]

    small_features(monkeypatch)
    for module in (measure, networks):
        monkeypatch.setattr(module, "admit", admit)
        monkeypatch.setattr(module, "measure_work", measure_work)
    monkeypatch.setattr(measure, "random_inputs", lambda workload: random_inputs(replace(workload, shape=(1, 1, 1))))
    monkeypatch.setattr(features, "kept_bytes", lambda call, device: 10**9)
    monkeypatch.setattr(compare, "features", lambda device: FEATURES)  # by their names at the usual sizes


def rows_of(arguments: bars.Run) -> list[Row]:
    """The rows that a run would measure where every library is."""
    options = compare.parse(["--device", "cpu", *arguments])
    cases = [case for name, case in compare.SUITES[options.suite](options, "cpu") if options.only in name]
    assert len(cases) == (len(FEATURES) if options.suite == "features" else 1)
    return [row for case in cases for row in case().rows]


def test_runs_measure_what_the_bars_are_judged_by(native: None, nothing_is_timed: None) -> None:
    """All of it, and none of them is there for nothing."""
    rows = {arguments: rows_of(arguments) for arguments in bars.RUNS}

    def missing(runs: Sequence[bars.Run]) -> list[str]:
        found = verdicts(*(row for arguments in runs for row in rows[arguments]))
        return [what for (_, what), (_, verdict) in found.items() if verdict == "not measured"]

    assert missing(bars.RUNS) == []
    for left_out in bars.RUNS:
        assert missing([arguments for arguments in bars.RUNS if arguments != left_out])


def test_runs_are_listed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert bars.main(["--list", "--json", str(tmp_path / "none.json")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(bars.RUNS)


PAGE = "# Title\n\n<!-- benchmarks: short -->\nold\n<!-- end -->\n\ntext\n<!-- benchmarks: scaling -->\n<!-- end -->\n"


def test_tables_are_written_between_markers(tmp_path: Path) -> None:
    rows = row(times_ours=4.44), row(memory="fresh", times_ours=5.0), row(contender="Norse", times_ours=40.0)
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    text = report.filled(page, {"cpu": [run(*rows)]})
    assert text.startswith("# Title\n\n<!-- benchmarks: short -->\n\n") and "old" not in text
    assert f"|  | {bars.LONG} |" in text and "| torch loop | 4.4 \\| 5.0 |" in text
    assert "| Norse, one call (Lift) | 40.0 \\| - |" in text and "| sinabs, loop | - |" in text
    assert "A CPU, 2 threads; torch 2.13" in text and "commit 0000000000" in text
    assert "text\n<!-- benchmarks: scaling -->\n\nNot measured.\n\n<!-- end -->" in text
    page.write_text(text)
    assert report.filled(page, {"cpu": [run(*rows)]}) == text


def test_changes_of_any_run_are_told() -> None:
    """Of one that stands between others, too."""
    runs = [run(row(), commit=letter * 40, uncommitted_changes=letter == "b") for letter in "abc"]
    assert report.machine(runs).endswith(f"commit {'a' * 10} to {'c' * 10} and changes.")
    assert report.machine(runs[::2]).endswith(f"commit {'a' * 10} to {'c' * 10}.")


def test_libraries_without_a_row_are_not_named() -> None:
    peers = dict.fromkeys(report.PEERS, "1.0")
    runs = [run(row(), row(contender="snnTorch"), peers=peers), run(row(contender="Norse cell, loop"), peers=peers)]
    assert "; snntorch 1.0; norse 1.0; commit" in report.machine(runs)


@pytest.mark.parametrize("section", report.SECTIONS)
def test_every_section_has_a_table(section: str) -> None:
    shape, (feature, *_) = scaling_workloads("cpu")[0].shape_name, FEATURES
    rows = [
        row(),
        row(shape=shape, compilations=2, compile_seconds=3.0, options="strict=True", difference="decay as v - v / 10"),
        row(contender="native", bytes_per_second=2e9, fraction_of_copy=0.5),
        row(work=bars.TRAINING_STEP, contender="neurons left out"),
        row(work=feature.work, kept_bytes=2_000_000, ours_kept_bytes=1_000_000),
        row(shape="T=4,B=64,N=65536", dtype="bfloat16"),
    ]
    lines = report.SECTIONS[section](rows).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) > 2 and len({line.replace("\\|", "").count("|") for line in table[:3]}) == 1


def test_what_differs_in_half_types_is_said_of_them_alone() -> None:
    rows = [row(dtype=dtype, contender="SpikingJelly", difference="decay") for dtype in ("float32", "bfloat16")]
    full, half = report.layers(rows).split("\n\n**")
    assert "| decay |" in full and "| decay; states of the half type |" in half


def test_sections_of_a_gpu() -> None:
    """Large layers have their bandwidth shown, float16 among them; there is the device's time, and one memory."""
    gpu = {"device": "cuda", "memory": "gpu", "device_ms": 0.25, "ours_device_ms": 0.125}
    large = gpu | {"shape": bars.PUBLIC, "dtype": "float16", "contender": "triton", "bytes_per_second": 2e12}
    rows = [row(**large), row(**gpu), row(**gpu | {"work": features.COUNT, "contender": "lif(x).sum(0)"})]
    assert f"| {bars.PUBLIC} | float16 | gpu | triton | forward+backward | 0.250 | 2000.0 |" in report.bandwidth(rows)
    assert "float16" in report.public(rows) and "float16" not in report.layers(rows)
    assert "| device ms |" in report.layers(rows) and "| 0.250 | 0.125 |" in report.saved(rows)
    assert report.short(rows).splitlines()[2:4] == ["| torch loop | 8.0 |", "| torch loop, compiled | - |"]


def test_pages_have_the_sections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All of them are on one page or the other, and a stale page is found and written."""
    named = [name for page in report.PAGES for _, name, _ in report._SECTION.findall(page.read_text())]
    assert sorted(named) == sorted(report.SECTIONS)
    page, folder = tmp_path / "page.md", tmp_path / "results"
    page.write_text(PAGE)
    for name, value in (("PAGES", (page,)), ("ROOT", tmp_path), ("FOLDER", folder), ("IMAGES", tmp_path)):
        monkeypatch.setattr(report, name, value)
    results.add_run(folder / "cpu.json", run(row()))
    assert report.main(["--check"]) == 1 and page.read_text() == PAGE
    assert report.main([]) == 0 and "](benchmarks-cpu-layers.png)" in page.read_text()
    assert report.main(["--check"]) == 0
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["benchmarks-cpu-layers.png"]


def test_plots_are_of_what_there_is(tmp_path: Path) -> None:
    scaled = [row(shape=w.shape_name, contender=name) for w in scaling_workloads("cpu") for name in ("native", "Norse")]
    drawn = plots.write_plots([row(peak_bytes=10_000_000), *scaled], tmp_path, "cpu")
    assert [path.name for path in drawn] == [f"benchmarks-cpu-{name}.png" for name in ("layers", "scaling", "memory")]
    assert all(path.stat().st_size > 5000 for path in drawn)
    assert plots.write_plots([], tmp_path, "none") == []


def test_the_plot_of_memory_is_of_one_memory() -> None:
    """Rows of fresh memory are left out, whichever comes last in the file."""
    rows = [row(peak_bytes=10_000_000), row(memory="fresh", peak_bytes=20_000_000)]
    rows.append(row(memory="fresh", contender="Norse", peak_bytes=30_000_000))
    figure = plots._memory(rows)
    assert figure is not None
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [10.0] and axes.get_xlabel().endswith("warm memory")


def test_results_are_those_of_the_pages() -> None:
    """`make report` was run after the last measurement."""
    assert report.main(["--check"]) == 0


def test_results_are_whole() -> None:
    """Every file in results/ can be read, and nothing in it was refused."""
    for path in results.FOLDER.glob("*.json"):
        runs = json.loads(path.read_text())["runs"]
        assert results.rows_of(runs) and not [sentence for entry in runs for sentence in entry["refused"]]
