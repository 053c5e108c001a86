"""A new file in the place of the old one: pods go on, under shims that the old one started."""

import archive
import bare
import hosts

from pyk3s.cri import images

pytestmark = bare.MARKS
POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: lasting}}
spec:
  containers: [{{name: main, image: "{hosts.IMAGE}", imagePullPolicy: Never, command: [sleep, "100000"]}}]
"""
DATA = "var/lib/rancher/k3s/data"
START = "setsid k3s server >/var/log/k3s.log 2>&1 </dev/null &"


def next_version(folder):
    """The same with one file more."""
    tree = folder / "tree"
    tree.mkdir()
    (tree / "next").write_text("next")
    plain, packed, made = folder / "next.entries", folder / "next.zst", folder / "k3s"
    plain.write_bytes(b"".join(archive.entries(tree)))
    archive.compress(plain, packed)
    parts = [bare.BUILD / "runtime.zst", packed, bare.BUILD / "project.zst"]
    archive.write(made, bare.BUILD / "launcher", parts, 200_000_000, archive.digest([plain]))
    return made


def test_pods_outlive_an_upgrade_and_can_be_entered_after_it(tmp_path):
    host = bare.BareHost(tmp_path)
    folder = host.root / "var/lib/rancher/k3s/agent/images"
    folder.mkdir(parents=True)
    (folder / "busybox.tar").write_bytes(images.archive(hosts.busybox()))
    try:
        host.start("/usr/local/bin/k3s", "server")
        host.wait_ready()
        host.kubectl("apply", "-f", "-", feed=POD)
        host.kubectl("wait", "--for=condition=Ready", "pod/lasting", "--timeout=90s", timeout=100)
        container, old = host.run("k3s", "crictl", "ps", "-q").stdout, (host.root / DATA / "current").readlink()
        next_version(tmp_path).replace(host.root / "usr/local/bin/k3s")
        host.run("sh", "-c", "kill $(cat /var/lib/rancher/k3s/server/.lock)")
        hosts.eventually(lambda: host.run("pidof", "k3s-apiserver", check=False).returncode, 30)
        host.run("sh", "-c", START)
        host.run("k3s", "ready", timeout=130)
        assert (host.root / DATA / "current/next").exists()
        assert (host.root / DATA / "previous").readlink() == old
        assert host.run("k3s", "crictl", "ps", "-q").stdout == container
        assert host.kubectl("exec", "lasting", "--", "hostname").stdout == "lasting\n"
    finally:
        host.close()
