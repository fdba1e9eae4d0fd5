"""The table of a contest, in Markdown."""


def seconds(value):
    """Three significant digits, in the unit that people would say it in."""
    return f"{value:.2f} s" if value >= 0.9995 else f"{value * 1000:.3g} ms"


def table(results, title, cell, last=None):
    """A row for each question; `cell` gives an engine's text in it, `last` that of a last column."""
    heads = [title, *results.engines] + ([last[0]] if last else [])
    lines = ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for question in results.titles:
        cells = [cell(question, engine) for engine in results.engines]
        row = [f"{question}", *cells] + ([last[1](question)] if last else [])
        lines.append("| " + " | ".join(row) + " |")
    return lines


def markdown(results):
    def time(question, engine):
        measure = results.measures.get((question, engine))
        if measure is None:
            return ""
        spread = f"{seconds(min(measure.seconds))}–{seconds(max(measure.seconds))}"
        best = min(other.median for (name, _), other in results.measures.items() if name == question)
        text = f"**{seconds(measure.median)}**" if measure.median == best else seconds(measure.median)
        return f"{text}<br><sub>{spread}</sub>"

    def memory(question, engine):
        measure = results.measures.get((question, engine))
        return "" if measure is None else f"{measure.peak_bytes / 1e6:,.0f}"

    def ratio(question):
        ratios = [results.ratio(question, engine) for engine in [results.ours, results.from_summaries]]
        return " · ".join(f"{ratio:.2g}" for ratio in ratios if ratio is not None)

    names = [f"{name} {version}, open in {seconds(opening)}" for name, (version, opening) in results.versions.items()]
    head = "ratio to the best peer" + (": scanning · from summaries" if results.from_summaries in results.engines else "")
    return "\n".join(
        [
            "# Voxlake beside other engines",
            "",
            "Written by `just compare`; do not edit. The same files and the same questions; every row of every answer was",
            "the same before times counted. Below one, the ratio is a win for Voxlake; above, a loss.",
            "",
            f"- The lake: {results.lake}.",
            f"- The machine: {results.machine}; {results.threads} threads, on as many cores, for each engine.",
            f"- The engines: {'; '.join(names)}.",
            f"- Medians of {results.rounds} rounds, engines in turn, each warm in a process of its own; below them the",
            "  fastest and the slowest run.",
            "",
            "![Seconds by question and engine](results.svg)",
            "",
            *table(results, "question", time, (head, ratio)),
            "",
            "The most memory that each engine's process had resident while it answered, in MB:",
            "",
            *table(results, "question", memory),
            "",
            "What is asked:",
            "",
            *(f"- {question}: {title}" for question, title in results.titles.items()),
            "",
            "The questions are [`queries/bench/*.sql`](../../queries/bench), the other engines' wordings in",
            "[`engines`](engines).",
            "",
        ]
    )
