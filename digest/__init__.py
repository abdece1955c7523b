"""Personal email and feed digests of research papers."""

__version__ = "0.1.0"
