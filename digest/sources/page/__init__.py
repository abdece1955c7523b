"""The reader of a saved papers page."""
