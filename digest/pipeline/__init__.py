"""From dump file to sent digest, in four stages: ingest, decide, deliver, publish."""
