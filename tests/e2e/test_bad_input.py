"""A host or an input that cannot work: one clear line, exit status not 0, nothing half-made."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

import footprint
import hosts
import pytest

pytestmark = [pytest.mark.root, pytest.mark.timeout(300)]

K3S = str(pathlib.Path(sys.executable).with_name("k3s"))
API_ONLY = ("--disable-agent", "--disable-scheduler", "--disable-controller-manager")
# Another user, who may still read wherever the interpreter happens to lie, but write nowhere.
USER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NOBODY = (*USER, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
HIDING = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
SEARCH_PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
TAKING = "import socket, sys; s = socket.socket({family}, {kind}); s.bind((sys.argv[1], int(sys.argv[2])));{listen}"
TCP = TAKING.format(family="socket.AF_INET", kind="socket.SOCK_STREAM", listen="s.listen();")
UDP = TAKING.format(family="socket.AF_INET", kind="socket.SOCK_DGRAM", listen="")


class Place:
    """A folder for one server's everything, and the command on it."""

    def __init__(self, host: hosts.Host, folder: pathlib.Path):
        self.host, self.folder = host, folder
        self.data, self.kubeconfig, self.config = folder / "d", folder / "k3s.yaml", folder / "config.yaml"
        self.config.touch()

    def command(self, *flags: str, prefix=()) -> list[str]:
        places = ("--data-dir", str(self.data), "--write-kubeconfig", str(self.kubeconfig))
        return self.host.command("env", f"K3S_CONFIG_FILE={self.config}", *prefix, K3S, "server", *places, *flags)

    def refused(self, *flags: str, prefix=()) -> str:
        """Run it to its end: it must fail with one line, which is returned, and leave the host as it was."""
        before = footprint.of(self.host, self.folder)
        done = subprocess.run(self.command(*flags, prefix=prefix), capture_output=True, text=True, timeout=60)
        assert done.returncode > 0
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert footprint.of(self.host, self.folder) == before
        return done.stderr

    def start(self, *flags: str, prefix=()) -> subprocess.Popen[bytes]:
        """Start it and wait until kubectl gets answers."""
        log = self.folder / "server.log"
        with log.open("a") as errors:
            running = subprocess.Popen(self.command(*flags, prefix=prefix), stderr=errors)
        try:
            hosts.eventually(lambda: self.kubectl("get", "--raw", "/readyz").stdout == "ok", 60, log.read_text)
        except AssertionError:
            running.kill()
            running.wait(60)
            raise
        return running

    def kubectl(self, *words: str, check: bool = False):
        return self.host.run(hosts.find_kubectl(), "--kubeconfig", str(self.kubeconfig), *words, check=check)


@pytest.fixture
def place(host, tmp_path):
    return Place(host, tmp_path)


@pytest.fixture
def used(place):
    """A place where a server has been and written."""
    running = place.start(*API_ONLY)
    place.kubectl("create", "configmap", "kept", "--from-literal=a=b", check=True)
    stop(running)
    return place


def stop(running):
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0


@pytest.fixture
def taken(host):
    """Lets another process take a port."""
    started = []

    def take(program, address, port):
        waiting = f"{program} print('taken', flush=True); sys.stdin.read()"
        command = host.command(sys.executable, "-c", waiting, address, str(port))
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "taken\n"

    yield take
    for process in started:
        process.communicate("")


# -- ports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "address", "port", "remedy"),
    [
        (TCP, "0.0.0.0", 6443, "stop that one or choose another port with --https-listen-port"),
        (TCP, "127.0.0.1", 10250, "stop that one"),
        (UDP, "0.0.0.0", 53, "make it leave this address"),
    ],
)
def test_a_port_in_use_is_named(place, taken, program, address, port, remedy):
    taken(program, address, port)
    told = place.refused()
    assert f"port {port}: another process uses it" in told
    assert remedy in told


def test_a_name_server_on_another_address_is_no_obstacle(place, taken):
    taken(UDP, "127.0.0.1", 53)
    (place.folder / "file").touch()
    assert "--write-kubeconfig" in place.refused("--write-kubeconfig", str(place.folder / "file/k3s.yaml"))


def test_a_second_server_on_the_same_data_is_refused(place):
    running = place.start(*API_ONLY)
    try:
        kubeconfig = place.kubeconfig.read_text()
        assert f"another server runs on {place.data}" in place.refused(*API_ONLY, "--https-listen-port", "7443")
        assert place.kubeconfig.read_text() == kubeconfig
    finally:
        stop(running)


# -- the host ------------------------------------------------------------------------------------------------------


def test_without_root_the_way_out_is_told(place):
    assert "must run as root: use sudo, or --disable-agent" in place.refused(prefix=NOBODY)


def test_a_server_without_a_node_needs_no_root(place):
    os.chown(place.folder, 65534, 65534)
    running = place.start(*API_ONLY, prefix=NOBODY)
    try:
        assert place.kubectl("get", "namespace", "default").returncode == 0
        assert place.kubeconfig.stat().st_uid == 65534
    finally:
        stop(running)


def test_a_kubeconfig_that_may_not_be_written_is_told_before_anything_is_made(place):
    place.data.mkdir()
    os.chown(place.data, 65534, 65534)
    assert "choose another place with --write-kubeconfig" in place.refused(*API_ONLY, prefix=NOBODY)


@pytest.mark.parametrize(
    ("program", "package"),
    [
        ("containerd", "containerd"),
        ("runc", "runc"),
        ("nft", "nftables"),
        ("setpriv", "util-linux"),
        ("iptables", "iptables"),
        ("catatonit", "catatonit"),
    ],
)
def test_a_missing_program_is_named_with_its_package(place, program, package):
    told = place.refused(prefix=without(place, shutil.which(program, path=SEARCH_PATH)))
    assert f"missing on this host: {program}: apt-get install {package}" in told


def test_a_missing_network_plugin_is_named_with_its_package(place):
    folder = next(path for path in map(pathlib.Path, ("/usr/lib/cni", "/opt/cni/bin")) if path.is_dir())
    empty = place.folder / "no plugins"
    empty.mkdir()
    told = place.refused(prefix=hiding(empty, folder))
    assert "apt-get install containernetworking-plugins" in told


def without(place, path):
    empty = place.folder / "empty"
    empty.touch()
    return hiding(empty, pathlib.Path(path).resolve())


def hiding(by, path):
    return ("unshare", "--mount", "sh", "-c", HIDING, "sh", str(by), str(path))


# -- the configuration ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tls-san: [", "is not valid YAML"),
        ("a\0b", "is not valid YAML"),
        ("- just\n- a list\n", "is not a map of flag names to values"),
        ("tls-san: {a: b}\n", "neither a value nor a list of values"),
        ("https-listen-port: many\n", "a port from 1 to 65535 is wanted"),
        ("cluster-cidr: 10.42.0.1/16\n", "has host bits set"),
    ],
)
def test_a_config_file_that_makes_no_sense_is_named(place, text, told):
    place.config.write_text(text)
    assert told in place.refused()


def test_a_folder_in_place_of_the_config_file_is_named(place):
    place.config.unlink()
    place.config.mkdir()
    assert f"cannot read config file {place.config}: Is a directory" in place.refused()


def test_a_config_file_that_is_not_there_is_named(place):
    place.config.unlink()
    assert f"cannot read config file {place.config}: it does not exist" in place.refused()


def test_a_config_file_that_may_not_be_read_is_named(place):
    closed = place.folder / "closed"
    closed.mkdir(mode=0o700)
    place.config = closed / "config.yaml"
    place.config.touch()
    program = "import sys; from pyk3s.config import sources; from pathlib import Path;"
    reading = f"{program} sys.exit(0) if sources.from_files(Path(sys.argv[1]), must_exist=False) else 0"
    if subprocess.run([*USER, sys.executable, "-c", ""], capture_output=True).returncode:
        pytest.skip("the interpreter lies where only root may read")
    done = subprocess.run([*USER, sys.executable, "-c", reading, str(place.config)], capture_output=True, text=True)
    assert "cannot read config file" in done.stderr


# -- the database --------------------------------------------------------------------------------------------------


def overwritten(path):
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(8192))


def header_gone(path):
    with path.open("r+b") as file:
        file.write(b"\0" * 100)


def halved(path):
    os.truncate(path, path.stat().st_size // 2)


def emptied(path):
    os.truncate(path, 0)


def spoilt_inside_a_value(path):
    """Where the structure of the file does not show it."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"name":"kept"', b'{{{{{{{"kept"'))


@pytest.mark.parametrize("damage", [overwritten, header_gone, halved, emptied, spoilt_inside_a_value])
def test_a_damaged_database_is_told_and_left_as_it_is(used, damage):
    path = used.data / "server/db/state.db"
    damage(path)
    before = path.read_bytes()
    assert "Restore a snapshot" in used.refused(*API_ONLY)
    assert path.read_bytes() == before


def test_no_empty_cluster_is_begun_over_a_database_that_is_gone(used):
    path = used.data / "server/db/state.db"
    path.unlink()
    assert f"{path} is missing although this server had a database there" in used.refused(*API_ONLY)
    assert not path.exists()


def test_a_damaged_key_is_named(used):
    path = used.data / "server/tls/client-ca.key"
    path.write_text("garbage")
    assert f"{path} does not hold a private key" in used.refused(*API_ONLY)
    assert path.read_text() == "garbage"


# -- the disk ------------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    """A small disk."""
    folder = tmp_path / "d"  # shallow: sockets have short names
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(disk, *, leaving=0):
    """Write until nothing more fits, but for some bytes."""
    room = os.statvfs(disk)
    with (disk / "filling").open("wb", buffering=0) as file:
        file.write(b"x" * (room.f_bavail * room.f_frsize - leaving))
    return disk / "filling"


@pytest.mark.parametrize("leaving", [0, 1024 * 1024], ids=["0", "1"])
def test_a_full_disk_is_told(place, disk, leaving):
    fill(disk, leaving=leaving)
    place.data = disk / "d"
    assert "free some space" in place.refused()


def test_on_a_disk_that_fills_up_writes_fail_reads_go_on_and_nothing_acknowledged_is_lost(place, disk):
    place.data = disk / "d"
    large = place.folder / "large"
    large.write_text("x" * 500_000)
    running = place.start(*API_ONLY)
    try:
        place.kubectl("create", "configmap", "before", "--from-literal=a=b", check=True)
        filling = fill(disk)
        refused = place.kubectl("create", "configmap", "large", f"--from-file={large}")
        assert "Free some space" in refused.stderr
        assert place.kubectl("get", "configmap", "before", "-o", "jsonpath={.data.a}").stdout == "b"
        assert "NotFound" in place.kubectl("get", "configmap", "large").stderr
        filling.unlink()
        place.kubectl("create", "configmap", "large", f"--from-file={large}", check=True)
        running.kill()
        running.wait(60)
        running = place.start(*API_ONLY)
        assert place.kubectl("get", "configmap", "before", "large").returncode == 0
    finally:
        stop(running)


def test_a_server_stops_in_good_order_on_a_full_disk(place, disk):
    place.data = disk / "d"
    running = place.start(*API_ONLY)
    place.kubectl("create", "configmap", "before", "--from-literal=a=b", check=True)
    filling = fill(disk)
    stop(running)
    filling.unlink()
    running = place.start(*API_ONLY)
    try:
        assert place.kubectl("get", "configmap", "before").returncode == 0
    finally:
        stop(running)
