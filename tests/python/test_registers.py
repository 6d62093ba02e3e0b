"""The gate on spills of CUDA kernels: ptxas' reports are read, recorded and compared."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "gpu"))

import registers

REPORT = """
ptxas info    : Compiling entry function '_ZN3nbm4cuda3addIfEEvPT_' for 'sm_80'
ptxas info    : Function properties for _ZN3nbm4cuda3addIfEEvPT_
    8 bytes stack frame, 4 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 8 bytes stack, 512 bytes smem, 400 bytes cmem[0]
ptxas info    : Compiling entry function '_ZN3nbm4cuda3addIfEEvPT_' for 'sm_90'
ptxas info    : Function properties for _ZN3nbm4cuda3addIfEEvPT_
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 38 registers, used 1 barriers, 400 bytes cmem[0]
"""


def table():
    kernels = {}
    registers.add_report("core/add.cu", REPORT, kernels)
    return kernels


def test_a_report_by_hand():
    ((key, kernel),) = table().items()
    assert key == ("core/add.cu", "add<float>")
    assert kernel.uses == {"sm_80": registers.Use(40, 16), "sm_90": registers.Use(38, 0)}
    assert (kernel.stack, kernel.shared) == (8, 512)


def test_what_is_recorded_is_read_again():
    recorded, version = registers.read_record(registers.markdown(table(), "release 13.0"))
    assert version == "release 13.0"
    assert {key: kernel.uses for key, kernel in recorded.items()} == {
        key: kernel.uses for key, kernel in table().items()
    }


def test_more_spills_than_recorded_are_found():
    assert registers.worse_spills(table(), table()) == []
    recorded = table()
    recorded["core/add.cu", "add<float>"].uses["sm_80"] = registers.Use(40, 8)
    (sentence,) = registers.worse_spills(table(), recorded)
    assert "16 bytes on sm_80; 8 are recorded" in sentence
    assert len(registers.worse_spills(table(), {})) == 1  # a new kernel may not spill; on sm_90 it does not


def test_the_record_is_of_every_target():
    recorded, _ = registers.read_record(registers.RECORD.read_text(encoding="utf-8"))
    assert registers.targets_of(recorded) == ["sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"]
    kernels = registers.ROOT / "cuda"
    assert {file for file, _ in recorded} == {file.relative_to(kernels).as_posix() for file in kernels.rglob("*.cu")}
