"""Shape of the code: long files and functions, repeated type names, flags in libraries."""
import re
from collections import defaultdict

from .source import matching_brace

TYPE = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?(struct|enum|trait|union)\s+(\w+)", re.MULTILINE)
FUNCTION = re.compile(r"\bfn\s+(\w+)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+\b|\bVOXLAKE_[A-Z]+")
MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 400
# The binary names its flags; tests and benches run it.
KNOWS_FLAGS = ("crates/voxlake-cli", "tests", "benches", "fuzz")


def repeated_types(tree):
    """Types of one crate that share a name; tests are left out, and types inside of functions."""
    places = defaultdict(list)
    for file in tree.rust:
        if file.is_test:
            continue
        for match in TYPE.finditer(file.shipped):
            if match.group().startswith((" ", "\t")):
                continue
            line = file.shipped.count("\n", 0, match.start(2)) + 1
            places[file.crate, match.group(2)].append((file.path, line))
    for (_, name), found in places.items():
        if len(found) > 1:
            yield *found[0], f"{name}, also in " + ", ".join(f"{path}:{line}" for path, line in found[1:])


def long_functions(tree):
    for file in tree.rust:
        for match in FUNCTION.finditer(file.code):
            opening = file.code.find("{", match.end())
            semicolon = file.code.find(";", match.end())
            # An array type such as `[u8; 4]` in the signature holds a semicolon as well.
            signature = file.code[match.end() : opening] if opening >= 0 else ""
            if opening < 0 or (0 <= semicolon < opening and not re.search(r"\[[^\]]*;", signature)):
                continue
            lines = file.code.count("\n", match.start(), matching_brace(file.code, opening)) + 1
            if lines > MAX_FUNCTION_LINES:
                line = file.code.count("\n", 0, match.start()) + 1
                yield file.path, line, f"{match.group(1)} has {lines} lines"


def long_files(tree):
    for file in tree.rust:
        if len(file.lines) > MAX_FILE_LINES:
            yield file.path, 1, f"{len(file.lines)} lines"


def flags_in_libraries(tree):
    for file in tree.rust:
        if file.is_test or file.crate in KNOWS_FLAGS:
            continue
        shipped = file.shipped.splitlines()
        for line, text in file.strings:
            # Strings of test modules stand on lines that are blank in the shipped code.
            if not shipped[line - 1].strip():
                if not any(row.strip() for row in shipped[max(0, line - 2) : line + 1]):
                    continue
            if match := FLAG.search(text):
                yield file.path, line, f"'{match.group()}' in {text.strip()[:100]}"
