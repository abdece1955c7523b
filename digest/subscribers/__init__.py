"""Profiles: ``subscribers.yaml``, ``subscribers/*.yaml`` and lists → checked subscribers."""

from digest.subscribers.patterns import switched_off
from digest.subscribers.profile_files import Stamp, load, watch_stamp
from digest.subscribers.schema import schema_file

__all__ = ["Stamp", "load", "schema_file", "switched_off", "watch_stamp"]
