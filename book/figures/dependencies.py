"""What a chapter or a figure depends on: the modules of the book that its code imports, all the way down, and the data they read.

Found by reading the code, not by running it. A name that a package hands on (`from clustermath import CHIPS`) leads to
the module it comes from, so that a change in one module is none in those beside it. Who asks a table for records by
their names alone (`CHIPS["H100 SXM"]`) depends on these lines of its file, who does anything else with it on all. Code
that looks for modules when it runs, or starts a program, depends on all there are. A test runs every chapter and watches
what it opens.
"""

import ast
import csv
import hashlib
import re
from functools import cached_property
from pathlib import Path

from .pages import CELL, name_of, places

BOOK = Path(__file__).resolve().parents[1]
FOLDERS = ("clustermath", "livefigure", "figures", "data")
ANYTHING = {"import_module", "iter_modules", "walk_packages", "run_module", "run_path", "__import__", "exec", "eval", "subprocess", "system", "get_ipython"}
# A widget brings the runtime along. A page has its own, made when it is built, so no cell's output changes with it.
NOT_IN_A_PAGE = {("livefigure/figure.py", "livefigure/assets.py")}


class Code:
    """The book's code in `book`, read once."""

    def __init__(self, book: Path = BOOK):
        self.book = book
        self._trees: dict[Path, ast.Module] = {}
        self._imports: dict[Path, set[Path]] = {}
        self._hashes: dict[Path, str] = {}

    @cached_property
    def everything(self) -> set[Path]:
        return {file for folder in FOLDERS for file in (self.book / folder).rglob("*") if file.is_file() and file.suffix != ".pyc"}

    @cached_property
    def data(self) -> dict[str, set[Path]]:
        """The files of data/ by their name; those of a folder in it by the folder's, too."""
        found: dict[str, set[Path]] = {}
        for file in (path for path in (self.book / "data").rglob("*") if path.is_file()):
            for name in file.relative_to(self.book / "data").parts:
                found.setdefault(name, set()).add(file)
        return found

    def of_page(self, text: str) -> set[Path]:
        """All that the code cells of a page's Markdown depend on."""
        return self.of_code("\n".join(code for options, code in CELL.findall(text) if "skip-execution" not in options))

    def of_code(self, code: str) -> set[Path]:
        """All that a piece of code, run in the book's folder, depends on."""
        try:
            return self._closed(self._imported(ast.parse(code), self.book / "a cell"))
        except SyntaxError:  # a magic command, which can run anything
            return self.everything

    def digest(self, files: set[Path], *more) -> str:
        """Hash of what the files, or lines of a table, say, and of `more`: of code without its comments and layout, of all else every byte."""
        said = {self._short(file): self._said(file) for file in files}
        return hashlib.sha256(repr((sorted(said.items()), more)).encode()).hexdigest()[:16]

    def _said(self, file: Path) -> str:
        if file not in self._hashes:
            content = ast.dump(self.tree(file)).encode() if file.suffix == ".py" else _content(file)
            self._hashes[file] = hashlib.sha256(content).hexdigest()
        return self._hashes[file]

    def tree(self, file: Path) -> ast.Module:
        if file not in self._trees:
            self._trees[file] = ast.parse(file.read_text(encoding="utf-8"))
        return self._trees[file]

    def _closed(self, files: set[Path]) -> set[Path]:
        """`files` and all that these import and read; a record of a table as a path below its file."""
        waiting, found = set(files), set()
        while waiting:
            file = waiting.pop()
            found.add(file)
            home = self._homes.get(file.parent)  # of the table, where the file is one of its records
            code = home or file
            if code.suffix == ".py":
                if code not in self._imports:
                    self._imports[code] = self._imported(self.tree(code), code)
                needed = {other for other in self._imports[code] - found if (self._short(code), self._short(other)) not in NOT_IN_A_PAGE}
                waiting |= needed - {file.parent} if home else needed
        found |= {self._homes[file.parent] for file in found if file.parent in self._homes}
        found -= {file for file in found if file.parent in found}  # records of a table that is there as a whole
        # Each package a module is in runs first. What it hands on counts for whoever asks for it, its own lines for all.
        return found | {folder / "__init__.py" for file in found for folder in file.parents if (folder / "__init__.py").is_file()}

    @cached_property
    def _called(self) -> set[str]:
        """Names that the book's modules and cells use somewhere, but for a function's own name in itself."""
        texts = [code for page in self.book.glob("*.md") for _, code in CELL.findall(page.read_text(encoding="utf-8"))]
        found = {word for code in texts for word in re.findall(r"\w+", code)}
        waiting = [(self.tree(file), "") for folder in ("clustermath", "livefigure", "figures") for file in (self.book / folder).rglob("*.py")]
        while waiting:
            node, within = waiting.pop()
            found |= {name for name in (getattr(node, "attr", ""), getattr(node, "id", ""), getattr(node, "value", "")) if isinstance(name, str) and name and name != within}
            waiting += [(child, node.name if isinstance(node, ast.FunctionDef) else within) for child in ast.iter_child_nodes(node)]
        return found

    @cached_property
    def _tables(self) -> dict[str, tuple[Path, Path]]:
        """Tables whose records depend on nothing but their own lines: name → (module that makes it, file).

        `NAME = records(..., "file.csv" ...)` at the top of a module that neither uses the name nor names the file again.
        """
        found, twice = {}, set()
        for module in (self.book / "clustermath").glob("*.py"):
            tree = self.tree(module)
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
            texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
            for statement in tree.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id="records")) as made) | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call(func=ast.Name(id="records")) as made):
                        read = [node.value for node in ast.walk(made) if isinstance(node, ast.Constant) and node.value in self.data]
                        if name not in used and len(read) == 1 and texts.count(read[0]) == 1 and len(self.data[read[0]]) == 1:
                            twice |= {name} & set(found)
                            found[name] = module, *self.data[read[0]]
        return {name: table for name, table in found.items() if name not in twice}

    @cached_property
    def _homes(self) -> dict[Path, Path]:
        """The file of each such table → the module that makes it."""
        return {file: module for module, file in self._tables.values()}

    def _asked(self, tree: ast.Module) -> dict[str, set[Path]]:
        """What code that can see a table depends on of it: the records that it names, if it does nothing else with it."""
        uses: dict[str, list] = {name: [] for name in self._tables}
        for node in ast.walk(tree):
            match node:
                case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=ast.Constant(value=str(record))) if name in uses and "/" not in record:
                    uses[name] += [record]
                case ast.Name(id=name) | ast.Attribute(attr=name) if name in uses:
                    uses[name] += [None]  # one for each use, also for each above
        found = {}
        for name, (home, file) in self._tables.items():
            records = {file / record for record in uses[name] if record}
            found[name] = records if records and uses[name].count(None) * 2 == len(uses[name]) else {home}
        return found

    def _hands_on(self, name: str):
        """Whether a module imports the name, so that others can import it from there."""
        return lambda module: any(isinstance(node, ast.ImportFrom) and name in [alias.asname or alias.name for alias in node.names] for node in ast.walk(self.tree(module)))

    def _short(self, file: Path) -> str:
        return file.relative_to(self.book).as_posix()

    def _imported(self, tree: ast.Module, file: Path) -> set[Path]:
        """What the code of a file imports and names itself."""
        found, done, asked = set(), set(), self._asked(tree)
        for node in ast.walk(tree):
            match node:
                case ast.If(test=ast.Name(id="TYPE_CHECKING")):  # what only an annotation names isn't imported when it runs
                    done |= set(ast.walk(node)) - {other for branch in node.orelse for other in ast.walk(branch)}
                case ast.FunctionDef(name=name, decorator_list=[ast.Name(id="classmethod")]) if name not in self._called:
                    done |= set(ast.walk(node))  # a reader of files that readers bring: no page calls it
                case _ if node in done:
                    pass
                case ast.BinOp(op=ast.Div(), left=ast.BinOp(right=ast.Constant(value=str(folder)) as part), right=ast.Constant(value=str(name))) if (path := file.parent / folder / name).is_file():
                    found.add(path)
                    done.add(part)
                case ast.Import(names=names):
                    for alias in names:
                        found |= self._whole(self.book.joinpath(*alias.name.split(".")))
                case ast.ImportFrom(module=module, names=names, level=level):
                    start = file.parents[level - 1] if level else self.book
                    for alias in names:
                        named = self._named(start.joinpath(*(module or "").split(".")), alias.name)
                        home, _ = self._tables.get(alias.name, (None, None))
                        if named == {home} and not alias.asname:
                            found |= asked[alias.name]
                        else:
                            found |= named | ({home} if home and any(map(self._hands_on(alias.name), named)) else set())
                case ast.Attribute(attr=name) if name in asked:  # a module's, perhaps
                    found |= asked[name]
                case ast.Constant(value=str(text)) if text:
                    found |= self.data.get(text.split("/")[-1], set())
                    if text.isidentifier() and (beside := file.parent / text).is_dir() and file.parent != self.book:
                        found |= {path for path in beside.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")}
            words = [getattr(node, "id", ""), getattr(node, "attr", ""), *(getattr(node, "name", "") or "").split(".")] if not isinstance(node, ast.FunctionDef) else []
            if ANYTHING.intersection(words):
                found |= self.everything if file.parent == self.book else {path for path in file.parent.rglob("*.py")}
        return found

    def _whole(self, path: Path) -> set[Path]:
        """What `import a.module` leads to: of a package, anything in it may be used."""
        if path.is_dir() and path.is_relative_to(self.book):
            return set(path.rglob("*.py"))
        module = path.with_name(f"{path.name}.py")
        return {module} if module.is_file() else set()

    def _named(self, path: Path, name: str) -> set[Path]:
        """What `from a.module import name` leads to."""
        if not path.is_dir():
            return self._whole(path)
        if inside := self._module(path / name):
            return {inside}
        package = path / "__init__.py"
        if not package.is_file() or name == "*":
            return self._whole(path)
        for statement in self.tree(package).body:
            if isinstance(statement, ast.ImportFrom) and statement.level:
                for alias in statement.names:
                    if (alias.asname or alias.name) == name:
                        return self._named(package.parents[statement.level - 1].joinpath(*(statement.module or "").split(".")), alias.name)
        return {package}

    @staticmethod
    def _module(path: Path) -> Path | None:
        return next((file for file in (path.with_name(f"{path.name}.py"), path / "__init__.py") if file.is_file()), None)


def _content(file: Path) -> bytes:
    """What a file says, or of a record of a table the lines that begin with its name."""
    if file.parent.suffix != ".csv":
        return file.read_bytes()
    with file.parent.open(newline="", encoding="utf-8") as lines:
        return repr([row for row in csv.reader(lines) if row[:1] == [file.name]]).encode()


def numbers(files: set[Path], book: Path = BOOK) -> dict[str, str]:
    """The numbers of the figures whose modules are among `files`: what their cards show of `_toc.yml` and of the pages."""
    modules = (".".join(file.relative_to(book).with_suffix("").parts) for file in files if file.suffix == ".py")
    return {name: places()[name].number for name in sorted(map(name_of, modules)) if name in places()}
