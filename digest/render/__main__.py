"""``python -m digest.render > templates/email.inlined.html`` after a change to the email's look."""

from __future__ import annotations

import sys
from pathlib import Path

from digest.render import templates
from digest.render.email.compose import EmailComposer
from digest.render.site import Site

if __name__ == "__main__":
    sys.stdout.write(EmailComposer(templates.load(), Site(Path(), None, "")).ready())
