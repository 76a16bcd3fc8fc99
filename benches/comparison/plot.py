"""Draws bars of seconds as an SVG picture, a panel for each comparison."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, COLUMNS = 460, 2
LABEL, ROOM, ROW, HEAD, GAP = 190, 60, 18, 44, 20
OURS, OTHERS, LINE, TEXT = "#2a6fb0", "#b5bcc4", "#5b6570", "#1f2328"


@dataclass
class Bar:
    name: str
    median: float
    least: float
    most: float
    ours: bool


@dataclass
class Panel:
    title: str
    subtitle: str
    bars: list


def height(panel):
    return HEAD + ROW * len(panel.bars) + GAP


def text(x, y, words, size=11, anchor="start", weight="normal"):
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(words)}</text>'


def draw_panel(panel, left, top):
    scale = (WIDTH - LABEL - ROOM) / max(bar.most for bar in panel.bars)
    parts = [text(left, top + 14, panel.title, 13, weight="bold"), text(left, top + 30, panel.subtitle, 10)]
    for row, bar in enumerate(panel.bars):
        y = top + HEAD + row * ROW
        middle, start = y + ROW / 2 - 2, left + LABEL
        least, most = start + bar.least * scale, start + bar.most * scale
        parts.append(text(start - 6, middle + 4, bar.name, anchor="end"))
        color = OURS if bar.ours else OTHERS
        parts.append(f'<rect x="{start}" y="{y}" width="{bar.median * scale:.1f}" height="{ROW - 5}" fill="{color}"/>')
        parts.append(f'<path d="M{least:.1f} {middle:.1f}H{most:.1f}" stroke="{LINE}"/>')
        parts.append(text(most + 5, middle + 4, f"{bar.median:.2f} s"))
    return parts


def draw(panels):
    """The panels in two columns, row by row; a bar's line reaches from the least to the most."""
    parts, top = [], GAP
    for at in range(0, len(panels), COLUMNS):
        row = panels[at : at + COLUMNS]
        for column, panel in enumerate(row):
            parts += draw_panel(panel, GAP + column * (WIDTH + GAP), top)
        top += max(map(height, row))
    width = GAP + COLUMNS * (WIDTH + GAP)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top}" font-family="sans-serif" fill="{TEXT}">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"
