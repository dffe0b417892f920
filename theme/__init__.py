"""How the site looks (templates, static) and how it is built (plugins, commands)."""
