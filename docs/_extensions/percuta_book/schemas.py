"""The reference of the files: their keys from the published JSON Schemas, and the variables of a result."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from percuta.workflows.schemas import schema
from percuta_book.markdown import code, escaped, table

_MOST_WORDS = 24  # of a list of words that is spelled out
Keys = tuple[str, str, str, str]


def keys_table(name: str) -> str:
    """Return every key of a file of one schema: what it takes, whether it has to be there, and what it means."""
    whole = schema(name)
    rows = [(code(path), kind, needed, says) for path, kind, needed, says in _keys(whole, whole, "", frozenset())]
    return table(("key", "takes", "needed", "meaning"), rows)


def _resolved(part: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its reference followed and a null beside it left out."""
    while "$ref" in part:
        rest = {key: value for key, value in part.items() if key != "$ref"}
        part = whole["$defs"][part["$ref"].rpartition("/")[2]] | rest
    others = [one for one in part.get("anyOf", ()) if one.get("type") != "null"]
    if len(others) == 1:
        rest = {key: value for key, value in part.items() if key != "anyOf"}
        return _resolved(others[0], whole) | rest
    return part


def _keys(part: dict[str, Any], whole: dict[str, Any], path: str, seen: frozenset[str]) -> Iterator[Keys]:
    part = _resolved(part, whole)
    for one in (*part.get("oneOf", ()), *part.get("anyOf", ())):
        yield from _once(_keys(one, whole, path, seen))
    if part.get("type") == "array":
        yield from _keys(part.get("items", {}), whole, f"{path}[]", seen)
    required = part.get("required", ())
    for name, inner in part.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        whole_inner = _resolved(inner, whole)
        title = whole_inner.get("title", "")
        yield here, _kind(whole_inner, whole), "yes" if name in required else "", _meaning(inner, whole_inner)
        if title not in seen or not title:
            yield from _keys(whole_inner, whole, here, seen | {title})
    more = part.get("additionalProperties")
    if isinstance(more, dict):
        yield f"{path}.NAME", _kind(_resolved(more, whole), whole), "", ""
        yield from _keys(more, whole, f"{path}.NAME", seen)


def _once(keys: Iterator[Keys]) -> Iterator[Keys]:
    yield from dict.fromkeys(keys)


def _meaning(given: dict[str, Any], resolved: dict[str, Any]) -> str:
    said = given.get("description") or resolved.get("description") or ""
    default = resolved.get("default")
    shown = f"Default: `{default}`." if default not in (None, [], {}, "") else ""
    return " ".join(part for part in (escaped(said), shown) if part)


def _kind(part: dict[str, Any], whole: dict[str, Any]) -> str:
    if "const" in part:
        return code(str(part["const"]))
    if "enum" in part:
        words = [str(word) for word in part["enum"]]
        return ", ".join(code(word) for word in words) if len(words) <= _MOST_WORDS else "a word"
    if "anyOf" in part or "oneOf" in part:
        kinds = [_kind(_resolved(one, whole), whole) for one in (*part.get("anyOf", ()), *part.get("oneOf", ()))]
        return " or ".join(dict.fromkeys(kinds))
    kind: str | list[str] = part.get("type", "")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {_kind(_resolved(part.get('items', {}), whole), whole)}"
    return {"object": "table", "string": "text", "integer": "whole number", "boolean": "true or false"}.get(kind, kind)


def variables_table(file: str) -> str:
    """Return the variables of a result file: group, name, dimensions, unit and what they are; one zone for all."""
    import xarray as xr

    with xr.open_datatree(file, engine="h5netcdf") as tree:
        zones = list(tree["zones"].children) if "zones" in tree.children else []
        others = tuple(f"/zones/{zone}" for zone in zones[1:])
        rows = [row for node in tree.subtree if not _within(node.path, others) for row in _variables(node, zones)]
    return table(("group", "variable", "dimensions", "unit", "what it is"), rows)


_INPUTS = "with its grade and source as attributes; a dot of the input's name is written as two underscores"
Cells = tuple[str, str, str, str, str]


def _within(path: str, groups: tuple[str, ...]) -> bool:
    return any(path == group or path.startswith(f"{group}/") for group in groups)


def _variables(node: Any, zones: list[str]) -> Iterator[Cells]:
    """Yield the variables of one group; the inputs, of which each plan has others, as one."""
    group = code(node.path.replace(f"/zones/{zones[0]}", "/zones/ZONE") if zones else node.path)
    if node.path == "/inputs":
        yield group, "one for each input that is drawn", "member", "its own", _INPUTS
        return
    for name, one in node.to_dataset(inherit=False).variables.items():
        unit = code(str(one.attrs["units"])) if one.attrs.get("units") else ""
        yield group, code(str(name)), ", ".join(map(str, one.dims)), unit, _said(one.attrs)


def _said(attributes: dict[str, Any]) -> str:
    says = escaped(str(attributes.get("long_name", "")))
    meanings = str(attributes.get("flag_meanings", ""))
    words = meanings.split("|") if "|" in meanings else meanings.split()
    return f"{says} ({', '.join(map(code, words))})" if words else says
