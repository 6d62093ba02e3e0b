"""What the Python package does on a GPU, as one JSON object a line; measure.sh runs it.

    python python_checks.py [--small] SECTION...
        machine latency gauss_newton three_starts solve expansions corrections timeline arrays table1

A section that fails prints its error, the next one runs, and the program exits with 1. --small: sizes for an emulated
GPU.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

from checks_common import median_seconds, say, torch_on_gpu
from evaluation_checks import arrays, corrections, expansions, latency
from timeline_checks import timeline
from training_checks import gauss_newton, solve, table1, three_starts


def machine() -> None:
    """What the GPU's own libraries reach: matrix products in float32 and float64, copies."""
    torch = torch_on_gpu()
    if torch is None:
        return say("machine", gpu="none that PyTorch sees")
    torch.backends.cuda.matmul.allow_tf32 = False

    def rate(call: Callable[[], Any], work: float) -> float:
        def finished() -> None:
            call()
            torch.cuda.synchronize()

        finished()
        return work / median_seconds(finished, most=5)

    n = 8192
    a, b = torch.randn(n, n, device="cuda"), torch.randn(n, n, device="cuda")
    c, d = a[: n // 2, : n // 2].double(), b[: n // 2, : n // 2].double()
    memory = torch.empty(2**30, dtype=torch.uint8, device="cuda")
    say(
        "machine",
        gpu=torch.cuda.get_device_name(0),
        multiprocessors=torch.cuda.get_device_properties(0).multi_processor_count,
        float32_product_tflops=round(rate(lambda: a @ b, 2 * n**3) / 1e12, 1),
        float64_product_tflops=round(rate(lambda: c @ d, n**3 / 4) / 1e12, 1),
        copy_tb_s=round(rate(lambda: memory[: 2**29].copy_(memory[2**29 :]), 2**30) / 1e12, 2),
    )


SECTIONS = {
    f.__name__: f
    for f in (
        machine,
        latency,
        gauss_newton,
        three_starts,
        solve,
        expansions,
        corrections,
        timeline,
        arrays,
        table1,
    )
}


def main() -> int:
    """Run the sections that are named."""
    failed = 0
    for name in sys.argv[1:]:
        if name == "--small":
            continue
        try:
            SECTIONS[name]()
        except Exception as error:  # the next section must run
            failed = 1
            say(name, error=f"{type(error).__name__}: {error}"[:500])
            traceback.print_exc()
    return failed


if __name__ == "__main__":
    sys.exit(main())
