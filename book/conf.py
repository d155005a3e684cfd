"""Settings of the web book; `book/build.py` prepares its pages and calls Sphinx."""

import re

from docutils.nodes import SkipNode, Text, TextElement, literal_block, raw
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.search.en import SearchEnglish

from book.build import elsewhere
from tools.publish import address, project

version = release = project()["version"]
project = "PyTorch by Hand"

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the stored outputs are the book
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/html", None)]  # the text of a table, not its HTML
nb_ipywidgets_js = {}  # the default asks foreign servers for scripts
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"

html_theme = "sphinx_book_theme"
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["book.css"]
html_favicon = "static/favicon.svg"
html_context = {"default_mode": "light"}
html_copy_source = False
html_use_index = False
html_theme_options = {
    "use_download_button": False,
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "navbar_persistent": [],  # the search stands in the sidebar
    "article_header_end": ["languages.html", "article-header-buttons.html"],
}
if address():
    html_theme_options |= {
        "repository_url": address(),
        "repository_branch": f"v{version}",
        "path_to_docs": "notebooks",
        "use_repository_button": True,
        "launch_buttons": {"colab_url": "https://colab.research.google.com"},
    }


def formula(as_block: bool):
    def visit(writer, node):
        tag = "div" if as_block else "span"  # scrolls on a narrow screen
        writer.body.append(f'<{tag} class="formula">{tex2mathml(node.astext(), as_block=as_block)}</{tag}>')
        raise SkipNode

    return visit


def shown(app, doctree) -> None:
    """HTML in the Markdown or in an output is shown as it is written: a script in it must not run."""
    for node in list(doctree.findall(raw)):
        text = node.astext()
        if re.fullmatch(r"</?kbd>", text):
            continue
        if re.fullmatch(r"<!--.*-->\s*", text, re.S):
            new = []
        else:
            new = Text(text) if isinstance(node.parent, TextElement) else literal_block(text, text)
        node.replace_self(new)


def languages(app, name, template, context, doctree):
    """What the switch of a page needs."""
    context["languages"] = elsewhere(app.config.language, name)


class Chinese(SearchEnglish):
    """Chinese has no spaces: its letters stand in the index, and each two of them; of a query only each two.

    Sphinx's own needs a dictionary of 40 MB, finds no phrases, and in Sphinx 9.0 nothing at all (#14229).
    """

    lang = "zh"
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[一-鿿]+|(?:(?![一-鿿])[\p{L}\p{N}_])+/gu) ?? []).flatMap((word) =>
    /^[一-鿿]{2,}$/.test(word) ? Array.from(word.slice(1), (letter, i) => word[i] + letter) : [word]);
"""

    def split(self, input: str) -> list[str]:
        return re.findall(r"[^\W一-鿿]+|[一-鿿]", input) + re.findall("(?=([一-鿿]{2}))", input)


def setup(app):
    """The switch, the search, and formulas as MathML, which browsers draw and screen readers read."""
    app.add_search_language(Chinese)
    app.connect("html-page-context", languages)
    app.add_html_math_renderer("mathml", (formula(False), None), (formula(True), None))
    app.connect("doctree-read", shown)
