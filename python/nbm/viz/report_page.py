"""The page around the parts of a report: one file, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["badge", "page", "table"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --panel: #f4f6f8; --rule: #d4dae0;
  --accent: #0b57a8; --good: #176a35; --bad: #a3261b;
  --c0: #1b1f24; --c1: #0b57a8; --c2: #b4500a; --c3: #176a35; --c4: #8a2f8f; --c5: #6b6200; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf0; --soft: #a3adb8; --paper: #14171b; --panel: #1e2329;
  --rule: #363d45; --accent: #7db8f5; --good: #6fce8f; --bad: #ff9389;
  --c0: #e7ebf0; --c1: #7db8f5; --c2: #f2a365; --c3: #6fce8f; --c4: #dc9be0; --c5: #d9cf62; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
main, header, footer, nav { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .7rem; padding-bottom: .3rem; border-bottom: 1px solid var(--rule); }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .4rem .8rem; }
.soft { color: var(--soft); }
.badge { display: inline-block; margin: .3rem 0 .2rem; padding: .3rem .8rem; border-radius: .5rem; border: 1px solid;
  font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--bad); }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; padding: 0; margin: 1.2rem 0 0; list-style: none; }
nav a { display: inline-block; padding: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--rule); }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 500; white-space: nowrap; }
td.number { text-align: right; white-space: nowrap; } th.number { text-align: right; }
pre { background: var(--panel); padding: .9rem 1rem; border-radius: .5rem; overflow-x: auto; font-size: .87rem;
  line-height: 1.5; margin: .6rem 0; }
.equations { padding: .8rem 1rem; background: var(--panel); border-radius: .5rem; overflow-x: auto; }
.equations div { white-space: nowrap; font-family: Cambria, "DejaVu Serif", serif; }
figure { margin: 1rem 0; }
figure img { display: block; width: 100%; height: auto; border-radius: .5rem; background: #fff;
  border: 1px solid var(--rule); }
figcaption { color: var(--soft); font-size: .92rem; margin-top: .4rem; }
.chart svg { width: 100%; height: auto; }
.chart .legend svg { width: 36px; }
.line { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.line0 { stroke: var(--c0); } .line1 { stroke: var(--c1); } .line2 { stroke: var(--c2); }
.line3 { stroke: var(--c3); } .line4 { stroke: var(--c4); } .line5 { stroke: var(--c5); }
.grid { stroke: var(--rule); } .tick { fill: var(--soft); font-size: 13px; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; padding: 0; margin: .4rem 0 0;
  font-size: .92rem; }
details { margin: .6rem 0; } summary { cursor: pointer; padding: .25rem 0; color: var(--accent); }
footer { color: var(--soft); font-size: .9rem; margin-top: 3rem; padding-bottom: 3rem; }
@media (max-width: 40rem) { body { font-size: 15px; } h1 { font-size: 1.4rem; } header { padding-top: 1.2rem; }
  tbody th, .equations div { white-space: normal; } pre { font-size: .7rem; padding: .7rem .6rem; }
  .chart .tick { font-size: 22px; }
  table.facts, table.facts tbody, table.facts tr, table.facts th, table.facts td { display: block; }
  table.facts thead { display: none; } table.facts tr { padding: .5rem 0; border-bottom: 1px solid var(--rule); }
  table.facts th, table.facts td { border: 0; padding: 0; } table.facts td.why { color: var(--soft); } }
@media print { nav, .skip { display: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
"""


def page(title: str, head: str, sections: Sequence[tuple[str, str]], foot: str) -> str:
    """Return the page.

    Args:
        title: Text.
        head: HTML below the title.
        sections: Heading (text) and HTML of each; the first word of a heading names it in links.
        foot: Text.
    """
    names = [heading.split()[0].lower().strip(",") for heading, _ in sections]
    links = "".join(f'<li><a href="#{n}">{escape(h)}</a></li>' for n, (h, _) in zip(names, sections, strict=True))
    body = "".join(
        f'<section aria-labelledby="{n}"><h2 id="{n}">{escape(h)}</h2>{content}</section>'
        for n, (h, content) in zip(names, sections, strict=True)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        '<a class="skip" href="#main">To the content</a>'
        f'<header><h1>{escape(title)}</h1>{head}</header><nav aria-label="Sections"><ul>{links}</ul></nav>'
        f'<main id="main">{body}</main><footer>{escape(foot)}</footer></body></html>\n'
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Return a table of text, the first cell of each row its name; columns whose cells are all numbers are aligned.

    Tables of three text columns become lists on a narrow screen.
    """
    cells = [list(row) for row in rows]
    numeric = [all(_is_number(row[i]) for row in cells) for i in range(len(header))]
    marks = [' class="number"' if is_number else "" for is_number in numeric]
    head = "".join(f'<th scope="col"{m}>{escape(h)}</th>' for h, m in zip(header, marks, strict=True))
    body = ""
    for row in cells:
        body += f'<tr><th scope="row">{escape(row[0])}</th>'
        for i, cell in enumerate(row[1:], start=1):
            mark = marks[i] or (' class="why"' if i == 2 else "")
            body += f"<td{mark}>{escape(cell)}</td>"
        body += "</tr>"
    kind = "" if any(numeric) else ' class="facts"'
    frame = f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
    return f"{frame}<table{kind}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def badge(text: str, good: bool) -> str:
    """Return a line that says whether things are well, in words and not by its colour alone."""
    return f'<p class="badge {"good" if good else "bad"}">{"✓" if good else "✗"} {escape(text)}</p>'


def _is_number(text: str) -> bool:
    try:
        float(text.rstrip("%").replace("−", "-") or "0")
    except ValueError:
        return False
    return True
