"""One module a kind of source: what to ask for, and whether the answer is all there is."""
