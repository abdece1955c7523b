"""The readers of feeds and API answers, one module a format."""
