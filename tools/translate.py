"""Bring the catalogues in step with the English texts, and build the editions made of them: `make translate`.

    make translate                                  all catalogues there are
    make translate BEGIN="zh_CN/05_mini_batches"    begin this one first, empty

A catalogue is a gettext file such as `locale/zh_CN/05_mini_batches.po`. `README` holds what the maps and the
book say too, `course_utils` the package's messages. Else a message is a line of Markdown: a paragraph, a
heading, a list item, a row of a table. To a text without a catalogue the edition links in English.
"""

import io
import os
import re
import sys
from collections import Counter
from functools import cached_property
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from nbformat import NotebookNode

from tools.notebooks import ALL, FURTHER, LESSONS, NOTEBOOKS, ROOT, SOLUTIONS, head, is_bootstrap, read
from tools.publish import MINUTES, between, put, stamp, stamped_notebook, stamped_readme

LOCALE = ROOT / "locale"
README = ROOT / "README.md"
PACKAGE = "course_utils"
# The English of each catalogue, by its name, as in `solutions/01_tensors`; the package's is code.
SOURCES = {path.relative_to(NOTEBOOKS).with_suffix("").as_posix(): path for path in ALL} | {"README": README}
NAMES = {path: name for name, path in SOURCES.items()}
SAYING = ("tools/publish.py", "book/build.py")  # code whose texts stand in README.po

# Of Markdown, what is no prose: fenced and indented code, formulas, rules of tables, what is stamped.
NO_PROSE = r"^ *```.*?^ *```$|^\$\$.*?\$\$$|^ {4}.*?$|^\|[-|]+\|$|^<!-- (\w+) -->$.*?^<!-- /\2 -->$"
LINE = re.compile(rf"(?ms)({NO_PROSE})|^((?:#+ (?:\d+ · )?|- |\d+\. )?)(\S[^\n]*)$")
LINK = re.compile(r"\]\(([^)\s]+)\)")
PLACE = re.compile(r"\{(\w+)[^{}]*\}")
# What a translation has as often as the English.
SAME = {
    "links": LINK,
    "formulas": re.compile(r"(?<!\\)\$[^$\n]+\$"),
    "cell references": re.compile(r"\[\d+\]"),
    "places": PLACE,
    "tags": re.compile(r"</?\w+>"),
    "columns": re.compile(r"\|"),
    "bold": re.compile(r"\*\*"),
}
EMPHASIS = re.compile(r"(?<!\*)(\*\*?)(?!\*)(\S|\S.*?\S)\1(?!\*)")
CODE = re.compile(r"`([^`]+)`")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def lines(markdown: str) -> list[str]:
    """The messages of a piece of Markdown."""
    return [MINUTES.sub("{minutes}", found[4]) for found in LINE.finditer(markdown) if found[4]]


def prose(path: Path) -> list[str]:
    """The Markdown of a file that people write: not a notebook's navigation, nor the title of a solution."""
    if path == README:
        return [path.read_text(encoding="utf-8")]
    texts = [cell.source for cell in read(path).cells[1:] if cell.cell_type == "markdown"]
    return [re.sub(r"\A# .*", "", texts[0]), *texts[1:]] if path in SOLUTIONS else texts


def template(name: str) -> Catalog:
    """The English messages of a catalogue, in order."""
    catalogue = Catalog()
    if name == PACKAGE:
        code = extract_from_dir(ROOT / PACKAGE, [("**.py", "python")], keywords={"_": None})
        for file, _, message, *_ in sorted(code, key=lambda found: found[:2]):
            catalogue.add(message, locations=[(f"{PACKAGE}/{file}", None)])
        return catalogue
    for text in prose(SOURCES[name]):
        for message in lines(text):
            catalogue.add(message)
    for file in SAYING if name == "README" else ():
        for _, message, *_ in extract_from_file("python", ROOT / file, keywords={"say": None}):
            catalogue.add(message, locations=[(file, None)])
    return catalogue


def differences(english: str, translation: str) -> list[str]:
    """What must be the same in a message and in its translation, and is not."""
    found = [
        what
        for what, pattern in SAME.items()
        if Counter(pattern.findall(english)) != Counter(pattern.findall(translation))
    ]
    text = f" {CODE.sub('`', translation)} "
    for bold in EMPHASIS.finditer(text):
        pairs = (text[bold.start() - 1], bold[2][0]), (text[bold.end()], bold[2][-1])
        if any(outside.isalnum() and not inside.isalnum() for outside, inside in pairs):
            found.append("bold, which Markdown does not see beside punctuation: set a space or move the mark")
    code, theirs = set(CODE.findall(english)), set(CODE.findall(translation))
    if code - theirs or any(word not in english for word in theirs):  # a word of a figure may become code
        found.append("code")
    if not set(NUMBER.findall(english)) <= set(NUMBER.findall(translation)):
        found.append("numbers")
    return found


class Edition:
    """The course in one language: its catalogues, and what is made of them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.language = folder.name.split("_")[0]
        self.mo = ROOT / PACKAGE / "locale" / self.language / "LC_MESSAGES" / f"{PACKAGE}.mo"
        self.catalogues = {}
        for name in [PACKAGE, *SOURCES]:
            if self.file(name).exists():
                with self.file(name).open(encoding="utf-8") as file:
                    self.catalogues[name] = read_po(file, locale=folder.name)

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.po"

    def sources(self) -> list[Path]:
        """The English files that have a catalogue."""
        return [SOURCES[name] for name in self.catalogues if name != PACKAGE]

    def place(self, path: Path) -> Path:
        """Where the translation of an English file lies; the file itself where there is none."""
        if NAMES.get(path) not in self.catalogues:
            return path
        if path == README:
            return ROOT / f"README.{self.language}.md"
        return NOTEBOOKS / self.language / path.relative_to(NOTEBOOKS)

    def translated(self, name: str, english: str) -> str:
        """A message in this language; in English where its translation is missing or fuzzy."""
        message = name in self.catalogues and self.catalogues[name].get(english)
        return message.string if message and message.string and not message.fuzzy else english

    @cached_property
    def titles(self) -> dict[str, str]:
        """The titles of lessons and further notebooks in this language."""
        return {head(p)["title"]: self.translated(NAMES[p], head(p)["title"]) for p in LESSONS + FURTHER}

    @cached_property
    def builds(self) -> dict[str, str]:
        """What one builds in each lesson, as the maps say it, in this language."""
        found = {}
        for path in LESSONS:
            line = next(line for line in lines(head(path).string) if head(path)["build"] in line)
            sentence = re.match(
                r"\*\*.+?\*\*[：: ]*(.+?)(?:。|\.(?= |$)|$)", self.translated(NAMES[path], line)
            )
            found[head(path)["build"]] = sentence[1] if sentence else head(path)["build"]
        return found

    def say(self, english: str) -> str:
        """What `make refresh` and the book write, in this language."""
        return (self.titles | self.builds).get(english) or self.translated("README", english)

    def prose(self, markdown: str, path: Path) -> str:
        """A piece of Markdown in this language, with its links from where the translation lies."""

        def line(found: re.Match) -> str:
            english = found[4] and MINUTES.sub("{minutes}", found[4])
            return found[3] + self.translated(NAMES[path], english) if english else found[0]

        def link(found: re.Match) -> str:
            if re.match(r"[a-z]+:|#", found[1]):
                return found[0]
            return f"]({between(self.place(path), self.place((path.parent / found[1]).resolve()))})"

        return LINK.sub(link, LINE.sub(line, markdown))

    def made(self, path: Path) -> str | NotebookNode:
        """The README or a notebook in this language: its prose, and what the package says in its outputs."""
        if path == README:
            text = self.prose(path.read_text(encoding="utf-8"), path)
            return stamped_readme(text, self.place(path), self.say, self.place)
        notebook = read(path)
        for cell in notebook.cells[1:]:
            if cell.cell_type == "markdown":
                cell.source = self.prose(cell.source, path)
            for output in cell.get("outputs", []):
                holder, key = (output, "text") if "text" in output else (output.get("data", {}), "text/plain")
                if key in holder:
                    holder[key] = re.sub(".+", lambda line: self.said(line[0]), holder[key])
        stamped_notebook(notebook, path, self.say, self.place)
        notebook.cells[0].source += f" · [English]({between(self.place(path), path)})"
        bootstrap = next(cell for cell in notebook.cells if is_bootstrap(cell))
        bootstrap.source += f'\ncourse_utils.set_language("{self.language}")'
        return notebook

    @cached_property
    def messages(self) -> dict[str, str]:
        """What the package says: its own messages, and the titles for its map of the lessons."""
        catalogue = self.catalogues.get(PACKAGE, ())
        own = {message.id: self.translated(PACKAGE, message.id) for message in catalogue if message.id}
        titles = {head(path)["title"]: self.titles[head(path)["title"]] for path in LESSONS}
        return {english: text for english, text in (own | titles).items() if english != text}

    @cached_property
    def patterns(self) -> list[tuple[re.Pattern, list[str], str]]:
        """The messages as the package prints them, those with most words first, and their translations."""
        found = []
        for english in sorted(self.messages, key=lambda english: -len(PLACE.sub("", english))):
            words = PLACE.split(english)
            pattern = re.compile("(.+?)".join(map(re.escape, words[::2])))
            found.append((pattern, words[1::2], PLACE.sub(r"{\1}", self.messages[english])))
        return found

    def said(self, text: str) -> str:
        """A line that the package has printed, as it is printed in this language; any other as it is."""
        mark = re.match(r"\[OK\] |\d\d [□■ ]+  |", text)[0]
        for pattern, places, translation in self.patterns:
            if found := pattern.fullmatch(text, len(mark)):
                filled = zip(places, map(self.said, found.groups()), strict=True)
                return mark + translation.format(**dict(filled))
        return text

    def problems(self, name: str) -> list[str]:
        """What is to be done in a catalogue, a line each."""
        catalogue, wanted, found = self.catalogues[name], template(name), []
        for english in (message.id for message in wanted if message.id):
            message = catalogue.get(english)
            if not message or not message.string or message.fuzzy:
                found.append(f"{'fuzzy' if message and message.fuzzy else 'missing'}: {english}")
            elif different := differences(english, message.string):
                found.append(f"not the same {', '.join(different)}: {message.string}")
        return found + [
            f"gone: {message.id}" for message in catalogue if message.id and message.id not in wanted
        ]

    def update(self, name: str) -> None:
        """Bring a catalogue in step: new messages, changed ones (fuzzy), and those that are gone."""
        self.catalogues[name].update(template(name), update_creation_date=False)
        layout = {"width": 0, "ignore_obsolete": True, "include_lineno": False}
        write_po(content := io.BytesIO(), self.catalogues[name], **layout)
        put(content.getvalue().decode(), self.file(name))

    def compiled(self) -> dict[str, str]:
        """What stands in the file that the package reads."""
        if not self.mo.exists():
            return {}
        with self.mo.open("rb") as file:
            return {message.id: message.string for message in read_mo(file) if message.id}

    def compile(self) -> None:
        if self.compiled() != self.messages:
            catalogue = Catalog(self.folder.name)
            for english, text in self.messages.items():
                catalogue.add(english, text)
            self.mo.parent.mkdir(parents=True, exist_ok=True)
            with self.mo.open("wb") as file:
                write_mo(file, catalogue)
            print(f"in step now: {self.mo.relative_to(ROOT)}")


def folders() -> list[Path]:
    return sorted(path for path in LOCALE.glob("*") if path.is_dir())


def begin(name: str) -> None:
    """Make an empty catalogue, as in `zh_CN/05_mini_batches`."""
    locale, _, text = name.partition("/")
    if text not in [PACKAGE, *SOURCES]:
        sys.exit(f"There is no catalogue {name!r}: write a language and a text, BEGIN=zh_CN/05_mini_batches.")
    file = LOCALE / f"{name}.po"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            write_po(opened, Catalog(locale, header_comment=f"# {text}", fuzzy=False))


def main(names: list[str]) -> None:
    for name in names:
        begin(name)
    stamp()
    for folder in folders():
        edition = Edition(folder)
        for name in edition.catalogues:
            edition.update(name)
        for path in edition.sources():
            put(edition.made(path), edition.place(path))
        edition.compile()
        for name in edition.catalogues:
            for problem in edition.problems(name):
                print(f"{edition.file(name).relative_to(ROOT)}: {problem}")


if __name__ == "__main__":
    main(sys.argv[1:] or os.environ.get("BEGIN", "").split())
