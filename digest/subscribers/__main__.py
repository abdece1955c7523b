"""Print the JSON schema of a profile file: ``python -m digest.subscribers``."""

import sys

from digest.subscribers import schema_file

sys.stdout.write(schema_file())
