"""Profiles: ``subscribers.yaml``, ``subscribers/*.yaml`` and lists → checked subscribers."""

from digest.subscribers.profile_files import Stamp, load, switched_off, watch_stamp

__all__ = ["Stamp", "load", "switched_off", "watch_stamp"]
