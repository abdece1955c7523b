"""``digest db``: copies and backups of the ledger, what to say after restoring one, and pruning."""

from datetime import datetime
from pathlib import Path

import click
from pydantic_core import PydanticCustomError

from digest import ledger
from digest.cli import app, output, pruning
from digest.cli.options import file_type, pass_home
from digest.config import fields
from digest.scheduling import liveness


@click.group()
def db() -> None:
    """Copy the ledger to another database, back it up, restore it, prune it."""


@db.command()
@click.argument("url")
@pass_home(
    "digest db copy postgresql+psycopg://digest@localhost/digest",
    "digest db copy sqlite:///state/back.db",
    json=True,
)
def copy(home: app.Home, url: str, as_json: bool) -> None:
    """Copy the ledger into the empty database at URL, and prove that both hold the same.

    URL is written as `database_url` is in digest.toml. Stop the service first: what it does from
    now on is not in the copy. The old database stays as it is.
    """
    try:
        target = fields.in_home(fields.database_url(url), home.path)
    except PydanticCustomError as error:
        words = error.context or {}
        what = f"{words.get('what')}: {words.get('remedy')}"
        raise click.BadParameter(what, param_hint="URL") from error
    with app.open_ledger(home) as old, ledger.open(target) as new:
        owners = old.owners()
        dead = liveness.stale(home.state / "owners", owners)
        if busy := sorted(set(owners) - set(dead)):  # mail in flight would go again from the copy
            what = f"{busy[0]} is sending mail; stop it, or wait until its lease ends."
            raise click.ClickException(what)
        with output.waiting("copying"):
            copied = old.copy_into(new)
    if as_json:
        output.print_json([output.fields(each, "table", "rows", "hash") for each in copied])
        return
    rows = [(each.table, f"{each.rows:,}", each.hash[:16]) for each in copied]
    output.console().print(output.table(("Table", "#Rows", "SHA-256"), rows))
    click.echo(
        "The copy holds the same rows. Now set `database_url`, or DIGEST_DATABASE_URL, to it."
    )


@db.command()
@click.argument("file", type=file_type())
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@pass_home(
    "digest db backup /var/backups/digest/monday.db",
    "digest db backup --force /var/backups/digest/last.db",
)
def backup(home: app.Home, file: Path, force: bool) -> None:
    """Write a consistent copy of the ledger to the SQLite file FILE, also while it is in use.

    Keep state/keys, digest.toml and subscribers.yaml beside it: they are not in the ledger.
    """
    if file.exists() and not force:
        raise click.ClickException(f"{file} exists; name another file, or add --force.")
    with app.open_ledger(home) as book:
        if not book.exists:
            raise click.ClickException("There is no ledger yet, so nothing to back up.")
        with output.waiting("copying"):
            book.back_up(file.absolute())
    click.echo(f"Wrote {file}: {file.stat().st_size / 1e6:,.1f} MB, checked.")


@db.command()
@click.argument("file", type=file_type(exists=True))
@pass_home("digest db restore /var/backups/digest/monday.db", now=True)
def restore(home: app.Home, file: Path, now: datetime) -> None:
    """Put the backup FILE in the place of the SQLite ledger, which is kept beside it.

    Mail that may have been sent since the backup is held, as by `digest db restored`. Stop the
    service first.
    """
    with app.open_ledger(home) as book:
        done = book.put_back(file, now=now)
    click.echo(f"Put {file} back." + (f" The old ledger is {done.aside}." if done.aside else ""))
    _tell_held(done.held)


@db.command()
@pass_home("pg_restore --clean --dbname digest monday.dump && digest db restored", now=True)
def restored(home: app.Home, now: datetime) -> None:
    """Say that an older copy of the database was put back by other means than `restore`.

    Mail that the copy has as unsent, and mail of periods that had ended by now, becomes
    uncertain instead of being sent: a person who has had it would get it twice. Say this before
    anything else runs.
    """
    with app.open_ledger(home) as book:
        if not book.exists:
            raise click.ClickException("There is no ledger; put the copy in its place first.")
        _tell_held(book.restored(now=now))


@db.command()
@click.option("--dry-run", is_flag=True, help="Count what would be removed; remove nothing.")
@click.option("--compact", is_flag=True, help="Make the file of SQLite smaller as well.")
@pass_home("digest db prune --dry-run", "digest db prune --compact", now=True, json=True)
def prune(home: app.Home, now: datetime, dry_run: bool, compact: bool, as_json: bool) -> int:
    """Remove what is older than [keep] in digest.toml says; every day a pass does so by itself.

    Who was sent what, papers and the hashes of dumps stay for good, so that nobody gets a paper
    twice. SQLite uses the room again that becomes free; --compact gives it back to the file system,
    for which it needs as much room once more, and others wait.

    Exit status: 0; 1 when a file could not be removed.
    """
    with app.open_ledger(home) as book, output.waiting("Removing"):
        done = pruning.prune(home, book, now=now, dry=dry_run)
        if compact and not dry_run:
            book.compact()
    output.answer(as_json, done.counts, lambda: _show_pruned(done, dry=dry_run))
    output.print_problems(done.problems)
    return int(bool(done.problems))


def _show_pruned(done: pruning.Pruned, *, dry: bool) -> None:
    rows = [(pruning.KINDS[kind], f"{count:,}") for kind, count in done.counts.items()]
    output.console().print(output.table(("", "#Would be removed" if dry else "#Removed"), rows))


def _tell_held(held: int) -> None:
    click.echo(f"{held} emails are held as uncertain, and so will be those of past periods:")
    click.echo("  digest deliveries list --state uncertain")
    click.echo("  digest deliveries mark-sent NUMBER, or resend NUMBER, settles one.")
