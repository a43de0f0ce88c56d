"""The library as one object: files of third parties, and the hash that names what a result was computed from."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from percuta.errors import LibraryError
from percuta.library import registry
from percuta.library.files import shipped
from percuta.library.registry import Library, library

PEN = "generic-pen-12"


def text_of(folder: str, identifier: str) -> str:
    return (shipped() / folder / f"{identifier}.toml").read_text(encoding="utf-8")


def device_file(folder: Path, identifier: str, name: str = "mine.toml") -> Path:
    file = folder / name
    file.write_text(f'type = "device"\nid = "{identifier}"\n' + text_of("devices", PEN), encoding="utf-8")
    return file


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package's folder beside the shipped one."""
    root = tmp_path / "third_party"
    for folder in ("devices", "parameters", "tissues"):
        (root / folder).mkdir(parents=True)
    monkeypatch.setattr("percuta.library.files.folders", lambda: [shipped(), root])
    return root


def test_the_digest_names_files_given_besides(tmp_path: Path) -> None:
    one, other = device_file(tmp_path, "my-pen"), device_file(tmp_path, "your-pen", "yours.toml")
    assert Library().digest == library().digest
    assert Library([one]).digest not in (library().digest, Library([other]).digest)
    assert Library([one, other]).digest == Library([other, one]).digest


def test_the_digest_names_folders_of_third_parties(third_party: Path) -> None:
    before = Library().digest
    (third_party / "devices" / "my-pen.toml").write_text(text_of("devices", PEN))
    known = Library()
    assert known.digest != before
    assert known.device("my-pen").name == known.device(PEN).name


def test_a_file_given_besides_replaces_nothing(tmp_path: Path) -> None:
    file = device_file(tmp_path, PEN)
    with pytest.raises(LibraryError, match="two files have a device of this name") as caught:
        _ = Library([file]).devices
    assert str(file) in str(caught.value)
    assert f"{PEN}.toml" in (caught.value.do or "")
    with pytest.raises(LibraryError, match="two files have a device of this name"):
        Library([device_file(tmp_path, "my-pen"), device_file(tmp_path, "my-pen", "twice.toml")])


@pytest.mark.parametrize(
    ("folder", "identifier", "attribute"),
    [("devices", PEN, "devices"), ("parameters", "healing", "parameters"), ("tissues", "dermis", "tissues")],
)
def test_a_folder_of_a_third_party_replaces_nothing(
    third_party: Path, folder: str, identifier: str, attribute: str
) -> None:
    (third_party / folder / f"{identifier}.toml").write_text(text_of(folder, identifier))
    with pytest.raises(LibraryError, match="two files have a") as caught:
        getattr(Library(), attribute)
    assert caught.value.value == identifier
    assert str(third_party) in str(caught.value)


def test_a_product_of_a_third_party_names_known_drugs(tmp_path: Path) -> None:
    product = tmp_path / "cream.toml"
    product.write_text(
        'type = "product"\nid = "my-cream"\nname = "Cream"\nkind = "anaesthetic"\ndrugs = ["my-caine"]\n'
    )
    with pytest.raises(LibraryError, match="a drug that the library does not know") as caught:
        _ = Library([product]).products
    assert caught.value.value == "my-caine"
    assert str(product) in str(caught.value)
    drug = tmp_path / "caine.toml"
    drug.write_text('type = "drug"\nid = "my-caine"\n' + text_of("drugs", "lidocaine"))
    known = Library([product, drug])
    assert known.product("my-cream").drugs == ("my-caine",)
    assert known.drug("my-caine").known("molecular_mass").si == pytest.approx(0.2343)


def test_the_shipped_library_is_sent_by_name() -> None:
    raw = pickle.dumps(library())
    assert len(raw) < 1000
    assert pickle.loads(raw) is library()


def test_files_given_besides_are_sent_by_their_text(tmp_path: Path) -> None:
    """The other side may have no such file, and needs none."""
    file = device_file(tmp_path, "my-pen")
    known = Library([file])
    raw = pickle.dumps(known)
    file.unlink()
    sent = pickle.loads(raw)
    assert sent.digest == known.digest != library().digest
    assert sent.device("my-pen") == known.device("my-pen")
    assert pickle.loads(raw) is sent  # read once for a process


def test_a_library_that_is_not_the_one_that_was_sent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = pickle.dumps(library())
    monkeypatch.setattr(registry, "__version__", "0.0.0")
    monkeypatch.setattr(registry, "library", lambda: Library([]))
    monkeypatch.setattr(registry, "library_digest", lambda _: "f" * 64)
    registry._unpickled.cache_clear()
    with pytest.raises(LibraryError, match=r"ffffffffffff of Percuta 0\.0\.0, in place of") as caught:
        pickle.loads(raw)
    assert caught.value.exit_code == 2
    assert library().digest[:12] in str(caught.value)


@pytest.mark.parametrize(
    ("site", "thickness"),
    [("cheek", 16.8), ("upper-eyelid", 14.9), ("deltoid", 11.0), ("hand-dorsum", 29.3), ("abdomen", 21.6)],
)
def test_a_site_has_the_stratum_corneum_that_was_measured_there(site: str, thickness: float) -> None:
    assert library().stratum_corneum(site).si == pytest.approx(thickness * 1e-6)


def test_every_place_measured_may_be_named_by_a_site_but_the_palm() -> None:
    known = library()
    named = {site.stratum_corneum for site in known.sites.values()}
    assert named <= set(known.horny_layers)
    assert {f"stratum_corneum_thickness_{place}" for place in (*known.horny_layers, "palm")} == {
        name for name in known.tissues["epidermis"] if name.startswith("stratum_corneum")
    }


def test_the_stratum_corneum_elsewhere_spans_the_places_measured() -> None:
    known = library()
    measured = [
        known.stratum_corneum(name).si for name, site in known.sites.items() if site.stratum_corneum != "elsewhere"
    ]
    elsewhere = known.stratum_corneum("thigh")
    assert elsewhere.grade == "assumed"
    assert elsewhere.band(0.0, 1.0) == pytest.approx((min(measured), max(measured)))
