"""The power of the suite: small faults put into a function on purpose, one at a time, and who notices."""
