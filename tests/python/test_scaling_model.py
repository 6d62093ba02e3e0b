import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "scaling"))

from model import StepModel, message_bytes

MODEL = StepModel(fixed=20e-6, point=5e-9, latency=8e-6, bandwidth=20e9, message=message_bytes(982))


def test_one_rank_needs_no_message():
    assert MODEL.sum_time(1) == 0
    assert MODEL.strong_efficiency(1, 1000) == pytest.approx(1)
    assert MODEL.weak_efficiency(1, 1000) == pytest.approx(1)


def test_a_sum_by_hand():
    # 8 ranks: six hops, and 7/8 of the message out and in.
    assert MODEL.sum_time(8) == pytest.approx(6 * 8e-6 + 1.75 * 8 * 988 / 20e9)


@pytest.mark.parametrize("ranks", [2, 8, 64, 1024])
def test_points_for_an_efficiency_give_that_efficiency(ranks):
    assert MODEL.strong_efficiency(ranks, MODEL.points_for_strong(ranks)) == pytest.approx(0.8)
    assert MODEL.weak_efficiency(ranks, MODEL.points_for_weak(ranks)) == pytest.approx(0.8)
    assert MODEL.strong_efficiency(ranks, 2 * MODEL.points_for_strong(ranks)) > 0.8
