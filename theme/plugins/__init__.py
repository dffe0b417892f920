"""The build, one job a module: the ones listed in pelicanconf.py are Pelican plugins, the others are what they share."""
