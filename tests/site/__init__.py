"""Tests of reading, checking and building the site."""
