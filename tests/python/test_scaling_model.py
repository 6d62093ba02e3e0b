import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "scaling"))

import published
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


@pytest.mark.parametrize("make", [published.work_lost, published.messages_lost])
@pytest.mark.parametrize("efficiency", published.TWO_GPU_EFFICIENCY)
def test_models_of_published_times_give_what_they_are_made_of(make, efficiency):
    for edge, seconds in published.EPOCH_SECONDS.items():
        step = published.step_seconds(edge)
        model = make(step, efficiency)
        assert model.step_time(1, published.BATCH) * edge**3 / published.BATCH == pytest.approx(seconds)
        assert model.strong_efficiency(2, published.BATCH) == pytest.approx(efficiency)


def test_the_measured_message_is_the_sum_of_two_ranks():
    model = published.on_network(0, 1e-6)
    assert model.sum_time(2) == pytest.approx(published.NETWORK_SUM)
