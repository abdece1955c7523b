"""When digests are due, and the loop of the service that makes passes."""
