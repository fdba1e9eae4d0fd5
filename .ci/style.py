#!/usr/bin/env python3
"""Counts what the style guide of this project forbids, and fails above the recorded ceilings.

Usage:
    python3 .ci/style.py                     check every count against .ci/style_ceilings.json
    python3 .ci/style.py --list [PATH ...]   list every finding below the given paths
    python3 .ci/style.py --counts            print the counts per crate or folder
    python3 .ci/style.py --lower             lower the ceilings to today's counts; never raises one
"""
import argparse
import json
import pathlib
import subprocess
import sys
from collections import Counter

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from style import modules, prose, shape  # noqa: E402
from style.source import Tree  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
CEILINGS = ROOT / ".ci" / "style_ceilings.json"
CHECKS = {
    "opening": (prose.openings, "doc comments that open with What, How, Which, That or Whether"),
    "archaic": (prose.archaic, "archaic or inverted wording"),
    "columns": (prose.long_lines, "comment and Markdown lines over 100 columns"),
    "twice": (shape.repeated_types, "type names defined more than once in a crate"),
    "function": (shape.long_functions, "functions over 60 lines"),
    "file": (shape.long_files, "source files over 400 lines"),
    "flag": (shape.flags_in_libraries, "command-line flags or VOXLAKE_ names in library strings"),
    "cycle": (modules.cycles, "import cycles between the files of a crate"),
}


def findings(tree):
    """Yields (check, path, line, text) for each finding of each check."""
    for check, (find, _) in CHECKS.items():
        for path, line, text in find(tree):
            yield check, path, line, text


def group(path):
    """The crate or top-level folder of a path."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "crates" else parts[0]


def print_counts(found, tree):
    groups = sorted({group(path) for _, path, _, _ in found})
    counts = Counter((group(path), check) for check, path, _, _ in found)
    print(f"{'':28}" + "".join(f"{check:>10}" for check in CHECKS))
    for name in groups:
        print(f"{name:28}" + "".join(f"{counts[name, check]:>10}" for check in CHECKS))
    totals = Counter(check for check, *_ in found)
    print(f"{'total':28}" + "".join(f"{totals[check]:>10}" for check in CHECKS))
    sentences = prose.sentence_count(tree)
    stilted = totals["opening"] + totals["archaic"]
    print(f"stilted sentences: {stilted} of {sentences} ({100 * stilted / sentences:.2f} %)")


def check_ceilings(found):
    """Returns whether no count is above its ceiling."""
    ceilings = json.loads(CEILINGS.read_text())
    totals = Counter(check for check, *_ in found)
    passed = True
    for check, (_, title) in CHECKS.items():
        count, ceiling = totals[check], ceilings.get(check, 0)
        state = "ok" if count <= ceiling else "ABOVE THE CEILING"
        print(f"{count:6} of at most {ceiling:5}  {title}: {state}")
        passed &= count <= ceiling
    return passed


def lower_ceilings(found):
    old = json.loads(CEILINGS.read_text()) if CEILINGS.exists() else {}
    totals = Counter(check for check, *_ in found)
    new = {check: min(totals[check], old.get(check, totals[check])) for check in CHECKS}
    CEILINGS.write_text(json.dumps(new, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", nargs="*", metavar="PATH", help="list findings below these paths")
    parser.add_argument("--counts", action="store_true", help="print counts per crate or folder")
    parser.add_argument("--lower", action="store_true", help="lower the ceilings to today's counts")
    args = parser.parse_args()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )
    tree = Tree(ROOT, listed.stdout.splitlines())
    found = sorted(set(findings(tree)))
    if args.list is not None:
        wanted = tuple(path.rstrip("/") for path in args.list) or ("",)
        for check, path, line, text in found:
            if path.startswith(wanted):
                print(f"{path}:{line}: {check}: {text}")
    elif args.counts:
        print_counts(found, tree)
    elif args.lower:
        lower_ceilings(found)
    elif not check_ceilings(found):
        print("list them with: python3 .ci/style.py --list")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
