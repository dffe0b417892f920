"""Proof of who you are: log-in by mail, and the sessions that follow."""
