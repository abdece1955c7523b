"""What other programs know of their readers, as profiles of this one."""

from digest.foreign.people import Kind, Person, Report, profiles, read

__all__ = ["Kind", "Person", "Report", "profiles", "read"]
