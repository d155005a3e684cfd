"""Settings of the web book; `book/build.py` prepares its pages and calls Sphinx."""

import re

from docutils.nodes import SkipNode, Text, TextElement, literal_block, raw
from docutils.utils.math.latex2mathml import tex2mathml

from tools.publish import address, project

version = release = project()["version"]
project = html_title = "PyTorch by Hand"
author = "the authors of PyTorch by Hand"
copyright = f"{author}. Code: MIT. Prose and figures: CC BY 4.0"

extensions = ["myst_nb"]
nb_execution_mode = "off"  # the stored outputs are the book
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/html", None)]  # the text of a table, not its HTML
nb_ipywidgets_js = {}  # the default asks foreign servers for scripts
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"

html_theme = "sphinx_book_theme"
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


def setup(app):
    """Formulas as MathML, which browsers draw and screen readers read, without any script."""
    app.add_html_math_renderer("mathml", (formula(False), None), (formula(True), None))
    app.connect("doctree-read", shown)
