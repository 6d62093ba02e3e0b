"""benchmarks/gpu: what its report takes for a test that ran, and what it reads from a trace of the profiler."""

import importlib.util
import json
from pathlib import Path

import pytest

PLAN = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu"


def load(name):
    spec = importlib.util.spec_from_file_location(name, PLAN / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def check(tmp_path):
    """The exit status of the check of tests, given outcomes by name and the names that are wanted."""

    def run(outcomes, wanted):
        tests = [
            {"name": name, "result": result, **({"failures": [{}]} if failed else {})}
            for name, (result, failed) in outcomes.items()
        ]
        (tmp_path / "report").write_text(json.dumps({"testsuites": [{"name": "Suite", "testsuite": tests}]}))
        (tmp_path / "names").write_text("\n".join(f"Suite.{name}" for name in wanted))
        return load("report").check_tests(tmp_path / "report", tmp_path / "names")

    return run


RAN, FAILED, SKIPPED = ("COMPLETED", False), ("COMPLETED", True), ("SKIPPED", False)


def test_all_that_is_wanted_must_have_run(check, capsys):
    assert check({"A": RAN, "B/0": RAN}, ["A", "B/0"]) == 0
    assert check({"A": RAN}, ["A", "B/0"]) == 1
    assert "Suite.B/0: left out" in capsys.readouterr().out


@pytest.mark.parametrize(("outcome", "says"), [(FAILED, "failed"), (SKIPPED, "skipped itself")])
def test_what_failed_or_skipped_itself_is_amiss(check, capsys, outcome, says):
    assert check({"A": RAN, "B": outcome}, ["A", "B"]) == 1
    assert f"Suite.B: {says}" in capsys.readouterr().out


def test_no_tests_are_no_success(check):
    assert check({}, []) == 1


def test_kernels_of_branches_are_busy_once(tmp_path, monkeypatch):
    kernel = "void nbm::cuda::(anonymous namespace)::fused_rows_kernel<float, nbm::cuda::Shape<10, 5, 2> >(nbm::Rows)"
    events = [
        {"ph": "X", "cat": "kernel", "name": kernel, "ts": 0.0, "dur": 10.0},
        {"ph": "X", "cat": "kernel", "name": "value_rows(int)", "ts": 4.0, "dur": 10.0},
        {"ph": "X", "cat": "gpu_memset", "name": "Memset (Device)", "ts": 16.0, "dur": 4.0},
        {"ph": "X", "cat": "cpu_op", "name": "elsewhere", "ts": 0.0, "dur": 99.0},
    ]
    trace = tmp_path / "trace.json"
    trace.write_text(json.dumps({"traceEvents": events}))
    monkeypatch.syspath_prepend(PLAN)
    whole, *kernels = load("timeline_checks").timeline_of(trace, steps=2)
    assert whole == {"us_a_step": 10.0, "busy_us": 9.0, "sum_of_kernels_us": 12.0, "launches": 1.5}
    assert [row["kernel"] for row in kernels] == ["fused_rows_kernel", "value_rows", "Memset"]
    assert kernels[0] == {"kernel": "fused_rows_kernel", "times": 0.5, "us_a_step": 5.0}
