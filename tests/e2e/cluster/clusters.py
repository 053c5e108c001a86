"""A server and agents, each on a host of its own; the API server's way to the agents' kubelets is closed."""

import hosts

SERVER, FIRST, SECOND, OTHER = (f"198.51.100.{number}" for number in (11, 12, 13, 14))
URL = f"https://{SERVER}:6443"


class Cluster:
    """The three nodes, by name `server-1`, `agent-1`, `agent-2`; the API servers' way to the agents' port is closed."""

    def __init__(self, server, agents, spare):
        self.server, self.agents, self.spare = server, agents, spare

    @property
    def nodes(self):
        return {"server-1": self.server, **self.agents}

    def kubectl(self, *words, **options):
        return self.server.kubectl(*words, **options)

    def ready(self):
        """The names of the nodes that are Ready."""
        listed = self.kubectl("get", "nodes", "--no-headers", check=False).stdout.splitlines()
        return {line.split()[0] for line in listed if line.split()[1] == "Ready"}

    def wait_ready(self, *names, timeout=90):
        wanted = set(names) or set(self.nodes)
        hosts.eventually(lambda: wanted <= self.ready(), timeout, self.told)

    def told(self):
        return "\n".join(f"--- {name}\n{node.told()}" for name, node in self.nodes.items())


def close_kubelet(host):
    """Nobody from outside reaches the kubelet's port."""
    host.run("nft", "-f", "-", feed="""
        table inet closed {
            chain input { type filter hook input priority filter; iifname "eth0" tcp dport 10250 drop; }
        }
    """)  # fmt: skip


def silence(host):
    """Drop every packet on the host's link, in both directions."""
    host.run("nft", "-f", "-", feed="""
        table inet silent {
            chain input { type filter hook input priority -10; iifname "eth0" drop; }
            chain output { type filter hook output priority -10; oifname "eth0" drop; }
        }
    """)  # fmt: skip


def hear_again(host):
    host.run("nft", "delete", "table", "inet", "silent")
