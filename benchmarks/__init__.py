"""What the program costs, beside what a good engineer would write with the same libraries in an
afternoon: ``python -m benchmarks [--quick] [--json] [NAME...]``. ``docs/performance.md`` shows
results. ``ranking``, ``tune_ranking`` and ``reliability`` judge the ranking instead."""
