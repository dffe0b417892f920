"""URLs for people and programs: HTML pages with plain forms, and the JSON API over the same rules."""
