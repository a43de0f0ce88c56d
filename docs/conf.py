"""The book of Percuta: `make docs`. Everything stands in the output; nothing is loaded from a network."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_extensions"), str(Path(__file__).parents[1] / "src")]

from percuta import __version__  # noqa: E402

project = "Percuta"
author = "The Percuta contributors"
project_copyright = author
version = release = __version__
language = "en_GB"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "percuta_book"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_extensions", "_static"]
root_doc = "index"
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "attrs_block", "attrs_inline"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

autodoc_typehints = "none"  # the docstrings give types and units in words
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_math_renderer = "mathml"
html_title = "Percuta"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "logo": {"text": "Percuta"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_prev_next": True,
    "navigation_with_keys": False,
    "pygments_light_style": "tango",
    "pygments_dark_style": "github-dark",
    "footer_start": ["copyright"],
    "footer_end": [],
    # pages with wide tables, which lead to their entries themselves, leave the contents out
    "secondary_sidebar_items": {
        "**": ["page-toc"],
        "library/devices": [],
        "library/sites": [],
        "library/products": [],
        "evidence": [],
    },
}
