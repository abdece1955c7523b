"""Digests as emails, feeds and pages: words and bytes. Pure, but for reading templates."""
