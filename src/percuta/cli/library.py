"""``percuta library``: the values that Percuta works with, each with its spread, grade and source."""

from __future__ import annotations

from typing import Annotated

import typer

from percuta.cli.console import JsonOption, LibraryOption, command, library_with, print_json
from percuta.cli.tables import print_head, print_rows


@command
def library(
    shelf: Annotated[
        str,
        typer.Argument(
            help="devices, sites, products, drugs, tissues, parameters, screening, protocol, aims, evidence, schemas.",
            show_default=False,
        ),
    ],
    name: Annotated[str | None, typer.Argument(help="One entry of that shelf.", show_default=False)] = None,
    outcome: Annotated[
        str | None, typer.Option(help="Evidence only: findings of this outcome, such as collagen.", show_default=False)
    ] = None,
    modality: Annotated[
        str | None, typer.Option(help="Evidence only: this way of treatment, such as pen or rf.", show_default=False)
    ] = None,
    role: Annotated[
        str | None, typer.Option(help="Evidence only: findings used to fit, judge or context.", show_default=False)
    ] = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Browse the library: what is known, from where, and what nobody published.

    The shelf evidence holds the published trials and measurements, and which of them set or judge a parameter.

    Example: percuta library devices skinpen-precision
    """
    from percuta.errors import LibraryError
    from percuta.workflows.browse import list_shelf, show_entry
    from percuta.workflows.schemas import SCHEMAS, schema

    filters = {"outcome": outcome, "modality": modality, "role": role}
    if shelf == "evidence":
        from percuta.cli.evidence import evidence

        evidence(name, filters, as_json=as_json)
        return
    if given := [f"--{key}" for key, word in filters.items() if word]:
        raise LibraryError("only the evidence is filtered", value=", ".join(given), do="percuta library evidence ...")
    if shelf == "schemas":
        print_json(schema(name) if name else list(SCHEMAS))
        return
    known = library_with(library)
    if name is None:
        rows = list_shelf(known, shelf)
        if as_json:
            print_json(rows)
        else:
            print_rows(rows)
        return
    head, values = show_entry(known, shelf, name)
    if as_json:
        print_json(head | {"values": values})
        return
    print_head(head)
    if values:
        print()
        columns = ("name", "value", "spread", "grade", "source", "note")
        print_rows([{key: one[key] for key in columns} for one in values])
