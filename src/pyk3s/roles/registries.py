"""Reads registries.yaml for the agent, in a process that ends: the YAML library is of no use to it later."""

import json
import pathlib

from pyk3s.cri.containerd import registries
from pyk3s.host import short_lived
from pyk3s.lib.failure import Failure

REMEDY = "the mirrors and configs of K3s are wanted"


def read(path: pathlib.Path, *, default_endpoint: bool, asked: bool) -> registries.Registries:
    """What the file says; nothing if it does not exist, unless it was `asked` for. Raises Failure."""
    if not path.exists():
        if asked:
            raise Failure(f"cannot read --private-registry {path}", remedy="it does not exist")
        return registries.Registries()
    try:
        parsed = json.loads(short_lived.run(lambda: _parsed(path)))
        return registries.plan(parsed, default_endpoint=default_endpoint)
    except (registries.BadRegistries, Failure) as error:
        raise Failure(f"cannot use {path}: {error}") from error


def _parsed(path: pathlib.Path) -> bytes:
    import yaml

    try:
        return json.dumps(yaml.safe_load(path.read_text())).encode()
    except (yaml.YAMLError, UnicodeDecodeError, TypeError) as error:
        raise ValueError(f"it is not valid YAML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
