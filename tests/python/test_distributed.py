"""Training on many ranks: the same tests in one process and under mpirun (tests/mpi/run.sh), with the same numbers."""

import os
import sys

import numpy as np
import pytest

import nbm
from nbm.communicator import communicator_of
from physics_lines import LINES, shell
from physics_lines import trainer as trainer_of_line

pytestmark = pytest.mark.distributed


@pytest.fixture(scope="module")
def comm():
    """Return mpirun's ranks, or None in one process."""
    ranks = os.environ.get("NBM_TEST_RANKS")
    if ranks is None:
        return None
    from mpi4py import MPI

    # The mpirun of another MPI starts many worlds of one rank.
    assert int(ranks) == MPI.COMM_WORLD.size
    return MPI.COMM_WORLD


def rank_of(comm):
    return 0 if comm is None else comm.rank


def size_of(comm):
    return 1 if comm is None else comm.size


def failing(comm):
    """Return the rank that is made to fail: the second, or the only one."""
    return min(1, size_of(comm) - 1)


def sphere_problem(source=0.0):
    """Return u = x + 2 inside of a sphere and x outside, with any source added to f outside."""
    x, y, z = nbm.symbols.x, nbm.symbols.y, nbm.symbols.z
    radius = nbm.symbols.sqrt(x**2 + y**2 + z**2)
    return nbm.Problem(
        nbm.Box((-1, -1, -1), (1, 1, 1)),
        radius - 0.5,
        minus=nbm.Medium(mu=1),
        plus=nbm.Medium(mu=3, f=source, boundary=x),
        jump_u=-2,
        jump_flux=2 * x / radius,
    )


def options(optimizer, **more):
    return {
        "network": nbm.Siren(hidden=(8, 8)),
        "cell_size": 1 / 8,
        "optimizer": optimizer,
        "sampling": nbm.Sampling(regular=400, irregular=101, boundary=100, refresh=3),
        "precision": "float64",
        "record_every": 1,
        "check_every": 2,
        "threads": 1,
        "device": "cpu",
        **more,
    }


def gauss_newton(steps, starts=1):
    """Return the method with numbers of its own, so that a better default does not change what is expected."""
    return nbm.GaussNewton(steps=steps, damping=1e-3, decrease=3.0, increase=4.0, starts=starts, start_steps=2)


def losses(trainer):
    return [record.loss for record in trainer.history]


# Sums over the ranks differ from those of one rank by round-off. A solve amplifies it by up to 1 / damping, which falls
# to 1e-3 / 3^5 here: 2e-16 / 4e-6 = 5e-11 of the step; the steps pass it on, several times larger where the loss falls.
ROUND_OFF = 1e-8

# Of four steps of Gauss-Newton, on any number of ranks.
EXPECTED = [81.2105064073, 74.0003247594, 66.3571105584, 34.6718784749564]

OPTIMIZERS = [nbm.Adam(steps=12), gauss_newton(6), gauss_newton(4, starts=2)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["adam", "gauss_newton", "two_starts"])
def test_losses_are_those_of_one_rank(comm, optimizer):
    together = nbm.Trainer(sphere_problem(), comm=comm, **options(optimizer))
    alone = nbm.Trainer(sphere_problem(), **options(optimizer))
    assert together.run() == "completed"
    alone.run()
    np.testing.assert_allclose(losses(together), losses(alone), rtol=ROUND_OFF)
    assert [r.rows for r in together.history] == [r.rows for r in alone.history]
    if comm is not None:
        first = comm.bcast(together.parameters, root=0)
        np.testing.assert_array_equal(together.parameters, first)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("optimizer", [nbm.Adam(steps=4), gauss_newton(4)], ids=["adam", "gauss_newton"])
def test_every_line_of_physics_follows_one_rank_and_goes_on(comm, line, optimizer, tmp_path):
    alone = trainer_of_line(line, optimizer)
    together, again = (trainer_of_line(line, optimizer, comm=comm) for _ in range(2))
    alone.run()
    path = tmp_path / "half.safetensors"
    if comm is not None:
        path = comm.bcast(path, root=0)
    together.step(2)
    together.save_checkpoint(path)
    together.run()
    np.testing.assert_allclose(losses(together), losses(alone), rtol=ROUND_OFF)
    assert [r.rows for r in together.history] == [r.rows for r in alone.history]
    again.load_checkpoint(path)
    again.run()
    np.testing.assert_array_equal(again.parameters, together.parameters)


@pytest.mark.parametrize("optimizer", [nbm.Adam(steps=4, local_steps=2), gauss_newton(4)], ids=["adam", "gauss_newton"])
def test_networks_of_pieces_are_alike_on_all_ranks(comm, optimizer):
    together = nbm.Trainer(shell(), comm=comm, networks="pieces", **options(optimizer))
    alone = nbm.Trainer(shell(), networks="pieces", **options(optimizer))
    together.run()
    alone.run()
    if isinstance(optimizer, nbm.GaussNewton) or comm is None:  # local steps are another method
        np.testing.assert_allclose(losses(together), losses(alone), rtol=ROUND_OFF)
    if comm is not None:
        np.testing.assert_array_equal(together.parameters, comm.bcast(together.parameters, root=0))


def test_losses_are_the_expected_ones(comm):
    trainer = nbm.Trainer(sphere_problem(), comm=comm, **options(gauss_newton(4)))
    trainer.run()
    np.testing.assert_allclose(losses(trainer), EXPECTED, rtol=ROUND_OFF)


def test_rows_made_ahead_change_no_bit(comm):
    ahead, plain = (
        nbm.Trainer(sphere_problem(), comm=comm, overlap=overlap, **options(nbm.Adam(steps=6)))
        for overlap in (True, False)
    )
    ahead.run()
    plain.run()
    np.testing.assert_array_equal(ahead.parameters, plain.parameters)


def test_local_steps_end_alike_on_all_ranks(comm):
    chosen = options(nbm.Adam(steps=12, local_steps=3), record_every=4)
    trainer = nbm.Trainer(sphere_problem(), comm=comm, **chosen)
    assert trainer.run() == "completed"
    assert [record.step for record in trainer.history] == [0, 4, 8, 11]
    if comm is not None:
        np.testing.assert_array_equal(trainer.parameters, comm.bcast(trainer.parameters, root=0))
    with pytest.raises(nbm.InvalidArgument, match="local_steps"):
        nbm.Adam(local_steps=0)


def test_solve_gives_every_rank_the_solution(comm):
    solution = nbm.solve(sphere_problem(), comm=comm, **options(gauss_newton(25), network=nbm.Siren(hidden=(20,))))
    points = np.random.default_rng(3).uniform(-1, 1, (200, 3))
    inside = (points**2).sum(axis=1) < 0.25
    # 25 steps of a small network: three digits.
    np.testing.assert_allclose(solution(points), points[:, 0] + 2 * inside, atol=2e-2)
    if comm is not None:
        np.testing.assert_array_equal(solution(points), comm.bcast(solution(points), root=0))


def test_training_goes_on_with_another_number_of_ranks(comm, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    if comm is not None:
        path = comm.bcast(path, root=0)
    chosen = options(gauss_newton(6))
    whole = nbm.Trainer(sphere_problem(), **chosen)
    whole.run()
    many = nbm.Trainer(sphere_problem(), comm=comm, **chosen)
    many.step(3)
    many.save_checkpoint(path)
    alone = nbm.Trainer(sphere_problem(), **chosen)
    alone.load_checkpoint(path)
    assert alone.steps_done == 3
    alone.run()
    np.testing.assert_allclose(losses(alone), losses(whole), rtol=ROUND_OFF)


class Source:
    """The zero source, until it is told to be ``bad`` on the failing rank."""

    def __init__(self, comm, bad):
        self.comm, self.bad, self.armed = comm, bad, False

    def __call__(self, points):
        values = np.zeros(len(points))
        if self.armed and rank_of(self.comm) == failing(self.comm) and len(points):
            values[0] = self.bad()
        return values


def prefix(comm):
    return "" if comm is None or comm.size == 1 else f"rank {failing(comm)}: "


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["adam", "gauss_newton", "two_starts"])
def test_nan_on_one_rank_is_raised_on_all(comm, optimizer):
    source = Source(comm, lambda: np.nan)
    # The rows of two more steps may be there when the source breaks.
    sampling = nbm.Sampling(regular=400, irregular=101, boundary=100, refresh=1)
    trainer = nbm.Trainer(sphere_problem(source), comm=comm, **options(optimizer, sampling=sampling))
    trainer.step(2)
    source.armed = True
    with pytest.raises(nbm.InvalidField) as caught:
        trainer.run()
    assert str(caught.value).startswith(prefix(comm))
    assert caught.value.field == "plus.f"
    assert np.isnan(caught.value.value)
    source.armed = False
    assert trainer.run() == "completed"


def test_exception_in_a_field_on_one_rank_reaches_all(comm):
    def bad():
        raise ZeroDivisionError("the material has no data here")

    source = Source(comm, bad)
    trainer = nbm.Trainer(sphere_problem(source), comm=comm, **options(OPTIMIZERS[0]))
    source.armed = True
    if rank_of(comm) == failing(comm):
        with pytest.raises(ZeroDivisionError, match="no data here"):
            trainer.run()
    else:
        with pytest.raises(nbm.RankFailure, match="no data here") as caught:
            trainer.run()
        assert caught.value.rank == failing(comm)


def test_exception_in_the_callback_of_one_rank_reaches_all(comm):
    def callback(record):
        if record.step == 2 and rank_of(comm) == failing(comm):
            raise OSError("disk full")

    trainer = nbm.Trainer(sphere_problem(), comm=comm, callback=callback, **options(OPTIMIZERS[0]))
    with pytest.raises(OSError if rank_of(comm) == failing(comm) else nbm.RankFailure, match="disk full"):
        trainer.run()
    assert trainer.steps_done == 3


def test_other_parameters_on_one_rank_are_found(comm):
    if size_of(comm) == 1:
        pytest.skip("one rank agrees with itself")
    trainer = nbm.Trainer(sphere_problem(), comm=comm, **options(OPTIMIZERS[0]))
    parameters = trainer.parameters
    if comm.rank == failing(comm):
        parameters[0] *= 1 + 1e-15
    trainer.parameters = parameters
    with pytest.raises(nbm.RanksDiverged) as caught:
        trainer.run()
    assert (caught.value.rank, caught.value.step) == (failing(comm), 0)


def test_a_communicator_is_expected():
    with pytest.raises(nbm.InvalidArgument) as caught:
        nbm.solve(sphere_problem(), comm=4)
    assert caught.value.name == "comm"


def test_without_mpi_says_how_to_get_it(monkeypatch):
    class Communicator:
        def py2f(self):
            raise AssertionError("not asked")

    monkeypatch.setitem(sys.modules, "nbm._mpi", None)
    with pytest.raises(nbm.BackendUnavailable, match="NBM_MPI") as caught:
        communicator_of(Communicator())
    assert caught.value.backend == "mpi"
