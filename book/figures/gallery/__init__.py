"""One small figure for each binding and each control of livefigure: examples to read, to copy and to test with."""

SMALL = {"wide": (6.9, 2.5), "narrow": (3.6, 2.6)}  # inches
