"""``percuta plan``: from a plan file to a result folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from percuta.cli.console import (
    JsonOption,
    LibraryOption,
    WorkersOption,
    command,
    library_with,
    plain,
    print_json,
    progress,
    say,
    stdout,
)

if TYPE_CHECKING:
    from rich.table import Table


@command
def plan(
    file: Annotated[Path, typer.Argument(help="The plan file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder for the result.", show_default=False)],
    members: Annotated[int, typer.Option("--members", help="Number of scenarios, a power of two.")] = 64,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of the scenarios.")] = 0,
    accuracy: Annotated[
        str, typer.Option("--accuracy", help="Of radiofrequency pulses: draft, standard or reference.")
    ] = "draft",
    study: Annotated[
        bool, typer.Option("--study", help="Compute a refused plan all the same, marked REFUSED.")
    ] = False,
    influence: Annotated[
        bool, typer.Option("--influence", help="Add the share of variance that hangs on inputs of each grade.")
    ] = False,
    workers: WorkersOption = 1,
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> int:
    """Check and compute a plan, and write result.nc, endpoints.json, findings.json, report.html, manifest.json.

    A plan that no rule stops gets an aftercare sheet for the person treated as well: aftercare.html.

    Example: percuta plan examples/cheek_pen.toml --out out/cheek_pen
    """
    from percuta.cli.check import print_findings
    from percuta.engine.scenarios import check_members
    from percuta.manifest import DISCLAIMER
    from percuta.plan.reading import load_plan
    from percuta.workflows.plan import run_plan
    from percuta.workflows.pulse import checked_accuracy

    check_members(members)
    setting = checked_accuracy(accuracy)
    known = library_with(library)
    loaded = load_plan(file, known)
    with progress("scenarios", as_json=as_json) as update:
        planned = run_plan(
            loaded,
            out,
            members=members,
            seed=seed,
            accuracy=setting,
            study=study,
            influence=influence,
            workers=workers,
            known=known,
            progress=update,
        )
    if as_json:
        given = {"verdict": planned.findings.verdict, "folder": str(out), "endpoints": planned.endpoints}
        print_json(given | {"aftercare": None if planned.aftercare is None else str(planned.aftercare)})
        return planned.findings.exit_code
    if not planned.endpoints:
        print_findings(planned.findings)
        say(f"\nNothing was computed. The findings are in {out / 'findings.json'}")
        return planned.findings.exit_code
    console = stdout()
    console.print(f"[bold]{plain(planned.findings.sentence)}[/bold]")
    for one in planned.findings.findings:
        if one.severity != "advise":
            say(f"  {one.severity.upper()} {one.rule}: {one.reason}")
    print_endpoints(planned.endpoints)
    say(f"\nThe report is {planned.report}")
    if planned.aftercare is not None:
        say(f"The aftercare sheet is {planned.aftercare}")
    say(DISCLAIMER)
    return planned.findings.exit_code


def print_endpoints(endpoints: list[dict[str, Any]]) -> None:
    """Print the endpoint table: what is typical, and the range that 9 of 10 scenarios fall into."""
    from percuta.report.tail_error import worth_saying
    from percuta.report.wording import withheld
    from percuta.results.endpoints import RESEARCH

    console = stdout()
    given = [one for one in endpoints if "withheld" not in one]
    console.print(_table([one for one in given if one["name"] not in RESEARCH]))
    modelled = [one for one in given if one["name"] in RESEARCH]
    if modelled:
        console.print("\nFor researchers: modelled tissue, its amplitude calibrated on seven small studies")
        console.print(_table(modelled))
    if any(worth_saying(one) for one in given):
        say("\nEnds ± at most: the standard error of the less certain end; more scenarios (--members) make it smaller")
    for one in withheld(endpoints):
        place = f" ({one.place})" if one.place else ""
        say(f"\n{one.sentence}{place}:\n  {', '.join(one.names)}")


_SHOWN = {"anaesthetic_exposure_multiple": (1.0, "times")}  # a number without a dimension that is no share


def _table(endpoints: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    from percuta.report.tail_error import worth_saying

    table = Table(box=None, pad_edge=False)
    for column in ("endpoint", "zone", "typical", "9 of 10 scenarios", "ends ± at most", "unit"):
        table.add_column(column, overflow="fold", justify="left" if column in ("endpoint", "zone", "unit") else "right")
    for one in endpoints:
        name, zone = plain(one["name"]), plain(one["zone"] or "")
        if "probabilities" in one:
            likely = max(one["probabilities"], key=one["probabilities"].get)
            shares = ", ".join(f"{word} {100 * share:.0f} %" for word, share in one["probabilities"].items() if share)
            table.add_row(name, zone, likely, shares, "", "")
        else:
            factor, unit = _SHOWN.get(one["name"]) or ((100.0, "%") if one["unit"] == "1" else (1.0, one["unit"]))
            low, middle, high = (number(factor * one[key]) for key in ("p5", "p50", "p95"))
            ends = number(float(format(factor * one["tail_error"], ".1g"))) if worth_saying(one) else ""
            table.add_row(name, zone, middle, f"{low} to {high}", ends, unit)
    return table


def number(value: float) -> str:
    """Return a number with three digits, without powers of ten; below a thousandth is zero."""
    if abs(value) < 0.0005:
        return "0"
    return f"{float(f'{value:.3g}'):,.10g}"
