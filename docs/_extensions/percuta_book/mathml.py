"""Formulas as MathML, which browsers draw by themselves: no script, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

_LOGGER = logging.getLogger(__name__)


def _markup(node: nodes.Element, *, block: bool) -> str:
    try:
        return str(tex2mathml(node.astext(), as_block=block))
    except MathError as fault:
        _LOGGER.warning("a formula that cannot be drawn: %s: %s", node.astext(), fault, location=node)
        return f"<code>{node.astext()}</code>"


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(_markup(node, block=False))
    raise nodes.SkipNode


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    label = node.get("label")
    identifier = f' id="{node["ids"][0]}"' if node["ids"] else ""
    number = ""
    if node.get("number") and label:
        number = f'<span class="percuta-equation-number">({get_node_equation_number(writer, node)})</span>'
    formula = f'<div class="percuta-formula" tabindex="0">{_markup(node, block=True)}</div>'
    writer.body.append(f'<div class="percuta-equation"{identifier}>{formula}{number}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Add the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
