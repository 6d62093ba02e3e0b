import pytest

import nbm
from cli_helpers import PROBLEM, StandIn
from nbm import _core

_SKIPPED = {
    "device": (_core.cuda_device_count() == 0, "no GPU, nor one emulated (NBM_CUDA=EMULATE)"),
    "emulated": (not _core.build_info().cuda_emulated, "needs a build with NBM_CUDA=EMULATE"),
}


def pytest_collection_modifyitems(items):
    for item in items:
        for mark, (skipped, reason) in _SKIPPED.items():
            if skipped and item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def stand_in(monkeypatch):
    StandIn.made, StandIn.fail_at, StandIn.failure = [], None, None
    monkeypatch.setattr(nbm, "Trainer", StandIn)
    return StandIn


@pytest.fixture
def problem_file(tmp_path):
    file = tmp_path / "box.toml"
    file.write_text(PROBLEM)
    return file
