"""Tests that kill processes, fill files and let others write."""
