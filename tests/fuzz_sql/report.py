"""Reports of a run: counts for the terminal, findings with plans as Markdown."""

import re

import outcomes


def skeleton(sql):
    """A statement without its names and constants: findings of one shape are alike."""
    sql = re.sub(r"'[^']*'", "'…'", sql)
    sql = re.sub(r"\b(t|x|e|c|w)\d+\b", "_", sql)
    return re.sub(r"-?\b\d+\b", "0", sql)


def groups(findings):
    """Findings by the shape of their smallest statement, the most frequent first."""
    grouped = {}
    for finding in findings:
        grouped.setdefault((finding.outcome.kind, skeleton(finding.smallest)), []).append(finding)
    return sorted(grouped.values(), key=lambda group: (-len(group), len(group[0].smallest)))


def summary(total, seconds, shown):
    """Counts of outcomes, the most frequent errors, and each kind of finding."""
    count = sum(total.kinds.values())
    answered = total.kinds[outcomes.SAME] + total.kinds[outcomes.DIFFERENT]
    lines = [f"{count} statements in {seconds:.0f} s ({count / max(seconds, 0.1):.1f}/s)"]
    lines.append(f"answered by both: {100 * answered / max(count, 1):.1f} %")
    lines += [f"  {kind}: {number}" for kind, number in total.kinds.most_common()]
    if total.refused:
        lines.append("settings that were refused: " + "; ".join(sorted(total.refused)))
    lines += [f"{number:6} {kind}: {text}" for (kind, text), number in total.errors.most_common(shown)]
    for group in groups(total.findings):
        first = min(group, key=lambda finding: len(finding.smallest))
        lines.append(f"\nFOUND {first.outcome.kind} ({len(group)} times, statement {first.place}, {first.profile})")
        lines.append(f"  {first.smallest}\n  {first.detail[:500]}")
        if first.plans:
            lines.append("  " + first.plans.replace("\n", "\n  "))
    return "\n".join(lines)


def details(total):
    """All findings with both plans, and examples of errors."""
    lines = ["# Findings", ""]
    for number, group in enumerate(groups(total.findings), 1):
        first = min(group, key=lambda finding: len(finding.smallest))
        lines += [f"## {number}. {first.outcome.kind}, {len(group)} times", ""]
        lines += [f"Statement {first.place}, profile {first.profile}: {first.detail[:800]}", ""]
        lines += ["```sql", f"-- voxlake\n{first.smallest};", f"-- DuckDB\n{first.duckdb};", "```", ""]
        lines += ["As generated:", "", "```sql", first.statement, "```", ""]
        if first.plans:
            lines += ["```", first.plans, "```", ""]
    lines += ["# Errors", ""]
    for key, number in total.errors.most_common():
        place, profile, sql, detail = total.examples[key]
        lines += [
            f"- {number} x {key[0]}: {key[1]} (statement {place}, {profile})",
            f"  - `{sql}`",
            f"  - {detail[:300]}",
        ]
    return "\n".join(lines) + "\n"
