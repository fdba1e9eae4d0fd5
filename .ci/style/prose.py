"""Prose of comments, documentation and help texts."""
import re

OPENING = re.compile(r"^\s*//[/!]\s+(What|How|Which|That|Whether|Whoever|Whatever)\b")
# Words and turns that the field does not use.
ARCHAIC = re.compile(
    r"\b(?:anew|nobody|whoever|whatever|beside(?!s)|begun|thereby|whence|thence|hence|wherein|thereof"
    r"|is none|are none|so many|as they are|as it is|nought|aught|lest|amid|upon"
    r"|the engine|what was|what is asked|is asked|are asked|is told|are told|tells? (?:of|how|what|whether|the)"
    r"|has to be asked|no (?:more|longer) than it|of one's own|of its own accord"
    r"|the house|a house|a room|the room|a shelf|the shelf|a desk|the desk|weather)\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"[.:;!?](?:\s|$)")
MAX_COLUMNS = 100


def doc_lines(tree):
    """Yields (path, line, text) for comments of code and the prose of Markdown."""
    for file in tree.rust:
        for line, comment in file.comments:
            for offset, text in enumerate(comment.splitlines()):
                yield file.path, line + offset, text
    for path, text in tree.markdown:
        yield from ((path, line, row) for line, row in unfenced(text))
    for path, text in tree.scripts:
        mark = "--" if path.endswith(".sql") else "#"
        for number, row in enumerate(text.splitlines(), 1):
            if row.lstrip().startswith(mark):
                yield path, number, row.lstrip()


def help_strings(tree):
    """Yields the strings of the code that are shown to users or name a cause."""
    for file in tree.rust:
        if file.is_test:
            continue
        for line, text in file.strings:
            # A statement of SQL is no prose.
            if " " in text and not re.search(r"\b(SELECT|FROM|WHERE)\b", text):
                yield file.path, line, text


def unfenced(text):
    """Yields the numbered lines of Markdown outside of code: fenced, or indented after a blank line."""
    fenced = indented = False
    blank = True
    for number, row in enumerate(text.splitlines(), 1):
        if row.strip():
            indented = row.startswith("    ") and (blank or indented)
            blank = False
        else:
            blank = True
        if row.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not indented:
            yield number, row


def openings(tree):
    for file in tree.rust:
        previous = ""
        for number, row in enumerate(file.lines, 1):
            first = not previous.lstrip().startswith(("///", "//!"))
            if first and OPENING.match(row):
                yield file.path, number, row.strip()
            previous = row


def archaic(tree):
    for source in (doc_lines(tree), help_strings(tree)):
        for path, line, text in source:
            for match in ARCHAIC.finditer(text):
                yield path, line, f"'{match.group()}' in: {text.strip()[:120]}"


def long_lines(tree):
    for file in tree.rust:
        for number, row in enumerate(file.lines, 1):
            if len(row) > MAX_COLUMNS and row.lstrip().startswith("//"):
                yield file.path, number, f"{len(row)} columns"
    for path, text in tree.markdown:
        for number, row in unfenced(text):
            if len(row) > MAX_COLUMNS:
                yield path, number, f"{len(row)} columns"
    for path, text in tree.scripts:
        mark = "--" if path.endswith(".sql") else "#"
        for number, row in enumerate(text.splitlines(), 1):
            if len(row) > MAX_COLUMNS and row.lstrip().startswith(mark):
                yield path, number, f"{len(row)} columns"


def sentence_count(tree):
    """Sentences of comments, documentation and strings, roughly."""
    text = "\n".join(text for source in (doc_lines(tree), help_strings(tree)) for *_, text in source)
    return max(1, len(SENTENCE.findall(text)))
