import io
import json
import tarfile

import pytest

from pyk3s.cri import images
from pyk3s.lib import failure

RECIPE = images.Recipe(
    "docker.io/x/y:1", {"/bin/run": b"\x7fELF", "/etc/conf": b"c"}, entrypoint=("/bin/run",), links={"/bin/sh": "run"}
)


def test_an_archive_holds_what_importers_read():
    with tarfile.open(fileobj=io.BytesIO(images.archive(RECIPE))) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))[0]
        assert manifest["RepoTags"] == ["docker.io/x/y:1"]
        config = json.load(tar.extractfile(manifest["Config"]))
        layer = tar.extractfile(manifest["Layers"][0]).read()
    assert config["config"]["Entrypoint"] == ["/bin/run"]
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        modes = {entry.name: entry.mode for entry in tar}
        assert tar.getmember("bin/sh").linkname == "run"
    assert (modes["bin/run"], modes["etc/conf"], modes["bin"]) == (0o755, 0o644, 0o755)


def test_the_same_recipe_gives_the_same_bytes():
    assert images.archive(RECIPE) == images.archive(RECIPE)


def test_the_pause_image_needs_its_program(tmp_path):
    with pytest.raises(failure.Failure, match="catatonit"):
        images.pause_recipe(program=str(tmp_path / "catatonit"))
