"""Structured logs: one line an event, as text or as JSON, without addresses or secrets."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from digest.pipeline.report import RunReport

log = logging.getLogger("digest")

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""The attributes that every log record has; others were given as ``extra``."""


class JsonLines(logging.Formatter):
    """Formats each record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Write ``time``, ``level``, ``event`` and what else the record was given."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        entry |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def start(style: Literal["text", "json"], *, level: Literal["INFO", "WARNING"] = "INFO") -> None:
    """Log to standard error from now on; events below ``level`` leave no line."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S")
    handler.setFormatter(JsonLines() if style == "json" else text)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It tells of every job it runs, and jobs here only wake the service.
    logging.getLogger("apscheduler").setLevel(logging.WARNING)


def tell(report: RunReport) -> None:
    """Log what a pass did; a pass that did nothing leaves no line."""
    figures = report.as_json()
    for problem in report.problems:
        log.warning("%s", problem)
    counts = {name: figures[name] for name in ("dumps", "papers", "digests", "feeds")}
    done = [
        f"{count} {name} {what}"
        for name, part in counts.items()
        for what, count in part.items()
        if count and what not in ("unchanged", "waiting", "skipped")
    ]
    if done:
        log.info("pass: %s", ", ".join(done), extra=counts)
