"""What goes wrong with a measurement."""


class BenchError(Exception):
    """A measurement that cannot be taken, in words for whoever started it."""
