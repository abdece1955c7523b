"""Print the styled source of the shipped email: ``python -m digest.render.email``."""

import sys

from digest.render import templates
from digest.render.brand import Brand
from digest.render.email.styling import kept_file

sys.stdout.write(kept_file(templates.load().with_style(Brand().email_style)))
