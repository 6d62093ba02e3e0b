"""Molecules: PQR files, surfaces, and the electrostatics of one charge against formulas."""

import sys

import numpy as np
import pytest

import nbm
from nbm import geometry
from nbm.geometry.molecular_surface import SolventExcluded, UnionOfBalls

pytest.importorskip("scipy")

WILD = """\
REMARK   1 every atom of this file is meant to be read
HEADER    TEST
ATOM      1  N   ALA A   1      11.104  -6.134  -6.504  -0.3500 1.8500
ATOM\t2\tCA\tALA\t1\t11.639\t-6.071\t-5.147\t0.1000\t2.2750
ATOM      3  C   ALA          30.252-100.167  -4.119  0.5500 2.0000
HETATM12345 CL   CL  B1000-210.500 7.100 0.250 -1.0000 1.9480
atom 5 O5' DA 2 1.5e1 .5 +2. 0 1.5
TER
END
"""


def test_pqr_as_it_is_written():
    atoms = geometry.parse_pqr(WILD)
    expected = [
        [11.104, -6.134, -6.504, -0.35, 1.85],
        [11.639, -6.071, -5.147, 0.1, 2.275],
        [30.252, -100.167, -4.119, 0.55, 2.0],
        [-210.5, 7.1, 0.25, -1.0, 1.948],
        [15, 0.5, 2, 0, 1.5],
    ]
    found = np.column_stack([atoms.positions, atoms.charges, atoms.radii])
    assert found == pytest.approx(np.array(expected))
    assert atoms.names[0] == "N ALA A 1" or atoms.names[0] == "1 N ALA A 1"


def slow_solvent_excluded(centers, radii, probe, points, step):
    """p minus the distance to the outside of the accessible solid, looked for on a fine grid."""
    low, high = centers.min(0) - radii.max() - 2.5 * probe, centers.max(0) + radii.max() + 2.5 * probe
    axes = [np.arange(a, b, step) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    outside = grid[
        np.min([np.linalg.norm(grid - c, axis=1) - r - probe for c, r in zip(centers, radii, strict=True)], 0) > 0
    ]
    return np.array([probe - np.linalg.norm(outside - p, axis=1).min() for p in points])


def test_solvent_excluded_against_the_definition():
    centers = np.array([[0, 0, 0], [2.4, 0, 0], [1.2, 2.3, 0.3], [1.0, 0.9, 2.0]])
    radii = np.array([1.2, 1.5, 1.3, 1.7])
    step = 0.12
    points = np.random.default_rng(0).uniform((-1, -1, -1), (3, 3, 3), (300, 3))
    points = points[UnionOfBalls(centers, radii + 1.4)(points) < -0.3]
    slow = slow_solvent_excluded(centers, radii, 1.4, points, step)
    fast = SolventExcluded(centers, radii, 1.4, 0.1)(points)
    # The closest node of the grid is farther than the surface, by at most its diagonal.
    assert np.all(slow <= fast + 1e-3)
    assert np.all(fast <= slow + step * 3**0.5 + 1e-3)


def test_surfaces_are_nested():
    atoms = geometry.Atoms(np.array([[0.0, 0, 0], [3.2, 0, 0]]), np.array([1.0, -1]), np.array([1.5, 1.5]), ("A", "B"))
    points = np.random.default_rng(1).uniform(-4, 6, (3000, 3))
    inside = [
        geometry.Molecule(atoms, surface=name)(points) < 0
        for name in ("van_der_waals", "solvent_excluded", "solvent_accessible")
    ]
    assert not np.any(inside[0] & ~inside[1])
    assert not np.any(inside[1] & ~inside[2])
    assert (
        geometry.Molecule(atoms)([[1.6, 0, 0]])[0]
        < 0
        < geometry.Molecule(atoms, surface="van_der_waals")([[1.6, 0, 0]])[0]
    )


def test_the_level_set_of_many_atoms_is_that_of_all():
    random = np.random.default_rng(2)
    centers, radii = random.uniform(-8, 8, (200, 3)), random.uniform(0.5, 3, 200)
    points = random.uniform(-10, 10, (500, 3))
    slow = (np.linalg.norm(points[:, None] - centers, axis=2) - radii).min(axis=1)
    assert UnionOfBalls(centers, radii)(points) == pytest.approx(slow)


def ion(charge=1.0, at=(0.0, 0.0, 0.0)):
    """A charge in a ball of 2 Å around the origin, which an atom without charge there makes."""
    positions = np.array([(1e-9, 0.0, 0.0), at])
    return geometry.Molecule(
        geometry.Atoms(positions, np.array([0.0, charge]), np.array([2.0, 0.0]), ("ball", "charge")),
        surface="van_der_waals",
    )


def test_born_ion():
    model = geometry.Electrostatics(molecule=ion(), box=nbm.Box((-6,) * 3, (6,) * 3), cells=48)
    assert model.coulomb_constant / (4 * np.pi) == pytest.approx(560.5, rel=1e-3)  # e^2/(4 pi eps0 kT) at 298.15 K, Å
    born = 0.5 * model.kT * model.coulomb_constant / (4 * np.pi * 2.0) * (1 / 80 - 1 / 2)
    energy = model.solvation_energy(nbm.solve_on_grid(model.problem, 48))
    assert energy == pytest.approx(born, rel=(12 / 48 / 2) ** 2 / 8)  # the sagitta of a cell


def test_debye_length():
    model = geometry.Electrostatics(molecule=ion(), ionic_strength=0.1, outside=78.54, cells=24)
    assert 1 / model.kappa == pytest.approx(9.62, rel=2e-3)  # Å, of a 1:1 electrolyte of 0.1 mol/L at 25 degrees
    assert model.problem.plus.k == pytest.approx(78.54 * model.kappa**2)
    assert model.volt == pytest.approx(0.02569, rel=1e-3)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"molecule": ion(charge=0.0)}, "carries no charge"),
        ({"molecule": ion(at=(3.0, 0, 0))}, "outside of the surface"),
        ({"molecule": ion(), "inside": -1}, "positive"),
        ({"molecule": ion(), "ionic_strength": -0.1}, "at least 0"),
    ],
)
def test_bad_electrostatics(options, match):
    with pytest.raises(nbm.InvalidArgument, match=match):
        geometry.Electrostatics(**options)


# Alanylalanine: heavy atoms only, hydrogens and charges are for PDB2PQR to find.
PEPTIDE = """\
ATOM      1  N   ALA A   1       0.000   0.000   0.000  1.00  0.00           N
ATOM      2  CA  ALA A   1       1.458   0.000   0.000  1.00  0.00           C
ATOM      3  C   ALA A   1       2.005   1.424   0.000  1.00  0.00           C
ATOM      4  O   ALA A   1       1.470   2.298  -0.682  1.00  0.00           O
ATOM      5  CB  ALA A   1       1.990  -0.768  -1.212  1.00  0.00           C
ATOM      6  N   ALA A   2       3.068   1.644   0.766  1.00  0.00           N
ATOM      7  CA  ALA A   2       3.688   2.961   0.856  1.00  0.00           C
ATOM      8  C   ALA A   2       5.142   2.912   0.401  1.00  0.00           C
ATOM      9  O   ALA A   2       5.861   1.960   0.707  1.00  0.00           O
ATOM     10  CB  ALA A   2       3.603   3.493   2.288  1.00  0.00           C
ATOM     11  OXT ALA A   2       5.564   3.940  -0.328  1.00  0.00           O
TER
END
"""


def test_pdb_gets_hydrogens_and_charges(tmp_path):
    pytest.importorskip("pdb2pqr")
    (tmp_path / "peptide.pdb").write_text(PEPTIDE)
    molecule = geometry.molecule(tmp_path / "peptide.pdb")
    assert len(molecule.atoms.charges) == 23  # C6 H12 N2 O3, as a zwitterion
    assert molecule.atoms.charges.sum() == pytest.approx(0.0, abs=1e-9)
    given = np.array([[float(line[i : i + 8]) for i in (30, 38, 46)] for line in PEPTIDE.splitlines() if "ALA" in line])
    nearest = np.linalg.norm(given[:, None] - molecule.atoms.positions, axis=2).min(axis=1)
    assert np.count_nonzero(nearest > 1e-3) <= 1  # PDB2PQR may turn the end of the chain


def test_pdb_needs_pdb2pqr(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pdb2pqr.main", None)
    (tmp_path / "a.pdb").write_text("ATOM\n")
    with pytest.raises(nbm.BackendUnavailable, match=r"nbm\[molecules\]"):
        geometry.molecule(tmp_path / "a.pdb")
    with pytest.raises(nbm.InvalidArgument, match="force_field"):
        geometry.molecule(tmp_path / "a.pdb", force_field="NONE")
    (tmp_path / "a.pqr").write_text(WILD)
    with pytest.raises(nbm.InvalidArgument, match="surface"):
        geometry.molecule(tmp_path / "a.pqr", surface="rough")
