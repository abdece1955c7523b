"""``digest init``: a new home."""

import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
from pydantic import ValidationError

from digest import config, starter

_FORMS = "daily-papers, arxiv:CATEGORIES such as arxiv:cs.LG,cs.CL, or feed:URL"
BACKFILL = "7d"


class SourceChoice(click.ParamType[str]):
    """A source in a word, as the section of TOML that switches it on."""

    name = "source"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Turn ``arxiv:cs.LG`` into a section."""
        kind, _, rest = value.partition(":")
        keys: dict[str, object] = {"kind": kind}
        if kind == "arxiv":
            keys["categories"] = [each.strip() for each in rest.split(",") if each.strip()]
        elif kind == "feed":
            keys["name"] = re.sub("[^a-z0-9]+", "-", urlsplit(rest).netloc.lower()).strip("-")
            keys["url"] = rest
        elif kind != "daily-papers" or rest:
            self.fail(f"{value!r} is none of {_FORMS}", param, ctx)
        try:
            config.Source.model_validate(keys)
        except ValidationError as error:
            first = error.errors()[0]["msg"].removeprefix("Value error, ")
            self.fail(f"{value!r}: {first}; write {_FORMS}", param, ctx)
        section = config.sources_as_toml([keys])
        if kind != "feed":
            section += f'backfill = "{BACKFILL}"  # how far back the first fetch reaches\n'
        return section


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--source",
    "sources",
    type=SourceChoice(),
    multiple=True,
    help=f"Switch on a source to fetch papers from: {_FORMS}.",
)
def init(folder: Path, sources: tuple[str, ...]) -> None:
    """Make a new home in FOLDER, ready to run: profiles, settings and three sample dumps.

    With --source, which may be given several times, papers are fetched, and there are no samples.

    \b
    Examples:
      digest init my-lab && cd my-lab && digest run
      digest init my-lab --source daily-papers --source arxiv:cs.LG,cs.CL
    """
    files = starter.files(sources)
    # A file that has just changed might still be being written; these are finished.
    finished = time.time() - 60
    if taken := [folder / name for name in files if (folder / name).exists()]:
        what = f"{taken[0]} exists already; choose another folder or move it away."
        raise click.ClickException(what)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (finished, finished))
    (folder / "inbox").mkdir(exist_ok=True)
    click.echo(f"Made {folder.absolute()}. Next: edit {folder / 'subscribers.yaml'}, then")
    if sources:
        click.echo(f"  digest --home {folder} fetch")
    click.echo(f"  digest --home {folder} run")
