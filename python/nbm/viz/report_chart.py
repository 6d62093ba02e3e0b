"""Training curves as SVG in the colours of the page around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

__all__ = ["chart"]

_WIDTH, _HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 12, 40
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "1 5", "12 4")  # told apart without colours


def chart(steps: Sequence[float], series: dict[str, Sequence[float | None]], description: str) -> str:
    """Return lines over steps, logarithmic upward, with a legend; what is not positive is left out.

    Args:
        steps: Horizontal values.
        series: By name, values at the steps.
        description: For those who do not see it.
    """
    known = [v for values in series.values() for v in values if v is not None and v > 0 and math.isfinite(v)]
    if not known or len(steps) < 2:
        return "<p>Nothing was recorded.</p>"
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    high = max(high, low + 1)
    span = (steps[-1] - steps[0]) or 1

    def across(step: float) -> float:
        return _LEFT + (step - steps[0]) / span * (_WIDTH - _LEFT - _RIGHT)

    def up(value: float) -> float:
        return _TOP + (high - math.log10(value)) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_grid(low, high, up), _steps(steps, across)]
    legend = []
    for number, (name, values) in enumerate(series.items()):
        points = " ".join(
            f"{across(s):.1f},{up(v):.1f}"
            for s, v in zip(steps, values, strict=True)
            if v is not None and v > 0 and math.isfinite(v)
        )
        style = f'class="line line{number % 6}" stroke-dasharray="{_DASHES[number % 6]}"'
        parts.append(f'<polyline {style} points="{points}"/>')
        key = f'<svg width="36" height="10" aria-hidden="true"><path {style} d="M2 5H34"/></svg>'
        legend.append(f"<li>{key} {escape(name)}</li>")
    label = f'role="img" aria-label="{escape(description)}"'
    picture = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" {label}>{"".join(parts)}</svg>'
    return f'<figure class="chart">{picture}<ul class="legend">{"".join(legend)}</ul></figure>'


def _grid(low: int, high: int, up: object) -> str:
    every = max(1, math.ceil((high - low) / 6))
    lines = []
    for power in range(low, high + 1, every):
        y = up(10.0**power)  # type: ignore[operator]
        lines.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        lines.append(f'<text class="tick" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">1e{power}</text>')
    return "".join(lines)


def _steps(steps: Sequence[float], across: object) -> str:
    marks = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        step = steps[0] + share * (steps[-1] - steps[0])
        x = across(step)  # type: ignore[operator]
        anchor = "end" if share == 1.0 else "middle"
        marks.append(f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 20}" text-anchor="{anchor}">{step:.0f}</text>')
    middle = (_LEFT + _WIDTH) / 2
    return "".join(marks) + f'<text class="tick" x="{middle}" y="{_HEIGHT - 3}" text-anchor="middle">step</text>'
