"""Fetches what sources list, as dump files."""
