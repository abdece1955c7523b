"""Checks of the machine, the mail server, the web server, the DNS and the templates."""
