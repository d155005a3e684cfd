"""The editions in other languages: complete, in step with the English, one rendering a term, and spoken."""

import csv
import re
from unittest.mock import Mock

import nbformat
import pytest

import course_utils
from course_utils import digits, language
from helpers import ROOT, python, strict_nbval
from tools.notebooks import NOTEBOOKS, read
from tools.translate import PACKAGE, SOURCES, Edition, differences, folders, lines

EDITIONS = list(map(Edition, folders()))
CHINESE = next(edition for edition in EDITIONS if edition.language == "zh")
CATALOGUES = [(edition, name) for edition in EDITIONS for name in edition.catalogues]
every_edition = pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.folder.name)
every_catalogue = pytest.mark.parametrize(
    ("edition", "name"), CATALOGUES, ids=[f"{edition.folder.name}/{name}" for edition, name in CATALOGUES]
)


@every_catalogue
def test_complete_and_in_step(edition, name):
    """All messages translated, and what is made of them is what is stored."""
    file = edition.file(name).relative_to(ROOT)
    if problems := edition.problems(name):
        pytest.fail(
            f"{file}: {len(problems)} to do, `make translate` lists them. {problems[0]}", pytrace=False
        )
    if name == PACKAGE:
        in_step = edition.compiled() == edition.messages
    else:
        made, place = edition.made(SOURCES[name]), edition.place(SOURCES[name])
        stored = place.exists() and (
            place.read_text(encoding="utf-8") if place.suffix == ".md" else read(place)
        )
        in_step = made == stored
    if not in_step:
        pytest.fail(f"What is made of {file} is not what is stored: run `make translate`.", pytrace=False)


@every_edition
def test_nothing_is_left_of_texts_that_are_gone(edition):
    names = {
        file.relative_to(edition.folder).with_suffix("").as_posix() for file in edition.folder.rglob("*.po")
    }
    assert names == set(edition.catalogues), "rename or remove these catalogues"
    built = {*(NOTEBOOKS / edition.language).rglob("*.ipynb"), *ROOT.glob(f"README.{edition.language}.md")}
    assert built == set(map(edition.place, edition.sources())), "remove what has no catalogue"


def test_all_is_there_in_chinese():
    assert {PACKAGE, *SOURCES} == set(CHINESE.catalogues)


def messages(edition: Edition, name: str) -> list[tuple[str, str]]:
    found = [(message.id, message.string) for message in edition.catalogues[name] if message.id]
    return [(re.sub(r"`[^`]*`", "", english), text) for english, text in found]


def terms(edition: Edition) -> list[dict[str, str]]:
    """A term in English, those for it in this language, and those that are never used."""
    file = edition.folder / "terms.csv"
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) if file.exists() else []


@every_catalogue
def test_a_term_is_rendered_one_way(edition, name):
    """In bold, where it is explained, with the English beside it; and at least mostly in each text."""
    for row in terms(edition):
        used = re.compile(rf"(?i)(?<![\w.]){row['english']}(s|es)?(?![\w(])")
        ours = row["term"].split(" ")
        found = [(english, text) for english, text in messages(edition, name) if used.search(english)]
        for english, text in found:
            if re.search(rf"\*\*{row['english']}s?\*\*", english):
                assert any(f"**{term}**（" in text for term in ours), f"{row['english']}: {text}"
        kept = sum(any(term in text for term in ours) for _, text in found)
        assert len(found) < 4 or 2 * kept >= len(found), f"{row['english']}: {found}"
        for word in row["never"].split():
            wrong = [text for _, text in messages(edition, name) if word in text]
            assert not wrong, f"write {row['term']}, not {word}: {wrong}"


@every_edition
def test_links_work_in_the_built_notebooks(edition):
    for path in map(edition.place, edition.sources()):
        cells = read(path).cells if path.suffix == ".ipynb" else []
        text = "".join(cell.source for cell in cells if cell.cell_type == "markdown")
        for target in re.findall(r"\]\(([^)#\s]+)\)", text):
            assert re.match(r"[a-z]+:", target) or (path.parent / target).is_file(), (path.name, target)


@every_edition
@pytest.mark.parametrize(
    "notebooks", ["00_start_here.ipynb", pytest.param("solutions", marks=pytest.mark.slow)]
)
def test_notebooks_run_and_print_what_is_stored(edition, notebooks):
    """The solutions have each check, in the words of the language; all else is as in the English ones."""
    run = strict_nbval(NOTEBOOKS / edition.language / notebooks)
    assert run.returncode == 0, run.stdout + run.stderr


TEXT = """# 03 · A title

A sentence with `code`, about 12 minutes.
- an item
1. another

| a | row |
|---|---|

```python
no = "prose"
```

$$y = x$$

    no prose

<!-- lessons -->
none
<!-- /lessons -->
## 1 · A heading
Its text."""


def test_what_a_message_is():
    found = ["A title", "A sentence with `code`, about 12 minutes.", "an item", "another", "| a | row |"]
    assert lines(TEXT) == [*found, "A heading", "Its text."]
    needs = "**What you need:** Python, and about 12 minutes, plus 20 for the exercises. No more."
    assert lines(needs) == ["**What you need:** Python, and {minutes}. No more."]


BOLD = "bold, which Markdown does not see beside punctuation: set a space or move the mark"


@pytest.mark.parametrize(
    ("english", "translation", "found"),
    [
        ("See [a](b.ipynb) in `x`, $y$ and [3].", "`x`、$y$ 和 [3]：[甲](b.ipynb)。", []),
        ("See [a](b.ipynb).", "见 [甲](c.ipynb)。", ["links"]),
        ("The loss of `x`", "`y` 的损失", ["code"]),
        ("The loss in the figure", "图中的 `loss`（损失）", []),
        ("The line $y$", "直线 $z$", ["formulas"]),
        ("Cell [3]", "单元格 [4]", ["cell references", "numbers"]),
        ("{input} and {found}", "{input}", ["places"]),
        ("<kbd>Enter</kbd>", "Enter", ["tags"]),
        ("| a | b |", "| 甲 |", ["columns"]),
        ("It has 1,000 rows", "共一千行", ["numbers"]),
        ("**Pitfall:** it fails", "**常见错误**：不行", []),
        ("**Pitfall:** it fails", "常见错误：不行", ["bold"]),
        ("**Pitfall:** it fails", "**常见错误：**不行", [BOLD]),
        ("The **`nn.Module`** of all", "所有的 **`nn.Module`**，", []),
        ("The **`nn.Module`** of all", "所有的**`nn.Module`**", [BOLD]),
    ],
)
def test_what_must_be_the_same(english, translation, found):
    assert differences(english, translation) == found


def test_a_changed_sentence_is_one_fuzzy_message(tmp_path, monkeypatch):
    name, path = "00_start_here", SOURCES["00_start_here"]
    fresh, notebook = Edition(CHINESE.folder), read(path)
    monkeypatch.setattr("tools.translate.put", lambda text, path: None)
    fresh.update(name)
    before = set(fresh.problems(name))
    sentence = max((line for cell in notebook.cells for line in lines(cell.source)), key=len)
    changed = sentence.replace(" ", " really ", 1)
    for cell in notebook.cells:
        cell.source = cell.source.replace(sentence, changed)
    nbformat.write(notebook, tmp_path / path.name)
    monkeypatch.setitem(SOURCES, name, tmp_path / path.name)
    fresh.update(name)
    assert set(fresh.problems(name)) - before == {f"fuzzy: {changed}"}
    assert fresh.translated(name, changed) == changed


@pytest.fixture
def chinese(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COURSE_LANGUAGE", "en")
    course_utils.set_language("zh")


def test_the_package_speaks_chinese(chinese, capsys):
    course_utils.check("00.1", lambda x: x**2)
    course_utils.hint("00.1")
    course_utils.progress()
    printed = capsys.readouterr().out
    for line in ("练习 00.1：还不对。你返回的是平方。3 的两倍是 6。", "提示 1/2：", "00 □      从这里开始"):
        assert f"\n{line}" in f"\n{printed}"


def test_a_message_without_translation_stays_english(chinese):
    assert language.say("no such message: {n}", n=3) == "no such message: 3"


def test_an_unknown_language():
    with pytest.raises(ValueError, match="There is no language 'xx': choose from en, .*zh"):
        course_utils.set_language("xx")


def test_the_language_of_the_environment():
    code = "from course_utils.language import say; print(say('correct. {correct}', correct=1))"
    said = [python("-c", code, env={"COURSE_LANGUAGE": name}).stdout for name in ("", "zh", "zh_CN", "xx")]
    assert said == ["correct. 1\n", "正确。1\n", "正确。1\n", "correct. 1\n"]


def test_outputs_are_translated_as_the_package_says_them(chinese, capsys, monkeypatch):
    monkeypatch.setattr(digits, "_load_mnist", Mock(side_effect=OSError("no network")))
    for print_it in (course_utils.progress, course_utils.load_mnist, course_utils.check_environment):
        print_it()
        spoken = capsys.readouterr().out
        with monkeypatch.context() as patch:
            patch.setenv("COURSE_LANGUAGE", "en")
            print_it()
        assert "".join(map(CHINESE.said, re.split("(\n)", capsys.readouterr().out))) == spoken
