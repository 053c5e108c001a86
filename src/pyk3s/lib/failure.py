"""Failures that a person at the command line must read."""


class Failure(Exception):
    """One clear line: what is wrong and what to do about it. The command line prints it and exits with `status`."""

    def __init__(self, what: str, *, remedy: str = "", status: int = 1):
        super().__init__(f"{what}: {remedy}" if remedy else what)
        self.status = status
