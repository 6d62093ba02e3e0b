"""A training of which one rank is lost: run by tests/mpi/run.sh, which checks that all ranks end.

Usage: mpirun -n 3 python -m mpi4py lost_rank.py killed | uncaught [LOCAL_STEPS]
"""

import os
import signal
import sys
import time

from mpi4py import MPI

import nbm

comm = MPI.COMM_WORLD
assert comm.size == int(os.environ["NBM_TEST_RANKS"])
x = nbm.symbols.x
problem = nbm.Problem(nbm.Box((-1, -1, -1), (1, 1, 1)), x - 0.3, plus=nbm.Medium(boundary=x))


def lose_rank_1(record: nbm.Record) -> None:
    """Kill the second rank soon."""
    if sys.argv[1] == "killed" and comm.rank == 1 and record.step >= 2:
        print(f"lost at {int(time.time())}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


local_steps = int(sys.argv[2]) if len(sys.argv) > 2 else 1
# Far more steps than the time that is given.
trainer = nbm.Trainer(
    problem,
    network=nbm.Siren(hidden=(8,)),
    optimizer=nbm.Adam(steps=10**9, local_steps=local_steps),
    threads=1,
    device="cpu",
    record_every=local_steps,
    comm=comm,
    callback=lose_rank_1,
)
trainer.step(2)
if sys.argv[1] == "uncaught" and comm.rank == 1:
    print(f"lost at {int(time.time())}", flush=True)
    raise RuntimeError("an error of the program on rank 1, between two calls")
trainer.run()
