"""Sends mail: SMTP by phases, send queue, rate limiter, group commit, DKIM, outbox."""
