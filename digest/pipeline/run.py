"""One pass: ingest, decide, deliver, publish."""

from datetime import datetime

from digest.pipeline.context import RunContext
from digest.pipeline.decide import decide
from digest.pipeline.deliver import deliver
from digest.pipeline.ingest import ingest
from digest.pipeline.protocols import PassLedger
from digest.pipeline.publish import publish
from digest.pipeline.report import RunReport


def run(context: RunContext[PassLedger], *, now: datetime) -> RunReport:
    """Make one pass. Each stage ends in a commit; what is interrupted the next pass takes up."""
    ingested = ingest(context.inbox, context.ledger, now=now, track=context.track)
    until = context.ledger.newest_key()
    decided = decide(context, until=until, papers_came=ingested.new > 0, now=now)
    delivered = deliver(context)
    published = publish(context, now=now)
    return RunReport(now, ingested, decided, delivered, published)
