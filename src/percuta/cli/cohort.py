"""``percuta cohort``: one plan for many people, and what their spread comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from percuta.cli.console import (
    JsonOption,
    LibraryOption,
    SchedulerOption,
    WorkersOption,
    library_with,
    plain,
    print_json,
    progress,
    resumable,
    say,
    stdout,
)

if TYPE_CHECKING:
    from rich.table import Table


@resumable
def cohort(
    file: Annotated[Path, typer.Argument(help="The plan file.", show_default=False)],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for cohort.zarr, cohort.json and cohort.html.", show_default=False)
    ],
    patients: Annotated[int, typer.Option("--patients", help="Number of people, up to 65536.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of people and all other draws.")] = 0,
    age: Annotated[
        str | None, typer.Option("--age", help='Only people of some ages: "30 to 60 years".', show_default=False)
    ] = None,
    sex: Annotated[str, typer.Option("--sex", help='female, male, any, or "as planned" for that of the plan.')] = "any",
    phototype: Annotated[
        str | None,
        typer.Option("--phototype", help='Only some phototypes: "3", "1 to 4" or "2, 3, 5".', show_default=False),
    ] = None,
    accuracy: Annotated[
        str, typer.Option("--accuracy", help="Of radiofrequency pulses: draft, standard or reference.")
    ] = "draft",
    study: Annotated[bool, typer.Option("--study", help="Compute a refused plan all the same.")] = False,
    workers: WorkersOption = 1,
    scheduler: SchedulerOption = None,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Compute a plan for many people who differ as published, and split their spread from what is not known.

    What is computed is kept: an interrupted run goes on where it stopped, and a repeated one computes nothing.

    Example: percuta cohort examples/cheek_pen.toml --patients 1000 --out out/cohort
    """
    from percuta.cli.check import print_findings
    from percuta.cohort.people import spec_of
    from percuta.manifest import DISCLAIMER
    from percuta.plan.reading import load_plan
    from percuta.workflows.cohort import run_cohort
    from percuta.workflows.pulse import checked_accuracy

    people, setting, known = spec_of(age, sex, phototype), checked_accuracy(accuracy), library_with(library)
    loaded = load_plan(file, known)
    with progress("people", as_json=as_json) as update:
        treated = run_cohort(
            loaded,
            out,
            patients=patients,
            seed=seed,
            people=people,
            accuracy=setting,
            study=study,
            workers=workers,
            scheduler=scheduler,
            known=known,
            progress=update,
        )
    if not treated.table:
        if as_json:
            print_json(treated.findings.as_dict())
        else:
            print_findings(treated.findings)
            say("\nNothing was computed; --study computes a refused plan all the same.")
        return treated.exit_code
    if as_json:
        print_json({"folder": str(out), **treated.table})
        return treated.exit_code
    print_cohort(treated.table)
    say(f"\nThe page is {treated.page}\nThe table of all people is {out / 'cohort.zarr'}")
    say(DISCLAIMER)
    return treated.exit_code


def print_cohort(table: dict[str, Any]) -> None:
    """Print who was computed, the verdicts, and every endpoint over the people."""
    from percuta.report.cohort import failures_in_words, people_in_words, verdicts_in_words

    console = stdout()
    console.print(f"[bold]{plain(table['plan'])}[/bold]: {plain(people_in_words(table))}")
    for sentence in (*verdicts_in_words(table), *failures_in_words(table)):
        say(sentence)
    console.print(_table(table))
    say(
        "p5 to p95: 9 in 10 of the computed people, each with values of their own for what is not known. Between "
        "people: share of the spread that would go if everything about the person were known."
    )


def _table(table: dict[str, Any]) -> Table:
    from rich.table import Table

    from percuta.report.cohort import endpoint_rows

    shown = Table(box=None, pad_edge=False)
    for column in ("endpoint", "zone", "p5", "p50", "p95", "unit", "between people"):
        number = column in ("p5", "p50", "p95", "between people")
        shown.add_column(column, overflow="fold", justify="right" if number else "left")
    for row in endpoint_rows(table):
        shown.add_row(*(plain(cell) for cell in row))
    return shown
