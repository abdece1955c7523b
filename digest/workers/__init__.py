"""Shares the digests of one pass out among processes, on one machine or on many, by Dask."""
