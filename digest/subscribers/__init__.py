"""Profiles: ``subscribers.yaml``, ``subscribers/*.yaml`` and lists → checked subscribers."""

from digest.subscribers.profile_files import Stamp, load, switched_off, watch_stamp
from digest.subscribers.schema import schema_file

__all__ = ["Stamp", "load", "schema_file", "switched_off", "watch_stamp"]
