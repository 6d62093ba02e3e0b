"""The command ``nbm geometry``: what a file holds, before anything is solved on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nbm.errors import BackendUnavailable

__all__ = ["geometry_app"]

geometry_app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Solids in files: meshes, images, molecules."
)


@geometry_app.callback()
def _group() -> None:
    """Solids in files: meshes, images, molecules."""


@geometry_app.command()
def inspect(
    file: Annotated[Path, typer.Argument(help="A mesh, image or molecule.", show_default=False)],
    scale: Annotated[float | None, typer.Option(help="Of a mesh: box units in a unit of the file.")] = None,
    threshold: Annotated[float | None, typer.Option(help="Of a grey image: the surface.")] = None,
    label: Annotated[int | None, typer.Option(help="Of a label image: the inside.")] = None,
    spacing: Annotated[tuple[float, float, float] | None, typer.Option(help="Of an image: voxel edges.")] = None,
    surface: Annotated[str | None, typer.Option(help="Of a molecule, such as solvent_excluded.")] = None,
    cells: Annotated[int, typer.Option(min=8, help="Of the grid on which it is measured.")] = 96,
    picture: Annotated[Path | None, typer.Option(help="Where to.", show_default="<name of FILE>.png")] = None,
) -> None:
    """Say what FILE holds: bounds, volume, area, pieces, thinnest wall; which box and cells suit it; draw it."""
    from nbm import geometry
    from nbm.viz.solids import plot_shape

    given = {"scale": scale, "threshold": threshold, "label": label, "spacing": spacing, "surface": surface}
    shape = geometry.read(file, **{name: value for name, value in given.items() if value is not None})
    box = shape.box() if isinstance(shape, geometry.Image) else None
    for line in _lines(shape, geometry.measure(shape, cells, box)):
        typer.echo(line)
    target = picture if picture is not None else Path(f"{file.name.split('.')[0]}.png")
    try:
        plot_shape(shape, target, cells=cells)
        typer.echo(f"picture     {target}")
    except BackendUnavailable as error:
        typer.echo(f"no picture: {error}")


def _lines(shape: Any, measures: Any) -> list[str]:
    def numbers(values: Any) -> str:
        return ", ".join(f"{value:.5g}" for value in values)

    unit = (
        "Å" if hasattr(shape, "atoms") else "units of the file, scaled" if hasattr(shape, "faces") else "of the image"
    )
    wall = measures.thinnest_wall
    lines = [f"{shape.name} ({unit})"]
    lines += [f"  note      {note}" for note in shape.notes]
    lines += [
        f"bounds      ({numbers(measures.lower)}) to ({numbers(measures.upper)})",
        f"volume      {measures.volume:.5g}",
        f"area        {measures.area:.5g}",
        f"pieces      {measures.pieces}, cavities {measures.cavities}",
        f"thinnest    wall {wall:.3g} ({wall / measures.spacing:.1f} cells of {measures.spacing:.3g}), "
        f"gap {measures.thinnest_gap:.3g}",
        f"box         lower = [{numbers(measures.box.lower)}], upper = [{numbers(measures.box.upper)}]",
        f"cells       {measures.cells} along the longest edge: a third of the thinnest wall or gap",
    ]
    if wall < 2 * measures.spacing or measures.thinnest_gap < 2 * measures.spacing:
        lines.append("  note      walls or gaps are thinner than two cells of this grid: look again with more --cells")
    return lines
