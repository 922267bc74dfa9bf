"""The neurons of public code bases, beside plain torch loops of their equations, and how many that covers."""

from __future__ import annotations

import pytest
from code_bases import COMPLETE, LEFT_OUT, PARTS
from equations import Case, assert_equal, run_loop, run_neuron

CASES = {case.name: case for cases in (*COMPLETE.values(), *PARTS.values()) for case in cases}


@pytest.mark.parametrize("case", CASES.values(), ids=str)
def test_a_code_base_computes_the_same_here(case: Case) -> None:
    assert_equal(case, run_neuron(case, "reference"), run_loop(case))


def test_how_many_code_bases_run(capsys: pytest.CaptureFixture[str]) -> None:
    total = len(COMPLETE) + len(PARTS) + len(LEFT_OUT)
    with capsys.disabled():
        print(
            f"\n{len(COMPLETE)} of {total} public code bases are expressed in full, "
            f"{len(PARTS)} more but for their recurrent weights; not: {', '.join(LEFT_OUT)}"
        )
    assert (len(COMPLETE), total) == (35, 49)
