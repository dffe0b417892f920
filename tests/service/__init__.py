"""Tests of the comments service; one file per noun, as in comments_service/."""
