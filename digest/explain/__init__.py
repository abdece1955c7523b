"""Answers questions about digests and profiles, and changes nothing."""
