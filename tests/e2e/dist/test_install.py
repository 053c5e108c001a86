"""install.sh with the one file on hosts that have nothing: as a background process, and what it hands to systemd and
OpenRC, of which only the names are there.
"""

import stat

import bare
import hosts
import pytest

pytestmark = bare.MARKS

INSTALL = "/opt/k3s/install.sh"
SYSTEMCTL = '#!/bin/sh\necho "$@" >>/systemctl.log\ncase $1 in is-active) exit 3 ;; esac\n'
LEFT = "find /etc /usr/local /opt /var/lib /var/log /run /root -not -path '/opt/k3s*' | sort"


@pytest.fixture
def host(tmp_path):
    """The script and the file beside each other, and nothing installed."""
    made = bare.BareHost(tmp_path)
    folder = made.root / "opt/k3s"
    folder.mkdir(parents=True)
    (made.root / "usr/local/bin/k3s").rename(folder / "k3s")
    (folder / "install.sh").write_text((bare.PROJECT / "install.sh").read_text())
    (folder / "install.sh").chmod(0o755)
    try:
        made.start("sleep", "100000")
        hosts.eventually(lambda: made.run("test", "-d", "/proc/1").returncode == 0, 10)
        yield made
    finally:
        made.close()


@pytest.fixture
def systemd_host(host):
    program = host.root / "usr/local/bin/systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    host.run("mkdir", "-p", "/run/systemd/system")
    return host


def refusal(host, *words, **environment):
    done = host.run(INSTALL, *words, check=False, **environment)
    assert done.returncode == 1
    return done.stderr.strip()


def test_one_command_makes_a_ready_server_and_another_takes_it_away(host):
    before = host.run("sh", "-c", LEFT).stdout.splitlines()
    told = host.run(
        INSTALL, "--node-label", "a=b", timeout=200, K3S_TOKEN="secret", HTTP_PROXY="", UNRELATED="x"
    ).stdout
    assert "node Ready after" in told
    assert " Ready " in host.run("kubectl", "get", "nodes", "-l", "a=b").stdout  # by its link
    kept = host.root / "etc/rancher/k3s/k3s.env"
    assert "K3S_TOKEN='secret'" in kept.read_text()
    assert "UNRELATED" not in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "nothing has changed" in host.run(INSTALL, "--node-label", "a=b", K3S_TOKEN="secret", HTTP_PROXY="").stdout
    assert host.run("crictl", "version").stdout.startswith("Version:")
    host.run("k3s-uninstall.sh", timeout=120)
    after = host.run("sh", "-c", LEFT).stdout.splitlines()
    assert sorted(set(after) - set(before) - {"/etc/hosts"}) == []


def test_an_agent_is_a_service_of_its_own_with_its_environment(systemd_host):
    told = systemd_host.run(
        INSTALL, INSTALL_K3S_SKIP_START="true", K3S_URL="https://203.0.113.1:6443", K3S_TOKEN="secret"
    ).stdout
    assert "installed, not started" in told
    unit = (systemd_host.root / "etc/systemd/system/k3s-agent.service").read_text()
    assert "ExecStart=/usr/local/bin/k3s agent\n" in unit
    assert "EnvironmentFile=-/etc/systemd/system/k3s-agent.service.env" in unit
    environment = systemd_host.root / "etc/systemd/system/k3s-agent.service.env"
    assert "K3S_URL='https://203.0.113.1:6443'" in environment.read_text()
    assert stat.S_IMODE(environment.stat().st_mode) == 0o600
    assert (systemd_host.root / "systemctl.log").read_text().splitlines() == ["daemon-reload", "enable -q k3s-agent"]
    systemd_host.run("k3s-agent-uninstall.sh", timeout=120)
    assert not environment.exists()
    assert not (systemd_host.root / "usr/local/bin/k3s").exists()


def test_places_names_and_links_are_those_that_were_asked_for(systemd_host):
    systemd_host.run(
        INSTALL,
        INSTALL_K3S_EXEC="server --disable-agent --tls-san x",
        INSTALL_K3S_SKIP_ENABLE="true",
        INSTALL_K3S_BIN_DIR="/opt/tools",
        INSTALL_K3S_SYSTEMD_DIR="/etc/units",
        INSTALL_K3S_NAME="edge",
        INSTALL_K3S_TYPE="exec",
        INSTALL_K3S_SYMLINK="skip",
        K3S_DATA_DIR="/srv/k3s",
    )
    unit = (systemd_host.root / "etc/units/k3s-edge.service").read_text()
    assert "Type=exec" in unit
    assert "ExecStart=/opt/tools/k3s server --disable-agent --tls-san x\n" in unit
    tools = {path.name for path in (systemd_host.root / "opt/tools").iterdir()}
    assert tools == {"k3s", "k3s-killall.sh", "k3s-edge-uninstall.sh"}
    assert (systemd_host.root / "srv/k3s/data/current").is_symlink()
    assert "INSTALLED=/srv/k3s\n" in (systemd_host.root / "opt/tools/k3s-killall.sh").read_text()


def test_openrc_gets_a_script_that_reads_the_environment(host):
    for name in ("openrc-run", "rc-update", "rc-service"):
        program = host.root / "usr/local/bin" / name
        program.write_text("#!/bin/sh\nexit 0\n")
        program.chmod(0o755)
    host.run(INSTALL, "server", "--debug", INSTALL_K3S_SKIP_START="true", K3S_TOKEN="secret")
    script = (host.root / "etc/init.d/k3s").read_text()
    assert 'command_args="server --debug"' in script
    assert ". /etc/rancher/k3s/k3s.env" in script
    assert host.run("sh", "-n", "/etc/init.d/k3s").returncode == 0


def test_what_cannot_be_is_refused_in_one_line(host):
    assert "nothing is downloaded" in refusal(host, INSTALL_K3S_VERSION="v1.36.2+k3s1")
    assert "K3S_URL must begin with https://" in refusal(host, K3S_URL="http://x")
    assert "an agent needs K3S_TOKEN" in refusal(host, K3S_URL="https://x")
    assert "unknown command 'etcd'" in refusal(host, "etcd")
    assert "there is no /usr/local/bin/k3s" in refusal(host, INSTALL_K3S_SKIP_DOWNLOAD="true")
    content = bytearray((host.root / "opt/k3s/k3s").read_bytes())
    content[18] = 243  # RISC-V
    (host.root / "opt/k3s/other").write_bytes(content)
    assert "is for another architecture" in refusal(host, INSTALL_K3S_FILE="/opt/k3s/other")
    (host.root / "opt/k3s/cut").write_bytes((host.root / "opt/k3s/k3s").read_bytes()[:-100])
    assert "does not run" in refusal(host, INSTALL_K3S_FILE="/opt/k3s/cut")
