"""Write the repository's address wherever it is needed: `make publish REPO=owner/name`.

Its one home is [project.urls] in pyproject.toml. Without REPO, all is put in step with what stands there.
"""

import os
import re
import sys
from pathlib import Path

import nbformat

from tools.refresh import NOTEBOOKS, ROOT, address, colab, stamp, write

OWNER_NAME = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}/(?!\.{1,2}$)(?!.*\.git$)[\w.-]{1,100}"
README_BLOCK = re.compile(r"(?<=<!-- address -->\n).*?(?=<!-- /address -->)", re.S)


def set_address(repository: str) -> None:
    """Put `owner/name` into [project.urls]."""
    file = ROOT / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"\[project\.urls\]\nRepository = .*\n\n", "", text)
    urls = f'[project.urls]\nRepository = "https://github.com/{repository}"\n\n'
    text = text.replace("[project.optional-dependencies]", urls + "[project.optional-dependencies]", 1)
    file.write_text(text, encoding="utf-8", newline="\n")


def readme_links() -> str:
    """The line of links at the top of the README; empty without an address."""
    if not address():
        return ""
    owner, name = address().split("/")[-2:]
    tests = f"{address()}/actions/workflows/test.yml"
    return (
        f"[Open in Colab]({colab('00_start_here.ipynb')}) · "
        f"[read on the web](https://{owner.lower()}.github.io/{name}/) · "
        f"[![tests]({tests}/badge.svg)]({tests}) · get it: `git clone {address()}`\n"
    )


def stamped(path: Path, text: str) -> str:
    """The text of README.md or CITATION.cff as it must be."""
    if path.name == "README.md":
        return README_BLOCK.sub(lambda _: readme_links(), text)
    text = re.sub(r"^repository-code: .*\n", "", text, flags=re.M)
    return text + (f'repository-code: "{address()}"\n' if address() else "")


def main(repository: str) -> None:
    if repository:
        if not re.fullmatch(OWNER_NAME, repository):
            sys.exit(f"REPO must be owner/name, as in `make publish REPO=ada/engine`, not {repository!r}.")
        set_address(repository)
    for path in sorted(NOTEBOOKS.rglob("[0-9]*.ipynb")):
        before = path.read_bytes()
        notebook = nbformat.read(path, as_version=4)
        stamp(notebook, path)
        if nbformat.writes(notebook).encode().strip() != before.strip():
            write(notebook, path)
            print(f"stamped {path.relative_to(ROOT)}")
    for path in (ROOT / "README.md", ROOT / "CITATION.cff"):
        before = path.read_text(encoding="utf-8")
        if (text := stamped(path, before)) != before:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"stamped {path.name}")
    print(address() or "No address yet: `make publish REPO=owner/name` sets it.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("REPO", ""))
