"""The roles ``{cite:p}`` and ``{cite:t}``: publications by their keys, each a link into the bibliography."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.domains import Domain
from sphinx.util.docutils import SphinxRole

from percuta.library.bibliography import Reference, bibliography
from percuta_book.addresses import BIBLIOGRAPHY, reference_anchor
from percuta_book.references import in_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class _Cited(SphinxRole):
    def references(self) -> list[Reference]:
        """Return the references of the keys between the back ticks; a key that is unknown is a warning."""
        found = []
        for key in (one.strip() for one in self.text.split(",")):
            if key in bibliography():
                found.append(bibliography()[key])
            else:
                _warn(self, key)
        return found

    def link(self, reference: Reference, text: str) -> nodes.Node:
        """Return a link to a reference."""
        page = self.env._app.builder.get_relative_uri(self.env.docname, BIBLIOGRAPHY)
        address = f"{page}#{reference_anchor(reference.key)}"
        return nodes.reference("", text, refuri=address, internal=True, classes=["percuta-cited"])


def _warn(role: SphinxRole, key: str) -> None:
    from sphinx.util import logging

    logging.getLogger(__name__).warning("no reference has the key %r", key, location=role.get_location())


class _InParentheses(_Cited):
    def run(self) -> tuple[list[nodes.Node], list[Any]]:
        """Return the links."""
        parts: list[nodes.Node] = [nodes.Text("(")]
        for place, one in enumerate(self.references()):
            parts += [nodes.Text("; ")] if place else []
            parts.append(self.link(one, one.short))
        return [*parts, nodes.Text(")")], []


class _InSentence(_Cited):
    def run(self) -> tuple[list[nodes.Node], list[Any]]:
        """Return the links."""
        parts: list[nodes.Node] = []
        for place, one in enumerate(self.references()):
            who, year = in_text(one)
            parts += [nodes.Text(", ")] if place else []
            parts.append(self.link(one, f"{who} ({year})" if year else who))
        return parts, []


class Citations(Domain):
    """Publications."""

    name = "cite"
    label = "Publications"
    roles = {"p": _InParentheses(), "t": _InSentence()}


def setup(app: Sphinx) -> None:
    """Add the roles."""
    app.add_domain(Citations)
