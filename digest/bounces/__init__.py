"""Bounces and other reports by mail: the mailboxes, how reports are read, and what they change."""
