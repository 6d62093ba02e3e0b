"""The command ``nbm picture``: pictures of a run that is done."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["picture"]


def picture(
    folder: Annotated[Path, typer.Argument(help="A run folder.", show_default=False)],
    kind: Annotated[str, typer.Option(help="field, maps, history or all.")] = "all",
    colour: Annotated[
        str | None,
        typer.Option(help="Of the interface: jump_u, curvature, jump_flux, flux_plus ...", show_default="jump_u, or u"),
    ] = None,
    axis: Annotated[
        str | None,
        typer.Option(help="Normal of the plane over which u is a height.", show_default="where u differs most"),
    ] = None,
    position: Annotated[float | None, typer.Option(help="Of that plane.", show_default="where u differs")] = None,
    surface: Annotated[Path | None, typer.Option(help="Also write the interface with its fields, a .vtp file.")] = None,
) -> None:
    """Draw FOLDER: the interface with field lines and u over a plane, maps of errors, curves of training."""
    from nbm.viz.run_pictures import KINDS, draw_pictures, read_run

    contents = read_run(folder)
    kinds = tuple(KINDS) if kind == "all" else (kind,)
    for path in draw_pictures(contents, kinds, colour=colour, axis=axis, position=position):
        typer.echo(str(path))
    if surface is not None:
        contents.solution.surface(problem=contents.problem).save(surface)
        typer.echo(str(surface))
