"""Import cycles between the files of a crate.

A file depends on the files that define the names it imports or writes as a path. `mod` lines and
re-exports (`pub use`) are no dependency of the file that holds them: a name is followed through
them to the file that defines it. Tests are left out.
"""
import re
from collections import defaultdict

USE = re.compile(r"^[ \t]*(?P<public>pub(?:\([^)]*\))?\s+)?use\s+(?P<tree>[^;]+);", re.MULTILINE)
MOD = re.compile(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;", re.MULTILINE)
PATH = re.compile(r"(?<![\w:.])(?:\w+::)+(?:\w+|\{|\*)")


def split_tree(tree):
    """Yields the paths of a use tree, as lists of names; `self` and renames are resolved."""
    tree = tree.strip()
    brace = tree.find("{")
    if brace < 0:
        path = re.split(r"\s+as\s+", tree)[0]
        names = [name.strip() for name in path.split("::") if name.strip()]
        yield names[:-1] if len(names) > 1 and names[-1] == "self" else names
        return
    prefix = [name.strip() for name in tree[:brace].split("::") if name.strip()]
    depth, start, inner = 0, 0, tree[brace + 1 : tree.rfind("}")]
    parts = []
    for position, char in enumerate(inner):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and depth == 0:
            parts.append(inner[start:position])
            start = position + 1
    parts.append(inner[start:])
    for part in parts:
        if part.strip():
            for names in split_tree(part):
                yield prefix + ([] if names == ["self"] else names)


class Crate:
    """The module tree of one crate, and the files that define its modules."""

    def __init__(self, files):
        self.file_of, self.module_of, self.code = {}, {}, {}
        for file in files:
            parts = file.path.split("/src/", 1)[1].removesuffix(".rs").split("/")
            if parts[-1] in ("lib", "main", "mod"):
                parts = parts[:-1]
            self.file_of[tuple(parts)] = file.path
            self.module_of[file.path] = tuple(parts)
            self.code[file.path] = file.shipped
        self.exports = {path: self.reexports(path) for path in self.code}

    def reexports(self, path):
        """Names that a file hands on, each with the path that it names; globs as a list."""
        named, globs = {}, []
        for match in USE.finditer(self.code[path]):
            if not match["public"]:
                continue
            for names in split_tree(match["tree"]):
                if names and names[-1] == "*":
                    globs.append(names[:-1])
                elif names:
                    named[names[-1]] = names
        return named, globs

    def resolve(self, module, names, depth=0):
        """Returns the file that defines the path `names` as seen from `module`, or None."""
        if not names or depth > 8:
            return None
        here, rest = module, list(names)
        if rest[0] == "crate":
            here, rest = (), rest[1:]
        elif rest[0] in ("self", "super"):
            while rest and rest[0] in ("self", "super"):
                here = here[:-1] if rest[0] == "super" else here
                rest = rest[1:]
        elif here + (rest[0],) not in self.file_of:
            return None
        while rest and here + (rest[0],) in self.file_of:
            here, rest = here + (rest[0],), rest[1:]
        path = self.file_of.get(here)
        if path is None or not rest:
            return path
        named, globs = self.exports[path]
        if rest[0] in named and named[rest[0]][0] != rest[0]:
            return self.resolve(here, named[rest[0]], depth + 1) or path
        for names in globs:
            target = self.resolve(here, names, depth + 1)
            if target and re.search(rf"\b(?:fn|struct|enum|trait|type|const|static)\s+{rest[0]}\b", self.code[target]):
                return target
        return path

    def dependencies(self, path):
        module, found = self.module_of[path], set()
        code = self.code[path]
        for match in USE.finditer(code):
            if not match["public"]:
                found |= {self.resolve(module, names) for names in split_tree(match["tree"])}
        body = USE.sub("", code)
        for match in PATH.finditer(body):
            names = [name for name in match.group().split("::") if name not in ("{", "*")]
            found.add(self.resolve(module, names))
        return found - {None, path}


def components(graph):
    """Yields the strongly connected components of more than one node (Tarjan)."""
    index, low, stack, on_stack = {}, {}, [], set()

    def visit(root):
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, edges = work[-1]
            for target in edges:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(sorted(graph[target]))))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = []
                    while True:
                        group.append(stack.pop())
                        on_stack.discard(group[-1])
                        if group[-1] == node:
                            break
                    if len(group) > 1:
                        yield sorted(group)

    for node in sorted(graph):
        if node not in index:
            yield from visit(node)


def cycles(tree):
    crates = defaultdict(list)
    for file in tree.rust:
        if "/src/" in file.path and not file.is_test:
            crates[file.crate].append(file)
    for files in crates.values():
        crate = Crate(files)
        graph = {path: crate.dependencies(path) for path in crate.code}
        for group in components(graph):
            inside = [
                f"{source.split('/src/')[1]} -> {target.split('/src/')[1]}"
                for source in group
                for target in sorted(graph[source] & set(group))
            ]
            # One finding for each file of the cycle, so that a ceiling measures progress.
            for path in group:
                yield path, 1, f"cycle of {len(group)} files: " + ", ".join(inside)[:1500]
