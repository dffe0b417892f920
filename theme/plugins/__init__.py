"""The build, one job a module: those listed in pelicanconf.py are Pelican plugins, the others are what they share."""
