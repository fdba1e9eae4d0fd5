"""The tables of a comparison, in Markdown."""

import textwrap


def seconds(value):
    """Returns a duration with three significant digits and its unit."""
    return f"{value:.2f} s" if value >= 0.9995 else f"{value * 1000:.3g} ms"


def spread(values):
    """Returns the fastest and the slowest run, with one unit if it is the same."""
    fastest, slowest = seconds(min(values)), seconds(max(values))
    if fastest.split()[1] == slowest.split()[1]:
        fastest = fastest.split()[0]
    return f"{fastest}–{slowest}"


def wrapped(text):
    """Returns the lines of a paragraph or list item, at most 100 columns wide."""
    indent = "  " if text.startswith("- ") else ""
    return textwrap.wrap(text, 100, subsequent_indent=indent, break_on_hyphens=False)


def table(results, title, cell, last=None):
    """Returns a row per query; `cell` returns the text of an engine, `last` that of a last column."""
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
        best = min(other.median for (name, _), other in results.measures.items() if name == question)
        return f"**{seconds(measure.median)}**" if measure.median == best else seconds(measure.median)

    def extremes(question, engine):
        measure = results.measures.get((question, engine))
        return "" if measure is None else spread(measure.seconds)

    def memory(question, engine):
        measure = results.measures.get((question, engine))
        return "" if measure is None else f"{measure.peak_bytes / 1e6:,.0f}"

    def ratio(question):
        ratios = [results.ratio(question, engine) for engine in [results.ours, results.from_summaries]]
        return " · ".join(f"{ratio:.2g}" for ratio in ratios if ratio is not None)

    names = [f"{name} {version} (opens in {seconds(opening)})" for name, (version, opening) in results.versions.items()]
    both = " (scan · summaries)" if results.from_summaries in results.engines else ""
    return "\n".join(
        [
            "# Voxlake compared with other engines",
            "",
            *wrapped(
                "Written by `just compare`; do not edit. All engines ran the same queries on the same files, and every row of"
                f" every result was equal. A ratio to the best of the other engines{both} below 1 is a win for Voxlake."
            ),
            "",
            *wrapped(f"- Lake: {results.lake}."),
            *wrapped(f"- Machine: {results.machine}; {results.threads} threads and cores per engine."),
            *wrapped(f"- Engines: {', '.join(names)}."),
            *wrapped(f"- Medians of {results.rounds} rounds, engines in turn, each warm in a process of its own."),
            "",
            "![Seconds by query and engine](results.svg)",
            "",
            *table(results, "query", time, ("ratio", ratio)),
            "",
            "The fastest and the slowest run:",
            "",
            *table(results, "query", extremes),
            "",
            "Peak resident memory of each engine's process, in MB:",
            "",
            *table(results, "query", memory),
            "",
            "The queries:",
            "",
            *(f"- {question}: {title}" for question, title in results.titles.items()),
            "",
            *wrapped(
                "Voxlake's queries are [`queries/bench/*.sql`](../../queries/bench); those of the other engines are in"
                " [`engines`](engines)."
            ),
            "",
        ]
    )
