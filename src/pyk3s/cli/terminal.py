"""The one place that writes to the terminal: what was asked for to standard output, complaints to standard error."""

import sys


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def complain(text: str) -> None:
    """One line, whatever the text was made of."""
    sys.stderr.write(f"k3s: {' '.join(text.split())}\n")
