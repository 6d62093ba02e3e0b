"""Molecules as solids: atoms from PQR files, or from PDB files with charges and radii by PDB2PQR."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from nbm.errors import FileError, InvalidArgument
from nbm.geometry.arguments import positive
from nbm.geometry.molecular_surface import SolventExcluded, UnionOfBalls
from nbm.geometry.packages import package
from nbm.geometry.pqr import Atoms, read_pqr
from nbm.geometry.shape import Shape

__all__ = ["MOLECULE_ENDINGS", "Molecule", "Surface", "molecule"]

MOLECULE_ENDINGS = (".pqr", ".pdb", ".cif")
Surface = Literal["van_der_waals", "solvent_accessible", "solvent_excluded"]
_FORCE_FIELDS = ("AMBER", "CHARMM", "PARSE", "TYL06", "PEOEPB", "SWANSON")


class Molecule(Shape):
    """The solid of a molecule; lengths in Å, charges in elementary charges.

    Args:
        atoms: Positions, charges, radii.
        surface: "van_der_waals": the union of the atoms; "solvent_accessible": of the atoms grown by the probe;
            "solvent_excluded": what the probe cannot reach.
        probe: Radius of the solvent molecule, Å.
        name: What errors call it.

    Attributes:
        atoms: As given.
        surface: As given.
        probe: As given.
    """

    def __init__(
        self, atoms: Atoms, *, surface: Surface = "solvent_excluded", probe: float = 1.4, name: str = "molecule"
    ) -> None:
        """Index the atoms; see the class."""
        if surface not in get_args(Surface):
            raise InvalidArgument(
                f"surface: got {surface!r}, expected one of {', '.join(get_args(Surface))}", "surface"
            )
        self.atoms, self.surface, self.probe = atoms, surface, positive(probe, "probe")
        solid = atoms.radii > 0  # atoms without radius lie inside of others
        centers = atoms.positions[solid]
        radii = atoms.radii[solid] + (self.probe if surface == "solvent_accessible" else 0.0)
        evaluate: Any = UnionOfBalls(centers, radii)
        if surface == "solvent_excluded":
            evaluate = SolventExcluded(centers, radii, self.probe)
        lower, upper = (centers - radii[:, None]).min(axis=0), (centers + radii[:, None]).max(axis=0)
        super().__init__(evaluate, lower, upper, name=name, notes=_notes(atoms))


def molecule(
    path: str | os.PathLike[str],
    *,
    surface: Surface = "solvent_excluded",
    probe: float = 1.4,
    force_field: str = "AMBER",
) -> Molecule:
    """Read a molecule from a PQR file, or from PDB or mmCIF with charges and radii of a force field by PDB2PQR.

    Args:
        path: The file.
        surface: As for :class:`Molecule`.
        probe: Radius of the solvent molecule, Å.
        force_field: For PDB and mmCIF: AMBER, CHARMM, PARSE, TYL06, PEOEPB or SWANSON.

    Raises:
        FileError: the file cannot be read, or a line has no certain meaning.
        InvalidArgument: an unknown surface or force field.
        BackendUnavailable: SciPy, or for PDB files PDB2PQR, is missing.
    """
    file = Path(path)
    atoms = read_pqr(file) if file.suffix.lower() == ".pqr" else _from_pdb(file, force_field)
    return Molecule(atoms, surface=surface, probe=probe, name=file.name)


def _from_pdb(file: Path, force_field: str) -> Atoms:
    if force_field.upper() not in _FORCE_FIELDS:
        message = f"force_field: got {force_field!r}, expected one of {', '.join(_FORCE_FIELDS)}"
        raise InvalidArgument(message, "force_field")
    if not file.is_file():
        raise FileError(f"{file}: cannot be read: no such file", str(file))
    pdb2pqr = package("pdb2pqr.main", f"charges for {file.name}", "pdb2pqr", extra="molecules")
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "molecule.pqr"
        options = [f"--ff={force_field.upper()}", "--whitespace", "--log-level=ERROR", str(file), str(written)]
        try:
            pdb2pqr.run_pdb2pqr(options)
        except (Exception, SystemExit) as error:  # its errors are of many types
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise FileError(f"{file}: PDB2PQR finds no charges for it: {lines[0]}", str(file)) from error
        return read_pqr(written)


def _notes(atoms: Atoms) -> list[str]:
    total = float(atoms.charges.sum())
    count = len(atoms.charges)
    notes = [f"{count} atom{'s' if count != 1 else ''}, total charge {total:+.4g} e"]
    if abs(total - round(total)) > 1e-3 * max(1.0, np.sqrt(count)):
        notes.append(f"the total charge {total:.4f} e is no whole number: is an atom missing?")
    bare = int((atoms.radii == 0).sum())
    if bare:
        notes.append(f"{bare} atoms have the radius 0")
    return notes
