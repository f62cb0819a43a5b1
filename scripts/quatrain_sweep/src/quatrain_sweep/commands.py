# SPDX-License-Identifier: Apache-2.0
"""The command line, `quatrain-sweep`. Each command imports what it needs, so that --help answers at once."""

import sys
from pathlib import Path

import click

from quatrain_sweep import __version__
from quatrain_sweep.errors import Interrupted, UserError

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
KINDS_OF_PLOTS = ("pareto", "energy", "time", "classes", "roofline", "heatmap", "tornado")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="\b\nExample:\n  quatrain-sweep run s.yaml && quatrain-sweep report s.points -o s.html",
)
@click.version_option(__version__)
def cli() -> None:
    """Sweeps of the Quatrain simulator, and reports of its runs (docs/sweeps.md)."""


@cli.command(
    epilog="\b\nExamples:\n"
    "  quatrain-sweep run sweep.yaml\n"
    "  quatrain-sweep run sweep.yaml --scheduler tcp://head:8786\n"
    "  quatrain-sweep run sweep.yaml --slurm --slurm-jobs 20 --slurm-option queue=short"
)
@click.argument("sweep", type=FILE)
@click.option("--store", type=FOLDER, help="Folder of the rows; default: the sweep file's name with .points.")
@click.option(
    "--program", metavar="FILE", help="The simulator; default: $QUATRAIN, build/release here or above, PATH."
)
@click.option("--workers", type=click.IntRange(1), help="Processes of this machine; default: its cores.")
@click.option("--scheduler", metavar="ADDRESS", help="A running scheduler of Dask, as in tcp://host:8786.")
@click.option("--slurm", is_flag=True, help="Workers are jobs of Slurm.")
@click.option("--slurm-jobs", type=click.IntRange(1), default=4, show_default=True, help="How many.")
@click.option(
    "--slurm-option",
    "slurm_options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Of dask_jobqueue.SLURMCluster: queue, account, cores, memory, walltime, ...; repeatable.",
)
@click.option("--slurm-script", is_flag=True, help="Print the job script and stop.")
@click.option("--retry", is_flag=True, help="Run points again that failed for good.")
@click.option("--dry-run", is_flag=True, help="List the points that would be run, and stop.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def run(
    sweep: Path,
    store: Path | None,
    program: str | None,
    workers: int | None,
    scheduler: str | None,
    slurm: bool,
    slurm_jobs: int,
    slurm_options: tuple[str, ...],
    slurm_script: bool,
    retry: bool,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Run the points of a sweep file that the store does not have."""
    from quatrain_sweep import run_sweep
    from quatrain_sweep.cluster import ClusterChoice, slurm_cluster
    from quatrain_sweep.plan import Plan
    from quatrain_sweep.program import Program, find_program
    from quatrain_sweep.sweep_file import read

    if slurm_script:
        with slurm_cluster(slurm_options) as cluster:
            print(cluster.job_script())
        return
    if scheduler is not None and (slurm or workers is not None):
        raise UserError("--scheduler: is a cluster of its own, must be without --slurm and --workers")
    simulator = Program(find_program(program))
    plan = Plan(read(sweep), simulator)
    rows = run_sweep.store_of(store, sweep)
    if dry_run:
        run_sweep.dry_run(plan, simulator, rows)
        return
    choice = ClusterChoice(workers, scheduler, slurm, slurm_jobs, slurm_options)
    run_sweep.SweepRun(plan, simulator, rows, retry, quiet).run(choice)


STORE = click.argument("store", metavar="STORE_OR_SWEEP", type=click.Path(path_type=Path))
WHERE = click.option("--where", metavar="CONDITION", help="Rows that meet it, as in 'area_mm2 <= 2'.")


@cli.command(
    epilog="\b\nExamples:\n"
    "  quatrain-sweep table s.points --where 'recipe == \"fp4-tpr\"' --sort joules_per_epoch\n"
    "  quatrain-sweep table s.points --columns recipe,seconds_per_epoch,area_mm2 --csv rows.csv"
)
@STORE
@WHERE
@click.option(
    "--columns", "names", metavar="NAME,...", help="Default: what varies, the objectives, the colour."
)
@click.option("--sort", metavar="NAME", help="By this column; a minus in front: from the largest.")
@click.option("--failed", is_flag=True, help="The points that failed, and why.")
@click.option("--all", "everything", is_flag=True, help="Every column.")
@click.option("--csv", "target", metavar="FILE", help="Write CSV, in full precision; - is standard output.")
def table(
    store: Path,
    where: str | None,
    names: str | None,
    sort: str | None,
    failed: bool,
    everything: bool,
    target: str | None,
) -> None:
    """The rows of a store."""
    from quatrain_sweep.analysis import print_table

    print_table(store, where, names.split(",") if names else None, sort, failed, everything, target)


@cli.command(
    epilog="\b\nExamples:\n"
    "  quatrain-sweep pareto s.points\n"
    "  quatrain-sweep pareto s.points --objectives joules_per_epoch,area_mm2,-utilisation --csv front.csv"
)
@STORE
@WHERE
@click.option("--objectives", metavar="NAME,...", help="To be small; a minus in front: to be large.")
@click.option("--csv", "target", metavar="FILE", help="Write CSV, in full precision; - is standard output.")
def pareto(store: Path, where: str | None, objectives: str | None, target: str | None) -> None:
    """The points that no other point beats."""
    from quatrain_sweep.analysis import print_front

    print_front(store, where, objectives.split(",") if objectives else None, target)


@cli.command(
    epilog="\b\nExamples:\n"
    "  quatrain-sweep plot s.points pareto -o front.svg\n"
    "  quatrain-sweep plot s.points heatmap --x core.array.cols --y batch --colour area_mm2 -o a.png\n"
    "  quatrain-sweep plot s.points all -o figures/"
)
@STORE
@click.argument("kind", type=click.Choice([*KINDS_OF_PLOTS, "all"]))
@WHERE
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="PNG or SVG; of all: folder."
)
@click.option("--x", metavar="NAME", help="Of pareto and heatmap.")
@click.option("--y", metavar="NAME", help="Of pareto and heatmap; the figure of tornado.")
@click.option("--colour", metavar="NAME", help="Of pareto and roofline; the figure of heatmap.")
def plot(
    store: Path, kind: str, where: str | None, output: Path, x: str | None, y: str | None, colour: str | None
) -> None:
    """A figure: Pareto front, energy by component, time by pass or class, roofline, heat map, tornado."""
    from quatrain_sweep.analysis import plot_all, plot_one
    from quatrain_sweep.figures import Choice

    if kind == "all":
        plot_all(store, where, Choice(x, y, colour), output)
    else:
        plot_one(store, where, kind, Choice(x, y, colour), output)


@cli.command(
    epilog="\b\nExamples:\n"
    "  quatrain-sweep compare fp16.json fp4.json\n"
    "  quatrain-sweep compare run.json points.json --csv both.csv"
)
@click.argument("reports", type=FILE, nargs=-1, required=True)
@click.option("--csv", "target", metavar="FILE", help="Write CSV, in full precision; - is standard output.")
def compare(reports: tuple[Path, ...], target: str | None) -> None:
    """JSON reports of run, compare or train side by side."""
    from quatrain_sweep.analysis import print_side_by_side

    print_side_by_side(reports, target)


HTML = click.option("-o", "--output", type=FILE, required=True, help="The HTML file.")


@cli.command(
    epilog="\b\nExamples:\n"
    "  quatrain-sweep report s.yaml -o s.html\n"
    "  quatrain-sweep report s.points --where 'area_mm2 <= 2' -o small.html"
)
@STORE
@WHERE
@HTML
def report(store: Path, where: str | None, output: Path) -> None:
    """One HTML file of a sweep: figures to hover, filter and click, and a table. It needs no network."""
    from quatrain_sweep.report import write_report

    write_report(store, where, output)


@cli.command(
    epilog="\b\nExamples:\n"
    "  quatrain run --network resnet18 --json run.json && quatrain-sweep html run.json -o run.html\n"
    "  quatrain-sweep html train.log -o train.html"
)
@click.argument("report", type=FILE)
@HTML
def html(report: Path, output: Path) -> None:
    """One HTML file of one run, from the JSON of run, compare or train, or the log of train.

    With - for REPORT it comes from standard input.
    """
    from quatrain_sweep.run_report import write_run_report

    write_run_report(report, output)


def main() -> None:
    """Exit status: 0 done, 1 stopped early, 2 bad input, 130 interrupted."""
    try:
        cli(prog_name="quatrain-sweep", standalone_mode=False)
    except click.ClickException as error:
        hint = (
            f" ({error.ctx.command_path} --help)" if isinstance(error, click.UsageError) and error.ctx else ""
        )
        print(f"quatrain-sweep: {error.format_message()}{hint}", file=sys.stderr)
        sys.exit(2)
    except UserError as error:
        print(f"quatrain-sweep: {error}", file=sys.stderr)
        sys.exit(2)
    except Interrupted as error:
        print(f"quatrain-sweep: {error}", file=sys.stderr)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        print("quatrain-sweep: interrupted; finished points are kept", file=sys.stderr)
        sys.exit(130)
