"""What a person does with the site, in a real Chromium against the real site and the real service."""
