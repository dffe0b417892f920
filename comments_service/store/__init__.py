"""Everything that is kept: the two doors (protocol.py), the engines, and one file of SQL per noun."""
