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


def test_the_loop_over_points_is_counted_without_its_rare_paths(monkeypatch):
    # Before the loop, its head, a way without derivatives, derivatives, a rare path, a detour of lanes that are apart.
    lines = [
        ("0000", "S2R R0, SR_TID.X"),
        ("0010", "LDS R1, [R0]"),
        ("0020", "@P0 BRA 0xa0"),
        ("0030", "BRA.DIV UR4, 0xd0"),
        ("0040", "@!P1 BRA 0x80"),
        ("0050", "FFMA R2, R1, R1, R2"),
        ("0060", "FFMA R3, R1, R2, R3"),
        ("0070", "FFMA R4, R1, R3, R4"),
        ("0080", "@P2 BRA 0x10"),
        ("0090", "EXIT"),
        ("00a0", "FMUL R1, R1, R1"),
        ("00b0", "BRA 0x30"),
        ("00d0", "WARPSYNC.COLLECTIVE R1, 0x40"),
        ("00e0", "BRA 0x40"),
    ]
    listing = "\t\tFunction : kernel\n" + "".join(f"        /*{at}*/    {text} ;  /* 0x0 */\n" for at, text in lines)
    monkeypatch.syspath_prepend(PLAN)
    module = load("instructions")
    body, direct = module.loop_over_points(module.read_listing(listing)["kernel"])
    assert [instruction.address for instruction in body] == [*range(0x10, 0x90, 0x10), 0xA0, 0xB0]
    assert direct == 8
