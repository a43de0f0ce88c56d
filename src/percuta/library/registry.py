"""One object that holds the whole library, read on first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from percuta import __version__
from percuta.errors import LibraryError, Where, nearest
from percuta.library.aims import Aims, read_aims
from percuta.library.drugs import Drug, read_drug
from percuta.library.entries import (
    Device,
    PigmentTrial,
    Product,
    Rule,
    Site,
    Term,
    read_device,
    read_pigment_trial,
    read_product,
    read_rule,
    read_site,
    read_term,
)
from percuta.library.files import library_digest, parse_toml, read_text, read_toml, shipped, toml_files
from percuta.library.harms import Harm, read_harm
from percuta.library.phototypes import Phototype, read_phototypes
from percuta.library.posterior import with_draws
from percuta.library.tables import Fields, WithFields, read_fields
from percuta.library.thickness import LayerSet, layer_sets
from percuta.library.warning_signs import WarningSigns, read_warning_signs
from percuta.sources import Sourced, Unpublished

Kind = TypeVar("Kind")
_IDENTIFIER = re.compile(r"^[a-z0-9][a-z0-9._-]{0,59}$")
_HORNY = "stratum_corneum_thickness_"
_Raw = tuple[Traversable | Path, dict[str, Any]]  # the file and its table


class Library:
    """Devices, sites, products, drugs, tissues, parameters and rules.

    Parameters
    ----------
    extra
        TOML files of third parties; each states ``type`` (``device``, ``site``, ``product`` or ``drug``) and ``id``.
    """

    def __init__(self, extra: Iterable[Path] = ()) -> None:
        self._read([(file, read_text(file, Where(file), LibraryError)) for file in extra])

    def _read(self, own: Iterable[tuple[Path, str]]) -> None:
        """Take the files of third parties, by name and text."""
        self._extra: dict[str, dict[str, _Raw]] = {"device": {}, "site": {}, "product": {}, "drug": {}}
        self._own = tuple(own)
        for file, text in self._own:
            raw = parse_toml(text, Where(file), LibraryError)
            kind, identifier = raw.pop("type", None), raw.pop("id", None)
            if not isinstance(kind, str) or kind not in self._extra or not isinstance(identifier, str):
                raise LibraryError(
                    "a library file must state its type and id",
                    value=f"type = {kind}, id = {identifier}",
                    allowed="type = device, site, product or drug",
                    where=Where(file),
                )
            if not _IDENTIFIER.match(identifier):
                raise LibraryError(
                    "an id is made of small letters, digits, dots, underscores and hyphens",
                    value=identifier,
                    allowed="up to 60 of them, beginning with a letter or digit",
                    where=Where(file),
                )
            _add(kind, self._extra[kind], identifier, (file, raw))

    @cached_property
    def digest(self) -> str:
        """Hash over every file that this library is read from, those of third parties included."""
        return library_digest(text for _, text in self._own)

    def __reduce__(self) -> tuple[Callable[..., Library], tuple[Any, ...]]:
        """Pickle the shipped library by name, and files given besides by their text."""
        return _unpickled, (__version__, self.digest, self._own)

    @cached_property
    def devices(self) -> dict[str, Device]:
        """Devices by identifier."""
        return self._all("device", read_device)

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Sites by identifier."""
        return self._all("site", lambda identifier, raw: read_site(identifier, raw, self.horny_layers))

    @cached_property
    def products(self) -> dict[str, Product]:
        """Products by identifier."""
        return self._all("product", lambda identifier, raw: read_product(identifier, raw, self.drugs))

    @cached_property
    def drugs(self) -> dict[str, Drug]:
        """Drugs by identifier."""
        return self._all("drug", read_drug)

    @cached_property
    def tissues(self) -> dict[str, Fields]:
        """Tissue properties by tissue."""
        return {
            name: read_fields(f"tissue.{name}", table.get("fields"), None)
            for name, (_, table) in _tables("tissue", "tissues").items()
        }

    @cached_property
    def horny_layers(self) -> tuple[str, ...]:
        """Places with a thickness of the stratum corneum of their own; the palm is no place to treat."""
        measured = [name.removeprefix(_HORNY) for name in self.tissues["epidermis"] if name.startswith(_HORNY)]
        return tuple(place for place in measured if place != "palm")

    @cached_property
    def parameters(self) -> dict[str, Sourced]:
        """Model parameters by ``topic.name``."""
        found: dict[str, Sourced] = {}
        for topic, (_, table) in _tables("topic of parameters", "parameters").items():
            whole = {name: with_draws(raw) for name, raw in table.items()}
            for name, entry in read_fields(topic, whole, None).items():
                if isinstance(entry, Sourced):
                    found[f"{topic}.{name}"] = entry
        return found

    @cached_property
    def screening(self) -> dict[str, Rule]:
        """Screening items by identifier, in the order of the questionnaire."""
        return _rules("screening.toml")

    @cached_property
    def protocol(self) -> dict[str, Rule]:
        """Protocol rules by identifier."""
        return _rules("protocol.toml")

    @cached_property
    def terms(self) -> list[Term]:
        """Misleading terms."""
        return [read_term(raw) for raw in _rule_file("terms.toml")["term"]]

    @cached_property
    def pigment_trials(self) -> list[PigmentTrial]:
        """Trials that counted hyperpigmentation."""
        return [read_pigment_trial(raw) for raw in _rule_file("pigment.toml")["trial"]]

    @cached_property
    def warning_signs(self) -> list[WarningSigns]:
        """Signs that an anaesthetic does harm in the body."""
        return [read_warning_signs(raw, self.drugs) for raw in _rule_file("warning_signs.toml")["sign"]]

    @cached_property
    def harms(self) -> list[Harm]:
        """What needling can do to a person, in words for the person treated."""
        return [read_harm(raw) for raw in _rule_file("harms.toml")["harm"]]

    @cached_property
    def phototypes(self) -> tuple[Phototype, ...]:
        """The six phototypes in plain words."""
        return read_phototypes(_rule_file("phototypes.toml")["phototype"])

    @cached_property
    def aims(self) -> dict[str, Aims]:
        """Default wishes of an optimisation by modality."""
        return {modality: read_aims(modality, table) for modality, (_, table) in _tables("modality", "aims").items()}

    def device(self, identifier: str) -> Device:
        """Return one device; an unknown name is an error that names the nearest."""
        return find("device", self.devices, identifier)

    def site(self, identifier: str) -> Site:
        """Return one site; an unknown name is an error that names the nearest."""
        return find("site", self.sites, identifier)

    def product(self, identifier: str) -> Product:
        """Return one product; an unknown name is an error that names the nearest."""
        return find("product", self.products, identifier)

    def drug(self, identifier: str) -> Drug:
        """Return one drug; an unknown name is an error that names the nearest."""
        return find("drug", self.drugs, identifier)

    def parameter(self, name: str) -> Sourced:
        """Return one model parameter."""
        return find("parameter", self.parameters, name)

    def layers(self, site: str, sex: str, age: float) -> list[LayerSet]:
        """Return the layers of one person at a site, one set for each dataset; ``age`` in years."""
        place = self.site(site)
        apart = "thickness_face_histology" if place.region == "face" else "thickness_all_sites_pooled"
        epidermis = self.tissues["epidermis"][apart]
        if isinstance(epidermis, Unpublished):
            raise epidermis.needed()
        return layer_sets(place, sex, age, epidermis)

    def fat(self, site: str) -> Sourced | None:
        """Return the thickness of the superficial fat at a site, or None where no measurement holds there."""
        measured = self.site(site).fat
        entry = self.tissues["subcutis"][f"superficial_fat_thickness_{measured}"] if measured else None
        return entry if isinstance(entry, Sourced) else None

    def stratum_corneum(self, site: str) -> Sourced:
        """Return the thickness of the stratum corneum at a site: its own, or the range over the places measured."""
        entry = self.tissues["epidermis"][f"{_HORNY}{self.site(site).stratum_corneum}"]
        if isinstance(entry, Unpublished):
            raise entry.needed()
        return entry

    def values(self) -> Iterator[Sourced | Unpublished]:
        """Yield every value of the library, published or not."""
        holders: tuple[WithFields, ...] = (*self.devices.values(), *self.products.values(), *self.drugs.values())
        for holder in holders:
            yield from holder.fields.values()
        for site in self.sites.values():
            for block in site.thickness:
                yield from (layer for layer in (block.epidermis, block.dermis, block.full_skin) if layer is not None)
            if site.area is not None:
                yield site.area
        for fields in self.tissues.values():
            yield from fields.values()
        yield from self.parameters.values()
        for rule in (*self.screening.values(), *self.protocol.values()):
            yield from rule.thresholds.values()
        for aims in self.aims.values():
            yield from aims.values()

    def _all(self, kind: str, read: Callable[[str, dict[str, Any]], Kind]) -> dict[str, Kind]:
        raw = _tables(kind, f"{kind}s")
        for identifier, one in self._extra[kind].items():
            _add(kind, raw, identifier, one)
        found = {}
        for identifier, (place, table) in raw.items():
            try:
                found[identifier] = read(identifier, table)
            except LibraryError as fault:
                raise fault.at(Where(str(place))) from fault
        return found


def _tables(kind: str, folder: str) -> dict[str, _Raw]:
    """Return the tables of one folder in every library, by identifier."""
    found: dict[str, _Raw] = {}
    for identifier, file in toml_files(folder):
        _add(kind, found, identifier, (file, read_toml(file)))
    return found


def _add(kind: str, known: dict[str, _Raw], identifier: str, one: _Raw) -> None:
    """Add an entry; one that exists already is never replaced."""
    if identifier in known:
        raise LibraryError(
            f"two files have a {kind} of this name",
            value=identifier,
            where=Where(str(one[0])),
            do=f"give another name; this one stands in {known[identifier][0]}",
        )
    known[identifier] = one


def find(kind: str, known: Mapping[str, Kind], identifier: str) -> Kind:
    """Return one entry of a mapping.

    Raises
    ------
    LibraryError
        If it is not there; the nearest known name is given.
    """
    try:
        return known[identifier]
    except KeyError:
        alike = nearest(identifier, known)
        raise LibraryError(
            f"no {kind} of this name in the library",
            value=identifier,
            do=f"did you mean {alike}?" if alike else f"see `percuta library {kind}s`",
        ) from None


@cache
def library() -> Library:
    """Return the shipped library together with those of installed packages."""
    return Library()


@cache
def _unpickled(version: str, digest: str, own: tuple[tuple[Path, str], ...]) -> Library:
    """Return the library that was pickled, from the data files of this installation.

    Raises
    ------
    LibraryError
        If this installation has other data files than the one that pickled it.
    """
    known = library()
    if own:
        known = Library()
        known._read(own)
    if known.digest != digest:
        raise LibraryError(
            "the library of this process is not the one that was sent to it",
            value=f"{known.digest[:12]} of Percuta {__version__}, in place of {digest[:12]} of Percuta {version}",
            do="install the same version of Percuta, and the same packages with libraries of their own, on both sides",
        )
    return known


def _rule_file(name: str) -> dict[str, Any]:
    return read_toml(shipped() / "rules" / name)


def _rules(name: str) -> dict[str, Rule]:
    rules = [read_rule(raw) for raw in _rule_file(name)["rule"]]
    if len({rule.id for rule in rules}) != len(rules):
        raise LibraryError("two rules have the same id", where=Where(name))
    return {rule.id: rule for rule in rules}
