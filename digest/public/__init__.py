"""The folder of published files."""
