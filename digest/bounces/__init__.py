"""Mail that came back: where it lies, what it says, what follows from it."""
