"""Looks whether a home, its machine, its mail server and its names in the DNS are well."""
