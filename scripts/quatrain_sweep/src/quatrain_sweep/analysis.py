# SPDX-License-Identifier: Apache-2.0
"""The commands that read: table, pareto, plot, compare."""

import sys
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from quatrain_sweep import columns, style, tables
from quatrain_sweep.errors import UserError
from quatrain_sweep.figures import KINDS, Choice
from quatrain_sweep.files import read_report, writing
from quatrain_sweep.pareto import on_front
from quatrain_sweep.rows import Rows, load
from quatrain_sweep.side_by_side import side_by_side, subjects


def _usual_columns(rows: Rows, objectives: Sequence[str]) -> list[str]:
    figures = [name.removeprefix("-") for name in objectives] + [rows.colour]
    return list(dict.fromkeys([*rows.varied, *(rows.shown or figures)]))


def print_table(
    store: Path,
    where: str | None,
    names: Sequence[str] | None,
    sort: str | None,
    failed: bool,
    everything: bool,
    target: str | None,
) -> None:
    """Prints rows, or with `target` writes them as CSV."""
    rows = load(store, None if failed else where, need_rows=not failed)
    frame = rows.failed if failed else rows.frame
    if failed:
        varied = [name for name in rows.parameters if name in frame and frame[name].nunique(dropna=False) > 1]
        names = [*varied, "error"]
    elif everything:
        names = [name for name in frame.columns if name != "report"]
    names = names or _usual_columns(rows, rows.objectives)
    for name in [*names, *([sort.removeprefix("-")] if sort else [])]:
        if name not in frame.columns:
            raise UserError(f"column = {name}: must be one of {', '.join(map(str, frame.columns))}")
    if sort:
        frame = frame.sort_values(sort.removeprefix("-"), ascending=not sort.startswith("-"), kind="stable")
    if target:
        headings = [columns.heading(name) for name in names]
        tables.write_csv(target, headings, frame[list(names)].values.tolist())
        return
    print(tables.of_frame(frame, names))
    if not failed:
        notes = [f"{len(frame)} rows"]
        if len(rows.failed):
            notes.append(f"{len(rows.failed)} points failed: --failed")
        if rows.frame["program"].nunique() > 1:
            notes.append(
                f"of {rows.frame['program'].nunique()} builds of the simulator: --columns program,..."
            )
        print("; ".join(notes), file=sys.stderr)


def print_front(store: Path, where: str | None, objectives: Sequence[str] | None, target: str | None) -> None:
    """Prints the Pareto front, or with `target` writes it as CSV."""
    rows = load(store, where)
    objectives = objectives or rows.objectives
    rows.need([name.removeprefix("-") for name in objectives])
    first = objectives[0].removeprefix("-")
    front = rows.frame[on_front(rows.frame, objectives)].sort_values(first, kind="stable")
    names = _usual_columns(rows, objectives)
    if target:
        tables.write_csv(target, [columns.heading(name) for name in names], front[names].values.tolist())
        return
    print(tables.of_frame(front, names))
    print(f"{len(front)} of {len(rows.frame)} points, by {', '.join(objectives)}", file=sys.stderr)


def _save(figure: Figure, output: Path) -> None:
    if output.suffix not in (".png", ".svg"):
        raise UserError(f"--output {output}: must end in .png or .svg")
    with writing(output) as temporary:
        # No date in the file, so that equal figures are equal files.
        figure.savefig(temporary, metadata={"Date": None} if output.suffix == ".svg" else None)


def plot_one(store: Path, where: str | None, kind: str, choice: Choice, output: Path) -> None:
    """Draws one figure."""
    style.use()
    _save(KINDS[kind](load(store, where), choice), output)


def plot_all(store: Path, where: str | None, choice: Choice, folder: Path) -> None:
    """Draws every figure that the rows allow, each as PNG and SVG, and says which they do not."""
    style.use()
    rows = load(store, where)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--output {folder}: cannot be made: {error.strerror}") from error
    for kind, draw in KINDS.items():
        try:
            figure = draw(rows, choice)
        except UserError as error:
            print(f"no {kind}: {error}", file=sys.stderr)
            continue
        for suffix in (".png", ".svg"):
            _save(figure, folder / f"{kind}{suffix}")


def print_side_by_side(files: Sequence[Path], target: str | None) -> None:
    """Prints reports side by side, or with `target` writes them as CSV."""
    found = [subject for file in files for subject in subjects(file, read_report(file))]
    headings, rows = side_by_side(found)
    if target:
        tables.write_csv(target, headings, [[str(row[0]).strip(), *row[1:]] for row in rows])
    else:
        print(tables.sides(headings, rows))
