"""One pass: ingest, decide, deliver, publish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from digest.model import Subscriber
from digest.pipeline.context import RunContext
from digest.pipeline.decide import decide
from digest.pipeline.deliver import deliver, settle_feeds
from digest.pipeline.ingest import ingest
from digest.pipeline.publish import publish
from digest.pipeline.report import RunReport


def run(context: RunContext, subscribers: Sequence[Subscriber], *, now: datetime) -> RunReport:
    """One pass. Whatever is interrupted is taken up by the next one."""
    intake = ingest(context.inbox, context.ledger, now=now, track=context.track)
    skips = decide(context.ledger, subscribers, expect=context.expect, now=now, track=context.track)
    publishing = context.beside(partial(publish, context, subscribers))
    deliveries = deliver(context, subscribers)
    published = publishing()
    settle_feeds(context)
    return RunReport(now, intake, skips, deliveries, published)
