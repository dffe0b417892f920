"""The tests: they mirror comments_service/ and theme/plugins/."""
