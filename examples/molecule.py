"""A molecule in water: potential and energy of solvation, by the linear Poisson-Boltzmann equation.

The molecule is water itself, by the charges of TIP3P; with one of your own, `nbm.geometry.molecule("protein.pqr")`.
Run: python examples/molecule.py
"""

from pathlib import Path

import nbm

# Serial number, atom, residue, x, y, z (A), charge (e), radius (A).
PQR = """\
ATOM 1 O  WAT 1  0.000  0.000  0.000 -0.834 1.768
ATOM 2 H1 WAT 1  0.957  0.000  0.000  0.417 1.000
ATOM 3 H2 WAT 1 -0.240  0.927  0.000  0.417 1.000
"""


def main() -> None:
    """Solve on a grid and print the energy."""
    file = Path("water.pqr")
    file.write_text(PQR)
    molecule = nbm.geometry.molecule(file, surface="van_der_waals")
    model = nbm.geometry.Electrostatics(molecule=molecule, inside=1.0, outside=78.5, ionic_strength=0.15)
    for cells in (32, 48):
        solution = nbm.solve_on_grid(model.problem, cells)
        print(f"{cells} cells: energy of solvation {model.solvation_energy(solution):.1f} kJ/mol")


if __name__ == "__main__":
    main()
