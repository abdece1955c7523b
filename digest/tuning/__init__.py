"""What helps to write and tune a profile: replay, lint, portrait, suggestions."""
