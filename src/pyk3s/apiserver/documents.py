"""Reads the YAML files that configure the API server at its start; what is wrong with one ends the start in words."""

import pathlib
from typing import Any

from pyk3s.api import yaml_body
from pyk3s.lib.failure import Failure

MOST_BYTES = 4 << 20


def read(path: pathlib.Path, argument: str) -> Any:
    """The value of a file's one document. `argument` is the name of the setting, for the message; raises Failure."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Failure(f"cannot read {argument} {path}", remedy=error.strerror or str(error)) from error
    if len(data) > MOST_BYTES:
        raise Failure(f"{argument} {path} is larger than {MOST_BYTES} bytes")
    try:
        value, repeated = yaml_body.parse(data)
    except yaml_body.YamlError as error:
        raise Failure(f"{argument} {path} is not YAML", remedy=str(error)) from error
    if repeated:
        raise Failure(f"{argument} {path} says a thing twice", remedy=repeated[0].replace("\n", ""))
    return value
