"""The one file on two hosts: one serves, the other joins by its token."""

import contextlib

import bare
import hosts

pytestmark = bare.MARKS
SERVER, AGENT = "198.51.100.11", "198.51.100.12"
POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: there}}
spec:
  nodeName: agent-1
  containers: [{{name: main, image: "{hosts.IMAGE}", imagePullPolicy: Never, args: [-c, "echo seen; sleep 9999"]}}]
"""


def place(stack, lan, folder, address):
    folder.mkdir()
    host = hosts.Host(folder, address, lan)
    stack.callback(host.close)
    return host


def run(stack, node):
    node.program = bare.built()
    node.add_image(hosts.busybox())
    stack.callback(node.close)
    node.start()
    return node


def test_another_host_joins(tmp_path):
    with contextlib.ExitStack() as stack:
        lan = hosts.Lan()
        stack.callback(lan.close)
        first, second = place(stack, lan, tmp_path / "a", SERVER), place(stack, lan, tmp_path / "b", AGENT)
        server = run(stack, hosts.Server(first, "--node-name", "server-1"))
        server.wait_ready()
        url, token = f"https://{SERVER}:6443", server.token()
        agent = run(stack, hosts.Agent(second, url, token, "--node-name", "agent-1"))
        told = ("get", "node", "agent-1", "--no-headers")
        hosts.eventually(lambda: " Ready " in server.kubectl(*told, check=False).stdout, 120, agent.told)
        server.kubectl("apply", "-f", "-", feed=POD)
        hosts.eventually(lambda: server.kubectl("logs", "there", check=False).stdout == "seen\n", 60, agent.told)
