"""What the model says of GPUs, from published figures alone; printed, and appended to results/scaling.md by run.py.

Compute: Table 2 of the paper of the method (seconds an epoch of N^3 points on A100 GPUs, batches of 16 384, and the
efficiency of two GPUs). Messages: all-reduces of 8 kB that others have measured (below). No figure of nbm on a GPU
goes in, because none has been measured on more than one.
"""

from __future__ import annotations

import argparse

from model import StepModel, message_bytes

BATCH = 16384
EPOCH_SECONDS = {64: 0.908, 128: 6.96, 256: 55.3, 512: 438.0}  # one A100
TWO_GPU_EFFICIENCY = (0.58, 0.69)  # lowest, highest

# One all-reduce of 8 kB, in seconds. Two H100 in one node, about 6 us at all sizes from 128 bytes to 64 kB: NVIDIA/nccl
# issue 1259. Two nodes on 200 Gb/s, 8192 bytes, 30.3 us in place: NVIDIA/dgx-spark-playbooks pull request 103.
NODE_SUM = 6e-6
NETWORK_SUM = 30.3e-6
# The same report: 64 kB in 64.7 us, so 57 344 bytes more take 34.4 us; two ranks move the message once each way.
NETWORK_BANDWIDTH = (65536 - 8192) / (64.7e-6 - 30.3e-6)
MESSAGE = message_bytes(1002)  # networks of 1 x 100
RANKS = (2, 4, 8, 64, 256, 1024)


def step_seconds(edge: int) -> float:
    """Return the published time of one batch on one GPU."""
    return EPOCH_SECONDS[edge] * BATCH / edge**3


def work_lost(step: float, efficiency: float) -> StepModel:
    """Return the model in which two GPUs lose to work that is not shared: the same on any number of ranks."""
    fixed = step * (1 / efficiency - 1)
    return StepModel(fixed=fixed, point=(step - fixed) / BATCH, latency=0, bandwidth=float("inf"), message=MESSAGE)


def messages_lost(step: float, efficiency: float) -> StepModel:
    """Return the model in which they lose to the sum, which grows with the logarithm of the number of ranks."""
    per_hop = step * (1 / (2 * efficiency) - 1 / 2) / 2
    return StepModel(fixed=0, point=step / BATCH, latency=per_hop, bandwidth=float("inf"), message=MESSAGE)


def on_network(fixed: float, point: float) -> StepModel:
    """Return a model with the message between nodes as it was measured, which is slower than inside of a node."""
    latency = (NETWORK_SUM - MESSAGE / NETWORK_BANDWIDTH) / 2
    return StepModel(fixed=fixed, point=point, latency=latency, bandwidth=NETWORK_BANDWIDTH, message=MESSAGE)


def epochs_table() -> str:
    """Return Table 2: published on one GPU, and from there to 8 with each explanation of the efficiency of two."""
    lines = [
        "| N | step, 1 GPU, ms | s an epoch on 1 GPU (published) | 2 (from the efficiency) | 4 | 8 |",
        "|---|---|---|---|---|---|",
    ]
    for edge, seconds in EPOCH_SECONDS.items():
        step = step_seconds(edge)
        models = [make(step, e) for make in (work_lost, messages_lost) for e in TWO_GPU_EFFICIENCY]
        cells = []
        for ranks in (2, 4, 8):
            times = [seconds * model.step_time(ranks, BATCH) / step for model in models]
            cells.append(f"{min(times):.3g}-{max(times):.3g}")
        lines.append(f"| {edge} | {1e3 * step:.1f} | {seconds:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def batches_table(point: float) -> str:
    """Return the batch from which the strong efficiency is 80 %; point: measured seconds a point of nbm on one core."""
    step = step_seconds(512)
    models = [
        ("paper's code, all loss unshared work", [work_lost(step, e) for e in TWO_GPU_EFFICIENCY]),
        ("paper's code, all loss messages", [messages_lost(step, e) for e in TWO_GPU_EFFICIENCY]),
        ("paper's points, measured message", [on_network(0, step / BATCH)]),
        ("nbm, a core a rank, measured message", [on_network(0, point)]),
    ]
    lines = ["| ranks | " + " | ".join(name for name, _ in models) + " |", "|---" * (len(models) + 1) + "|"]
    for ranks in RANKS:
        row = [str(ranks)]
        for _, bracket in models:
            least = sorted({f"{model.points_for_strong(ranks):.2g}": model for model in bracket}, key=float)
            row.append(" - ".join(least))
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


def published_tables(point: float) -> str:
    """Return what results/scaling.md says of GPUs; point: measured seconds a point of nbm on one core."""
    return (
        "## GPUs, from published figures\n\n"
        "Seconds an epoch in the paper's Table 2 (A100, batches of 16 384 shared by the GPUs): 1 GPU as published; 2\n"
        "from the published efficiency of 0.58 to 0.69; 4 and 8 by the model, between the case that all of that loss\n"
        "is work which the GPUs do not share and the case that all of it is messages:\n\n"
        + epochs_table()
        + "\nA step of 54 ms for"
        " 16 384 points is 3.3 us a point; a message of 8 kB takes 6 us in a node and 30 us between nodes as others\n"
        "measured them (published.py has the sources). So the loss of two GPUs was not the network's.\n\n"
        "Points of a step, over all ranks, from which the strong efficiency is above 80 %:\n\n" + batches_table(point)
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--point-ns", type=float, required=True, help="of nbm on one core, as run.py measures it")
    print(published_tables(parser.parse_args().point_ns * 1e-9))
