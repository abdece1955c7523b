"""Papers, picks and verdicts as rows, written for other programs."""
