"""The readers of feeds and API responses, one module for each format."""
