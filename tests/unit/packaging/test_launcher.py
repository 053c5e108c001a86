"""The launcher with a payload of two small files: a `python3` that is a shell script, and a program with room for its
loader's path.
"""

import fcntl
import os
import pathlib
import shutil
import struct
import subprocess

import archive
import elf
import pytest

SOURCE = pathlib.Path(__file__).parents[3] / "packaging/launcher/launcher.c"
SCRIPT = '#!/bin/sh\nshift 5; echo "$PATH"; for word in "$@"; do echo "$word"; done\n'

pytestmark = pytest.mark.skipif(
    not shutil.which("gcc") or not shutil.which("zstd") or not pathlib.Path("/usr/include/zstd.h").exists(),
    reason="needs gcc, zstd and libzstd-dev",
)


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    program = tmp_path_factory.mktemp("launcher") / "launcher"
    flags = ("-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-static")
    subprocess.run(["gcc", *flags, "-o", str(program), str(SOURCE), "-lzstd"], check=True)
    return program


@pytest.fixture
def bundle(launcher, tmp_path):
    """Makes one file; `version` goes into its content."""

    def make(version="1"):
        root = tmp_path / f"tree-{version}"
        (root / "bin").mkdir(parents=True)
        (root / "bin/python3").write_text(SCRIPT)
        (root / "bin/python3").chmod(0o755)
        (root / "bin/dynamic").write_bytes(program_with_room())
        (root / "bin/link").symlink_to("python3")
        (root / "version").write_text(version)
        plain, packed, made = (tmp_path / f"{version}.{kind}" for kind in ("entries", "zst", "k3s"))
        plain.write_bytes(b"".join(archive.entries(root)) + archive.end())
        archive.compress(plain, packed)
        archive.write(made, launcher, [packed], archive.unpacked_size([root]), archive.digest([plain]))
        return made

    return make


def program_with_room():
    """A file with one program header, PT_INTERP, that points behind it."""
    header = b"\x7fELF\x02\x01".ljust(32, b"\0") + struct.pack("<Q14xHH", 64, 56, 1).ljust(32, b"\0")
    segment = struct.pack("<I4xQ16xQ", elf.PT_INTERP, 120, elf.LOADER_ROOM).ljust(56, b"\0")
    return header + segment + b"/" * (elf.LOADER_ROOM - 1) + b"\0tail"


def run(k3s, data, *words, **environment):
    env = {"PATH": "/usr/bin:/bin", "K3S_CONFIG_FILE": "/nowhere"}
    env |= {"K3S_DATA_DIR": str(data)} if data else {}
    return subprocess.run([k3s, *words], capture_output=True, text=True, env=env | environment)


def refusal(done):
    """The one line on standard error."""
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert done.stdout == ""
    return line


def versions(data):
    return {path.name for path in (data / "data").iterdir() if len(path.name) >= 64}


def damaged(k3s, change):
    content = bytearray(k3s.read_bytes())
    change(content)
    k3s.write_bytes(content)
    return k3s


def test_it_becomes_the_python_of_its_payload_and_passes_its_name_and_words_on(bundle, tmp_path):
    k3s = bundle()
    name = tmp_path / "kubectl"
    name.symlink_to(k3s)
    path, *words = run(name, tmp_path / "d", "get", "a b").stdout.splitlines()
    assert words == [str(name), "get", "a b"]
    assert path == f"{tmp_path}/d/data/current/bin:/usr/bin:/bin"


def test_a_command_found_on_the_path_knows_where_it_lies(bundle, tmp_path):
    name = tmp_path / "kubectl"
    name.symlink_to(bundle())
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "K3S_DATA_DIR": str(tmp_path / "d")}
    told = subprocess.run(["sh", "-c", "kubectl get"], capture_output=True, text=True, env=env).stdout
    assert told.splitlines()[1:] == [str(name), "get"]


def test_the_loaders_path_is_filled_into_programs(bundle, tmp_path):
    run(bundle(), tmp_path / "d")
    home = (tmp_path / "d/data/current").resolve()
    content = (home / "bin/dynamic").read_bytes()
    room = content[120 : 120 + elf.LOADER_ROOM]
    assert room.rstrip(b"\0").decode() == f"{home}/lib/ld.so"
    assert content.endswith(b"tail")
    assert (home / "bin/link").readlink() == pathlib.Path("python3")


def test_it_unpacks_once(bundle, tmp_path):
    k3s = bundle()
    run(k3s, tmp_path / "d")
    mark = (tmp_path / "d/data/current/version").stat().st_mtime_ns
    run(k3s, tmp_path / "d")
    assert (tmp_path / "d/data/current/version").stat().st_mtime_ns == mark


def test_what_an_interrupted_start_left_is_not_trusted(bundle, tmp_path):
    k3s = bundle()
    run(k3s, tmp_path / "d")
    (name,) = versions(tmp_path / "d")
    (tmp_path / "d/data" / name).rename(tmp_path / "d/data" / f"{name}.new")
    assert run(k3s, tmp_path / "d").returncode == 0
    assert versions(tmp_path / "d") == {name}


def test_the_version_before_is_kept_and_older_ones_go(bundle, tmp_path):
    data, seen = tmp_path / "d", []
    for version in ("1", "2", "3"):
        assert run(bundle(version), data).returncode == 0
        seen.append((data / "data/current").readlink().name)
    assert versions(data) == set(seen[1:])
    assert (data / "data/previous").readlink().name == seen[1]


def test_a_version_that_somebody_runs_from_is_kept(bundle, tmp_path):
    data = tmp_path / "d"
    run(bundle("1"), data)
    held = os.open((data / "data/current").resolve(), os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    run(bundle("2"), data)
    run(bundle("3"), data)
    assert len(versions(data)) == 3
    os.close(held)
    run(bundle("4"), data)
    assert len(versions(data)) == 2


def test_going_back_makes_the_older_version_current_again(bundle, tmp_path):
    data, old = tmp_path / "d", bundle("1")
    run(old, data)
    run(bundle("2"), data)
    run(old, data)
    assert (data / "data/current/version").read_text() == "1"
    assert (data / "data/previous/version").read_text() == "2"


def test_a_moved_data_directory_is_unpacked_again(bundle, tmp_path):
    k3s = bundle()
    run(k3s, tmp_path / "d")
    (tmp_path / "d").rename(tmp_path / "e")
    assert run(k3s, tmp_path / "e").returncode == 0
    assert f"{tmp_path}/e/".encode() in (tmp_path / "e/data/current/bin/dynamic").read_bytes()


def test_starts_at_the_same_time_unpack_one_after_the_other(bundle, tmp_path):
    k3s, env = bundle(), {"PATH": "/usr/bin:/bin", "K3S_DATA_DIR": str(tmp_path / "d")}
    started = [subprocess.Popen([k3s], env=env, stdout=subprocess.DEVNULL) for _ in range(6)]
    assert [process.wait() for process in started] == [0] * 6
    assert len(versions(tmp_path / "d")) == 1


@pytest.mark.parametrize("words", [("--data-dir", "D"), ("--data-dir=D",), ("-d", "D"), ("-d=D",)])
def test_the_data_directory_is_the_servers(bundle, tmp_path, words):
    place = tmp_path / "asked"
    run(bundle(), tmp_path / "d", "server", *(word.replace("D", str(place)) for word in words))
    assert len(versions(place)) == 1
    assert not (tmp_path / "d").exists()


def test_flags_of_other_programs_are_not_ours(bundle, tmp_path):
    run(bundle(), tmp_path / "d", "ctr", "run", "-d", str(tmp_path / "asked"))
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("line", ["data-dir: D", 'data-dir: "D"  # comment', "'data-dir': D", "data-dir : 'D'"])
def test_the_data_directory_comes_from_the_configuration(bundle, tmp_path, line):
    config = tmp_path / "config.yaml"
    config.write_text(f"debug: true\n{line.replace('D', str(tmp_path / 'configured'))}\n")
    run(bundle(), None, "server", K3S_CONFIG_FILE=str(config))
    assert len(versions(tmp_path / "configured")) == 1


def test_a_drop_in_wins_over_the_configuration(bundle, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(f"data-dir: {tmp_path}/main\n")
    (tmp_path / "config.yaml.d").mkdir()
    (tmp_path / "config.yaml.d/10-place.yaml").write_text(f"data-dir: {tmp_path}/dropped\n")
    run(bundle(), None, "server", "--config", str(config))
    assert len(versions(tmp_path / "dropped")) == 1


def test_a_file_that_was_cut_off_is_refused(bundle, tmp_path):
    def cut(content):
        del content[-1000:]

    assert "this file is damaged" in refusal(run(damaged(bundle(), cut), tmp_path / "d"))


def test_a_changed_payload_is_refused_and_leaves_nothing(bundle, tmp_path):
    def flip(content):
        content[-archive.TRAILER.size - 30] ^= 1

    assert "this file is damaged" in refusal(run(damaged(bundle(), flip), tmp_path / "d"))
    assert versions(tmp_path / "d") == set()


def test_a_payload_with_a_piece_missing_is_refused(bundle, tmp_path):
    def shorten(content):
        del content[-archive.TRAILER.size - 40 : -archive.TRAILER.size]

    assert "this file is damaged" in refusal(run(damaged(bundle(), shorten), tmp_path / "d"))


def test_a_path_that_leaves_no_room_for_the_loader_is_refused(bundle, tmp_path):
    deep = tmp_path / "/".join(["long" * 20] * 6)
    assert "too long" in refusal(run(bundle(), deep))


def test_a_place_that_is_a_file_is_refused(bundle, tmp_path):
    (tmp_path / "file").touch()
    assert "choose another place with --data-dir" in refusal(run(bundle(), tmp_path / "file"))
