"""Image archives from elsewhere: whole ones pass, hostile ones are refused before containerd sees them."""

import asyncio
import gzip
import io
import tarfile

import pytest

from pyk3s.cri import images
from pyk3s.cri.containerd import archives


def member(name, kind=tarfile.REGTYPE, link="", content=b"x"):
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, len(content) if kind == tarfile.REGTYPE else 0
    return made, io.BytesIO(content)


INDEX = member("index.json", content=b"{}")


def packed(*members) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for made, content in members:
            content.seek(0)
            archive.addfile(made, content)
    return file.getvalue()


@pytest.fixture
def checked(tmp_path):
    def check(data: bytes, name: str = "a.tar"):
        path = tmp_path / name
        path.write_bytes(data)

        async def scenario():
            async with archives.plain(path, tmp_path) as plain:
                return plain.read_bytes()

        return asyncio.run(scenario())

    return check


def test_an_image_of_ours_passes(checked, tmp_path):
    (tmp_path / "program").write_bytes(b"program")
    (tmp_path / "program").chmod(0o755)
    data = images.archive(images.pause_recipe(program=str(tmp_path / "program")))
    assert checked(data) == data


def test_links_between_layers_pass_as_docker_writes_them(checked):
    checked(packed(INDEX, member("a/layer.tar"), member("b/layer.tar", tarfile.SYMTYPE, "../a/layer.tar")))


def test_a_packed_one_is_unpacked(checked):
    assert checked(gzip.compress(packed(INDEX)), "a.tar.gz") == packed(INDEX)


@pytest.mark.parametrize(
    ("hostile", "said"),
    [
        (member("../../etc/cron.d/x"), "leads out of it"),
        (member("/etc/passwd"), "leads out of it"),
        (member("a/../../x"), "leads out of it"),
        (member("a", tarfile.SYMTYPE, "/etc/passwd"), "is a link that leads out of it"),
        (member("a", tarfile.SYMTYPE, "../x"), "is a link that leads out of it"),
        (member("b/a", tarfile.LNKTYPE, "../x"), "is a link that leads out of it"),
        (member("sda", tarfile.BLKTYPE), "neither a file nor a folder"),
        (member("mem", tarfile.CHRTYPE), "neither a file nor a folder"),
        (member("pipe", tarfile.FIFOTYPE), "neither a file nor a folder"),
    ],
)
def test_what_no_image_has_is_refused(checked, hostile, said):
    with pytest.raises(archives.BadArchive, match=said):
        checked(packed(INDEX, hostile))


@pytest.mark.parametrize("keep", [0, 100, 700, 1024 + 200])
def test_one_that_is_cut_short_is_refused(checked, keep):
    whole = packed(member("index.json", content=b"{" * 900), member("blob", content=b"x" * 5000))
    with pytest.raises(archives.BadArchive):
        checked(whole[:keep])


def test_one_that_is_cut_within_its_last_member_is_refused(checked):
    whole = packed(INDEX, member("blob", content=b"x" * 5000))
    with pytest.raises(archives.BadArchive, match="cut short"):
        checked(whole[: 1024 + 512 + 2000])


@pytest.mark.parametrize("data", [b"", b"not gzip", gzip.compress(packed(INDEX))[:-20]])
def test_a_packed_one_that_is_none_or_cut_short_is_refused(checked, data):
    with pytest.raises(archives.BadArchive):
        checked(data, "a.tgz")


def test_one_that_unpacks_to_more_than_there_is_room_for_is_refused_and_ended(checked, monkeypatch):
    monkeypatch.setattr(archives, "_room", lambda folder: 3 << 20)
    with pytest.raises(archives.BadArchive, match="more than the 3 MiB"):
        checked(gzip.compress(bytes(200 << 20), 1), "a.tar.gz")


def test_a_tar_without_an_image_is_refused(checked):
    with pytest.raises(archives.BadArchive, match=r"there is no index.json and no manifest.json"):
        checked(packed(member("readme")))
