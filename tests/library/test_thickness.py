"""The layers of one person at one site, in every dataset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from percuta.errors import LibraryError
from percuta.library.entries import Site, Thickness
from percuta.library.registry import library
from percuta.library.thickness import LayerSet, layer_sets
from percuta.sources import Sourced, Spread


def length(name: str, value: float, sd: float | None = None) -> Sourced:
    """A thickness [m]."""
    return Sourced(name, value, "mm", None if sd is None else Spread("normal", sd=sd), "assumed")


EPIDERMIS = length("epidermis", 0.1e-3)


def layers(dataset: str, sex: str, age: tuple[float, float] | None = None, dermis: float = 1e-3) -> Thickness:
    return Thickness(dataset, dataset, "ultrasound", sex, age, length("e", 0.2e-3), length("d", dermis), None)


def full_skin(dataset: str, sex: str, age: tuple[float, float] | None, whole: float) -> Thickness:
    return Thickness(dataset, dataset, "50 MHz", sex, age, None, None, length("f", whole))


def site(*blocks: Thickness) -> Site:
    return Site("cheek", "Cheek", "face", "", False, blocks, None)


CHEEK = site(
    layers("a", "female", dermis=0.9e-3),
    layers("a", "male", dermis=1.1e-3),
    full_skin("b", "female", (20, 29), 1.9e-3),
    full_skin("b", "female", (40, 49), 2.1e-3),
    layers("c", "any", dermis=1.5e-3),
)


def test_every_dataset_that_covers_the_sex_gives_one_set() -> None:
    women = {found.dataset: found for found in layer_sets(CHEEK, "female", 45, EPIDERMIS)}
    assert list(women) == ["a", "b", "c"]
    assert women["a"].central == (0.2e-3, 0.9e-3)
    men = {found.dataset: found for found in layer_sets(CHEEK, "male", 45, EPIDERMIS)}
    assert list(men) == ["a", "c"]
    assert men["a"].central == (0.2e-3, 1.1e-3)


@pytest.mark.parametrize(
    ("age", "whole"),
    [(20, 1.9e-3), (29, 1.9e-3), (3, 1.9e-3), (32, 1.9e-3), (38, 2.1e-3), (40, 2.1e-3), (49, 2.1e-3), (95, 2.1e-3)],
)
def test_a_dataset_by_bands_gives_the_nearest_band(age: float, whole: float) -> None:
    found = next(found for found in layer_sets(CHEEK, "female", age, EPIDERMIS) if found.dataset == "b")
    assert found.full_skin is not None
    assert found.full_skin.si == whole


def test_full_skin_less_the_epidermis_of_another_dataset_is_dermis() -> None:
    found = next(found for found in layer_sets(CHEEK, "female", 25, EPIDERMIS) if found.dataset == "b")
    assert found.epidermis is EPIDERMIS
    assert found.dermis is None
    assert found.central == pytest.approx((0.1e-3, 1.8e-3))


def test_a_sex_that_no_dataset_covers_is_an_error() -> None:
    with pytest.raises(LibraryError, match="no thickness of Cheek is known for this sex"):
        layer_sets(site(layers("a", "female")), "male", 40, EPIDERMIS)
    with pytest.raises(LibraryError, match="no thickness"):
        layer_sets(site(), "male", 40, EPIDERMIS)


def test_the_band_of_independent_layers_adds_in_squares() -> None:
    found = LayerSet("a", "", "", length("e", 0.2e-3, 0.03e-3), length("d", 1.0e-3, 0.04e-3), None)
    low, middle, high = found.depth_band()
    assert middle == pytest.approx(1.2e-3)
    assert middle - low == pytest.approx(1.6449 * 0.05e-3, rel=1e-4)
    assert high - middle == pytest.approx(middle - low)


def test_the_band_of_the_full_skin_is_its_own() -> None:
    found = LayerSet("b", "", "", EPIDERMIS, None, length("f", 2e-3, 0.1e-3))
    low, middle, high = found.depth_band()
    assert middle == 2e-3
    assert (high - middle, middle - low) == pytest.approx((1.6449e-4, 1.6449e-4), rel=1e-4)
    exact = LayerSet("b", "", "", EPIDERMIS, None, length("f", 2e-3))
    assert exact.depth_band() == (2e-3, 2e-3, 2e-3)


@given(st.sampled_from(sorted(library().sites)), st.sampled_from(["female", "male"]), st.floats(1, 120))
def test_every_shipped_site_has_plausible_layers_for_every_adult(name: str, sex: str, age: float) -> None:
    for found in library().layers(name, sex, age):
        epidermis, dermis = found.central
        assert 0.02e-3 < epidermis < 0.5e-3
        assert 0.2e-3 < dermis < 6e-3
        low, middle, high = found.depth_band()
        assert 0 < low <= middle <= high < 10e-3
