"""The pages of the benchmarks: files of rows, bars, tables between markers, plots."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

plots = pytest.importorskip("plots", reason="needs matplotlib")  # as the pages do

import any_neuron  # noqa: E402
import bars  # noqa: E402
import compare  # noqa: E402
import features  # noqa: E402
import first_use  # noqa: E402
import measure  # noqa: E402
import mnist  # noqa: E402
import networks  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
from benchmark_rows import result_row, small_features  # noqa: E402
from contenders import COMPILED_STEPS, Contender  # noqa: E402
from measure import Entry, Refusal, Row, Work  # noqa: E402
from workloads import FORWARD, FORWARD_BACKWARD, Workload, random_inputs  # noqa: E402

from snnkernels.neurons import NEURONS  # noqa: E402


def row(**changes: Any) -> Row:
    return result_row(**{"work": FORWARD_BACKWARD, "shape": bars.LONG} | changes)


FEATURES = features.features("cpu")


def run(*rows: Row, **environment: Any) -> dict[str, Any]:
    """A run of a machine whose processor's model was not recorded, but for what is changed or added."""
    about = {"cpu": "A CPU", "threads": 2, "torch": "2.13", "commit": "0" * 40, "uncommitted_changes": False}
    about |= {"peers": dict.fromkeys(report.PEERS), "gpu": None}
    return {"environment": about | environment, "rows": [asdict(row) for row in rows], "refused": [], "skipped": []}


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
        row(
            work=features.LINEAR,
            shape=features.LINEAR_SHAPE,
            contender="nn.Linear, LIF",
            memory="fresh",
            kept_bytes=160,
            ours_kept_bytes=10,
        ),
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
        here = [c for c in contenders if not c.compiles or workload.steps <= COMPILED_STEPS]
        return [Entry(contender, lambda current: current) for contender in here]

    def measure_work(work: Work, entries: Sequence[Entry], repeats: int, memory: str) -> list[Row]:
        place = {"dtype": work.dtype, "device": work.device, "memory": memory, "fraction_of_copy": 0.5}
        return [result_row(work.name, work.shape, **place, contender=entry.contender.name) for entry in entries]

    def neuron_gate(neuron: str, workload: Workload) -> Any:
        return SimpleNamespace(workload=workload, inputs=None)

    small_features(monkeypatch)
    for module in (measure, networks):
        monkeypatch.setattr(module, "admit", admit)
    for module in (measure, networks, any_neuron):
        monkeypatch.setattr(module, "measure_work", measure_work)
    monkeypatch.setattr(any_neuron, "neuron_gate", neuron_gate)
    monkeypatch.setattr(any_neuron, "admit_one", lambda contender, gate, *_: admit([contender], gate.workload)[0])
    monkeypatch.setattr(first_use, "_seconds_of_processes", lambda neuron: (2.0, 0.1))
    monkeypatch.setattr(measure, "random_inputs", lambda workload: random_inputs(replace(workload, shape=(1, 1, 1))))
    monkeypatch.setattr(features, "kept_bytes", lambda call, device: 10**9)
    monkeypatch.setattr(compare, "features", lambda device: FEATURES)  # by their names at the usual sizes


def rows_of(arguments: bars.Run) -> list[Row]:
    """The rows that a run would measure where every library is."""
    options = compare.parse(["--device", "cpu", *arguments])
    cases = [case for name, case in compare.SUITES[options.suite](options, "cpu") if options.only in name]
    several = {"features": len(FEATURES), "neurons": len(NEURONS), "first-use": len(first_use.OWN)}
    assert len(cases) == several.get(options.suite, 1)
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


PAGE = "# Title\n\n<!-- benchmarks: speed -->\nold\n<!-- end -->\n\ntext\n<!-- benchmarks: bars -->\n<!-- end -->\n"
NAMED = {"name": "A CPU", "family": 25, "model": 17, "caches": {"L2": 1 << 20}}


def layer_of_everyone() -> list[Row]:
    rows = [row(contender=name, peak_bytes=30, ours_peak_bytes=10) for name in (*report._SHORT, "sinabs")]
    return [*rows, row(contender="native", fraction_of_copy=0.875)]


def test_tables_are_written_between_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    found = {"amd-25-17-2-cpus": [run(*layer_of_everyone(), processor=NAMED)]}
    text = report.filled(page, found)
    assert text.startswith("# Title\n\n<!-- benchmarks: speed -->\n\n") and "old" not in text
    assert f"| {bars.LONG}, float32, forward+backward | A CPU (family 25 model 17), 2 threads |" in text
    lines = [line for line in text.partition("text\n")[0].splitlines() if line.startswith("| ")][2:]
    assert lines[:3] == [
        "| speed, as a fraction of a copy's | 88% |",
        "| memory at the peak, torch loop / ours | 3.0 x |",
        "| time, torch loop / ours | 8.0 x |",
    ]
    page.write_text(text)
    assert report.filled(page, found) == text


def test_the_readme_has_no_empty_cell(tmp_path: Path) -> None:
    """Of each vendor the machine that was measured last, and what was measured on all of these."""
    whole = layer_of_everyone()
    found = {
        "amd-without-a-figure": [run(*whole, processor=NAMED, date="2026-12-01")],
        "intel-model-not-recorded": [run(*(one for one in whole if one.contender != "sinabs, loop"))],
        "amd-epyc-model-not-recorded": [run(*whole[:1])],
        "nvidia-h100": [run(row(device="cuda"), gpu={"name": "H100"})],
    }
    header, _, *lines = report.speed(found, tmp_path / "README.md").splitlines()
    assert header.endswith("| A CPU (family 25 model 17), 2 threads | A CPU (model not recorded), 2 threads |")
    assert len(lines) == len(report._SHORT) + 1 and not any("sinabs" in line or "|  |" in line for line in lines)


def test_files_are_read_the_last_measured_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    for stem, date in (("a", {}), ("b", {"date": "2026-12-01"}), ("c", {"date": "2026-12-02"})):
        (tmp_path / f"{stem}.json").write_text(json.dumps({"runs": [{"environment": date, "rows": []}]}))
    assert list(report.files()) == ["c", "b", "a"]


def test_bars_are_a_column_for_each_machine(tmp_path: Path) -> None:
    """What nobody measured has no line, what missed its bar says so."""
    fast, slow = run(row(times_ours=7.0), processor=NAMED), run(row(times_ours=2.0))
    gpu = {"device": "cuda", "memory": "gpu"}
    table = report.bars({"a": [fast], "b": [slow], "h": [run(row(**gpu), gpu={"name": "H100"})]}, tmp_path / "x.md")
    cpus, gpus = (part.splitlines() for part in table.split("\n\n"))
    assert cpus[2:] == [f"| {bars.LONG}, warm memory | torch loop / ours | 4.5 x | 6 x | 7 x | **2 x, missed** |"]
    assert len(gpus) == 3 and gpus[0].endswith("| H100 |") and "**8 x, missed**" in gpus[2]


def test_machines_that_measured_the_same_share_a_table(tmp_path: Path) -> None:
    """So no cell says that something was not measured. Numbers without a bar come last."""
    both, one = row(times_ours=7.0), [row(contender="SpikingJelly"), row(contender="Norse cell, loop")]
    found = {"a": [run(both, *one, processor=NAMED)], "b": [run(both)]}
    tables = [part.splitlines() for part in report.bars(found, tmp_path / "x.md").split("\n\n")]
    assert [len(table[0].split("|")) - 2 for table in tables] == [6, 5, 3]
    assert [table[2].split(" | ")[1] for table in tables] == [
        "torch loop / ours",
        "SpikingJelly / ours",
        "Norse cell, loop / ours",
    ]
    assert not any(cell.strip() == "" for table in tables for line in table for cell in line.split("|")[1:-1])


def test_neurons_have_a_table_for_each_machine_that_measured_them(tmp_path: Path) -> None:
    """In the order of the registry; a neuron without all of its rows has no line."""
    place = {"work": any_neuron.work_of("current_lif")}
    rows = [
        row(**place, contender="torch loop", times_ours=9.25),
        row(**place, contender="native", ms=9.5, fraction_of_copy=0.81),
        row(**place, contender=any_neuron.BESIDE, fraction_of_copy=0.9),
        row(**place, contender="snnTorch Synaptic", times_ours=15.0),
        row(work=any_neuron.work_of("adlif")),
    ]
    lif = [replace(one, work=any_neuron.work_of("lif")) for one in rows[:3]]
    found = {"amd": [run(*rows, processor=NAMED), run(*lif, processor=NAMED)], "intel": [run(row())]}
    lines = report.neurons(found, tmp_path / "x.md").splitlines()
    assert lines[0] == "A CPU (family 25 model 17), 2 threads:"
    assert lines[2].startswith("| neuron | states | ms | torch loop / ours | of copy speed | of LIF's share |")
    assert lines[4:6] == [
        "| `lif` | 1 | 9.5 | 9.2 x | 81% | 90% |",
        "| `current_lif` | 2 | 9.5 | 9.2 x | 81% | 90% |",
    ]
    assert lines[7].startswith("| neuron | of another library |")
    assert lines[9:] == ["| `current_lif` | snnTorch Synaptic | 15.0 x |"]


def test_a_machine_is_told_with_its_versions() -> None:
    """Changes of any run, and no library without a row."""
    peers = dict.fromkeys(report.PEERS, "1.0")
    runs = [run(row(contender="snnTorch"), commit=c * 40, uncommitted_changes=c == "b", peers=peers) for c in "abc"]
    runs[0]["environment"] |= {"copy_gb_per_second": 30.0, "date": "2026-11-30"}
    runs[2]["environment"] |= {"copy_gb_per_second": 41.0, "processor": NAMED, "date": "2026-12-01"}
    assert report.versions(runs) == (
        "caches 1024 KiB L2; a copy moves 30 to 41 GB/s; torch 2.13; snntorch 1.0; "
        f"commit {'a' * 10} to {'c' * 10} and changes; measured 2026-11-30 to 2026-12-01."
    )
    assert report.versions(runs[::2]).count("changes") == 0


def test_pages_have_the_sections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All of them are on one page or the other, and a stale page is found and written."""
    named = [name for page in report.PAGES for _, name, _ in report._SECTION.findall(page.read_text())]
    assert sorted(named) == sorted(report.SECTIONS)
    page, folder = tmp_path / "page.md", tmp_path / "results"
    page.write_text(PAGE)
    for name, value in (("PAGES", (page,)), ("ROOT", tmp_path), ("FOLDER", folder), ("IMAGES", tmp_path)):
        monkeypatch.setattr(report, name, value)
    results.add_run(folder / "cpu.json", run(*layer_of_everyone()))
    assert report.main(["--check"]) == 1 and page.read_text() == PAGE
    assert report.main([]) == 0 and "](benchmarks-cpu.png)" in page.read_text()
    assert report.main(["--check"]) == 0
    assert [path.stat().st_size > 5000 for path in tmp_path.glob("*.png")] == [True]


def test_measuring_what_the_readme_shows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One command: its runs go to this machine's file, and a run that fails is told by the status."""
    asked: list[Any] = []
    monkeypatch.setattr(report, "PAGES", ())
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    monkeypatch.setattr(report, "measure", lambda runs, path: asked.append((runs, path)) or 1)
    monkeypatch.setattr(Contender, "unusable_reason", lambda self, device, steps: None)
    assert report.main(["--measure"]) == 1
    assert asked == [(bars.README_RUNS, tmp_path / f"{report.machine_key()}.json")]


def test_the_readme_is_not_measured_without_the_other_libraries(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their lines would go from its table."""
    monkeypatch.setattr(Contender, "unusable_reason", lambda self, *_: "no" if self.name == "snnTorch" else None)
    with pytest.raises(SystemExit, match="2"):
        report.main(["--measure"])
    assert "snnTorch cannot be imported here: `make peers`" in capsys.readouterr().err


def test_what_the_readme_shows_is_measured_by_its_runs(native: None, nothing_is_timed: None, tmp_path: Path) -> None:
    rows = [one for arguments in bars.README_RUNS for one in rows_of(arguments)]
    rows = [replace(one, peak_bytes=30, ours_peak_bytes=10) for one in rows]
    table = report.speed({"amd": [run(*rows)]}, tmp_path / "README.md")
    assert len(table.splitlines()) == 2 + 2 + len(report._SHORT)


def test_no_plot_of_nothing() -> None:
    assert plots.layers([], "A CPU") is None and plots.layers([row(shape=bars.TINY)], "A CPU") is None


def test_results_are_those_of_the_pages() -> None:
    """`make report` was run after the last measurement."""
    assert report.main(["--check"]) == 0


def test_results_are_whole() -> None:
    """Every file in results/ can be read, and nothing in it was refused."""
    for path in results.FOLDER.glob("*.json"):
        runs = json.loads(path.read_text())["runs"]
        assert results.rows_of(runs) and not [sentence for entry in runs for sentence in entry["refused"]]
