"""Files of the repository, and Rust source with comments and strings told apart."""
import pathlib
import re

# Tokens of Rust that can hold what looks like another token.
TOKENS = re.compile(
    r"""
    (?P<line>//[^\n]*)
  | (?P<block>/\*.*?\*/)
  | (?P<raw>\bb?r(?P<hashes>\#*)".*?"(?P=hashes))
  | (?P<string>\bb?"(?:\\.|[^"\\])*"|"(?:\\.|[^"\\])*")
  | (?P<char>b?'(?:\\(?:u\{[^}]*\}|x..|.)|[^'\\\n])')
    """,
    re.VERBOSE | re.DOTALL,
)


def blank(text):
    """Replaces every character by a space, except line ends."""
    return re.sub(r"[^\n]", " ", text)


class Rust:
    """One Rust file: `code` without comments and strings, `comments` and `strings` by line."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.comments, self.strings, code, end = [], [], [], 0
        for match in TOKENS.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            kind = match.lastgroup if match.lastgroup != "hashes" else "raw"
            if kind in ("line", "block"):
                self.comments.append((line, match.group()))
            elif kind != "char":
                self.strings.append((line, match.group()))
            code += [text[end : match.start()], blank(match.group())]
            end = match.end()
        code.append(text[end:])
        self.code = "".join(code)
        self.lines = text.splitlines()
        # Code without the modules that only tests compile.
        self.shipped = blank_test_modules(self.code)

    @property
    def crate(self):
        parts = self.path.split("/")
        return "/".join(parts[:2]) if parts[0] == "crates" else parts[0]

    @property
    def is_test(self):
        name = self.path.rsplit("/", 1)[-1]
        return (
            "/tests/" in self.path
            or self.path.startswith(("tests/", "benches/", "fuzz/"))
            or name in ("tests.rs", "test_lake.rs")
            or name.startswith("test_")
        )


def matching_brace(code, start):
    """Returns the offset after the brace that closes the one at `start`."""
    depth = 0
    for position in range(start, len(code)):
        if code[position] == "{":
            depth += 1
        elif code[position] == "}":
            depth -= 1
            if depth == 0:
                return position + 1
    return len(code)


def blank_test_modules(code):
    pattern = re.compile(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{")
    while match := pattern.search(code):
        end = matching_brace(code, match.end() - 1)
        code = code[: match.start()] + blank(code[match.start() : end]) + code[end:]
    return code


class Tree:
    """The files that git tracks or would track, read once."""

    def __init__(self, root, paths):
        self.root = root
        self.paths = [path for path in paths if (root / path).is_file()]
        self.rust = [Rust(path, self.read(path)) for path in self.paths if path.endswith(".rs")]
        self.markdown = [(path, self.read(path)) for path in self.paths if path.endswith(".md")]
        scripts = (".py", ".sh", ".toml", ".sql")
        named = ("justfile", ".ci/run")
        self.scripts = [
            (path, self.read(path))
            for path in self.paths
            if (path.endswith(scripts) or path in named) and not path.startswith("fuzz/corpus/")
        ]

    def read(self, path):
        return pathlib.Path(self.root / path).read_text(encoding="utf-8", errors="replace")
