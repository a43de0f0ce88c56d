"""What has to be known of a cream before anybody can say how its anaesthetics pass the skin."""

from __future__ import annotations

from percuta.library.drugs import Drug
from percuta.library.entries import Product
from percuta.library.registry import Library


def anaesthetics_of(product: Product, library: Library) -> list[Drug]:
    """Return the anaesthetics that a product holds; nothing else that it holds is followed."""
    return [drug for drug in map(library.drug, product.drugs) if drug.kind == "anaesthetic"]


def missing_figures(product: Product, library: Library) -> list[str]:
    """Return the figures without which nobody can say how a cream's anaesthetics pass the skin and numb."""
    missing = []
    for drug in anaesthetics_of(product, library):
        fields = [product.field_of(kind, drug.id) for kind in ("strength", "saturation")]
        missing += [f"{name} of {product.name}" for name in fields if product.published(name) is None]
        needed = ["molecular_mass", "log_octanol_water", "aqueous_solubility", "ionises_as", "anaesthetic_potency"]
        ionises = drug.published("ionises_as")
        needed += ["pka"] if ionises is not None and ionises.text != "none" else []
        missing += [f"{name} of {drug.name}" for name in needed if drug.published(name) is None]
    return missing
