"""A training of which one rank stops for a while (SIGSTOP), run by ranks.py: prints a digest of the parameters.

Usage: mpirun -n 3 python -m mpi4py stopped_rank.py SECONDS
"""

import hashlib
import os
import signal
import subprocess
import sys

from mpi4py import MPI

import nbm

comm, seconds = MPI.COMM_WORLD, float(sys.argv[1])


def stop_rank_1(record: nbm.Record) -> None:
    """Stop the second rank once, and let it go on later."""
    if comm.rank == 1 and record.step == 20 and seconds > 0:
        subprocess.Popen(["sh", "-c", f"sleep {seconds}; kill -CONT {os.getpid()}"])
        os.kill(os.getpid(), signal.SIGSTOP)


trainer = nbm.Trainer(
    nbm.problems.sphere(),
    network=nbm.Siren(hidden=(8,)),
    cells=16,
    optimizer=nbm.Adam(steps=60),
    threads=1,
    device="cpu",
    record_every=1,
    comm=comm,
    callback=stop_rank_1,
)
trainer.run()
if comm.rank == 0:
    print("digest", hashlib.sha256(trainer.parameters.tobytes()).hexdigest(), flush=True)
