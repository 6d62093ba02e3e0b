"""What is counted in the machine code of kernels: instructions of a function, by the lines of its source."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "gpu"))

import instructions

SOURCE = """namespace nbm {
// Twice: a line (or two).
NBM_HD float twice(float x) {
  return x + x;
}
template <class T>
__global__ void __launch_bounds__(128)
    kernel(T* x) {
  x[0] = twice(x[1]);
}
struct Other {};
}
"""


def listing(source):
    within = f'\t//## File "{source}", line 4 inlined at "{source}", line 9\n\t//## File "{source}", line 9\n'
    return f"""
.text._Z6kernelIfEvPT_:
\t//## File "{source}", line 9
        /*0000*/                   LDG.E.128 R4, desc[UR6][R2.64] ;
{within}        /*0010*/                   LDG.E.64 R8, desc[UR6][R2.64+0x8] ;
        /*0020*/              @!P0 FADD R0, R4, R4 ;
{within}        /*0030*/                   DADD R0, R4, R4 ;
\t//## File "{source}", line 9
        /*0040*/                   EXIT ;
"""


def test_functions_of_a_source(tmp_path):
    source = tmp_path / "kernel.cu"
    source.write_text(SOURCE)
    assert [instructions.function_at(str(source), line) for line in (1, 3, 5, 9)] == ["", "twice", "twice", "kernel"]


def test_what_is_inlined_from_a_function(tmp_path):
    source = tmp_path / "kernel.cu"
    source.write_text(SOURCE)
    text = listing(source)
    assert instructions.instructions_of(text, {"twice", "kernel"}) == {"_Z6kernelIfEvPT_": ["LDG.E.64", "FADD", "DADD"]}
    (of_twice,) = instructions.rows_of(text, {"twice"})
    assert of_twice.endswith("| 3 | 1 | 1 | 1 | 8 |")
    (of_kernel,) = instructions.rows_of(text, {"kernel"})
    assert of_kernel.endswith("| 5 | 1 | 1 | 2 | 24 |")
    assert instructions.rows_of(text, {"thrice"}) == []
