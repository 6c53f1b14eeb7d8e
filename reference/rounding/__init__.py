"""Rounding-error bounds: of one operation, and how they grow from equation to equation."""
