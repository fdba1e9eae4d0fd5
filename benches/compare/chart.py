"""The chart of a comparison as SVG: a bar per query and engine, on a logarithmic scale.

The bars have colours of medium lightness and the text follows the reader's colour scheme, so that
the chart is readable on light and dark pages.
"""

from html import escape
from math import ceil, floor, log10

from report import seconds

COLOURS = ["#e8590c", "#f2a33a", "#4c7dbd", "#3f9c81", "#9a74c4"]
WIDTH, LEFT, RIGHT = 860, 178, 96
TOP, BAR, GAP = 106, 11, 13
STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #57606a }
.title { font-size: 17px; font-weight: 600; fill: #24292f }
.name { fill: #24292f }
.value { font-size: 10px }
.grid { stroke: #8c959f; stroke-opacity: .3 }
.spread { stroke: #24292f; stroke-opacity: .55 }
@media (prefers-color-scheme: dark) {
  text { fill: #9da7b1 }
  .title, .name { fill: #e6edf3 }
  .spread { stroke: #e6edf3 }
}
"""


class Scale:
    """Maps seconds to x coordinates; the ends of the scale are powers of ten."""

    def __init__(self, values):
        self.low, self.high = floor(log10(min(values))), ceil(log10(max(values)))
        self.high = max(self.high, self.low + 1)

    def __call__(self, value):
        share = (log10(value) - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def ticks(self):
        return [10.0**power for power in range(self.low, self.high + 1)]


def svg(results):
    engines = results.engines
    colours = dict(zip([results.ours, results.from_summaries, *results.peers], COLOURS))
    scale = Scale([value for measure in results.measures.values() for value in measure.seconds])
    parts, y = [], TOP
    for question in results.titles:
        answered = [engine for engine in engines if (question, engine) in results.measures]
        middle = y + len(answered) * BAR / 2 + 4
        parts.append(f'<text class="name" x="{LEFT - 10}" y="{middle:.1f}" text-anchor="end">{escape(label(question))}</text>')
        for engine in answered:
            parts += bar(results.measures[question, engine], engine, colours[engine], scale, y)
            y += BAR
        y += GAP
    bottom = y - GAP / 2
    grid = []
    for tick in scale.ticks():
        x = scale(tick)
        grid.append(f'<line class="grid" x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom:.1f}"/>')
        shown = f"{tick:g} s" if tick >= 1 else f"{tick * 1000:g} ms"
        grid.append(f'<text x="{x:.1f}" y="{bottom + 17:.1f}" text-anchor="middle">{shown}</text>')
    height = bottom + 50
    note = f"{results.lake}; {results.threads} threads each; medians of {results.rounds} rounds, thin lines from fastest to slowest"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" role="img"'
            ' aria-labelledby="title">',
            f"<style>{STYLE}</style>",
            '<text class="title" id="title" x="16" y="30">Seconds to answer, by query and engine</text>',
            f'<text x="16" y="50">{escape(note)}</text>',
            *legend(engines, colours),
            *grid,
            *parts,
            f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{bottom + 38:.1f}" text-anchor="middle">'
            "time to the last row, logarithmic; shorter is better</text>",
            "</svg>",
            "",
        ]
    )


def label(question):
    """Returns the display name of a query such as `q1_abandonment`."""
    number, *words = question.split("_")
    return " ".join([number.upper()[:1] + number[1:], *words])


def bar(measure, engine, colour, scale, y):
    begin, end = scale(10.0**scale.low), scale(measure.median)
    fastest, slowest = scale(min(measure.seconds)), scale(max(measure.seconds))
    middle = y + BAR / 2
    return [
        f'<rect x="{begin:.1f}" y="{y + 1:.1f}" width="{max(end - begin, 1):.1f}" height="{BAR - 2}" rx="1.5"'
        f' fill="{colour}"><title>{escape(engine)}: {seconds(measure.median)}</title></rect>',
        f'<line class="spread" x1="{fastest:.1f}" y1="{middle:.1f}" x2="{slowest:.1f}" y2="{middle:.1f}"/>',
        f'<text class="value" x="{max(end, slowest) + 5:.1f}" y="{middle + 3.5:.1f}">{seconds(measure.median)}</text>',
    ]


def legend(engines, colours):
    parts, x = [], 16
    for engine in engines:
        parts.append(f'<rect x="{x}" y="69" width="12" height="12" rx="2" fill="{colours[engine]}"/>')
        parts.append(f'<text class="name" x="{x + 18}" y="79.5">{escape(engine)}</text>')
        x += 40 + 7 * len(engine)
    return parts
