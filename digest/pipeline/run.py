"""One pass: ingest, decide, deliver, publish."""

from datetime import datetime
from typing import Protocol

from digest.model import PaperKey
from digest.pipeline.context import RunContext
from digest.pipeline.decide import decide
from digest.pipeline.deliver import deliver
from digest.pipeline.ingest import ingest
from digest.pipeline.protocols import PassLedger
from digest.pipeline.publish import publish
from digest.pipeline.report import DecideReport, DeliverReport, RunReport


class Work(Protocol):
    """The two stages that can be divided among processes."""

    def __call__(
        self, context: RunContext[PassLedger], *, until: PaperKey, papers_came: bool, now: datetime
    ) -> tuple[DecideReport, DeliverReport]: ...


def alone(
    context: RunContext[PassLedger], *, until: PaperKey, papers_came: bool, now: datetime
) -> tuple[DecideReport, DeliverReport]:
    """Decide what is due, then send the mail, in this process."""
    decided = decide(context, until=until, papers_came=papers_came, now=now)
    return decided, deliver(context)


def run(context: RunContext[PassLedger], *, now: datetime, work: Work = alone) -> RunReport:
    """Make one pass. Each stage ends in a commit; what is interrupted the next pass takes up.
    ``work`` decides and delivers."""
    ingested = ingest(context.inbox, context.ledger, now=now, track=context.track)
    until = context.ledger.newest_key()
    decided, delivered = work(context, until=until, papers_came=ingested.new > 0, now=now)
    published = publish(context, now=now)
    return RunReport(now, ingested, decided, delivered, published)
