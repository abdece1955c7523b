"""From a digest to the bytes of an email."""
