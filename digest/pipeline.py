"""The straight line from dump to inbox: take in, decide, deliver, publish."""

from digest.contracts import Inbox, Ledger, Matcher, Publisher, Transport

__all__ = ["Inbox", "Ledger", "Matcher", "Publisher", "Transport"]
