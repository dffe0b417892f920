"""The doctor: looks at a running site from outside and at its machine, and says what is wrong and what mends it."""
