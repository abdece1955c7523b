"""Print the JSON schema of a profile file: ``python -m digest.subscribers``."""

import sys

from digest.subscribers.schema import schema_file

sys.stdout.write(schema_file())
