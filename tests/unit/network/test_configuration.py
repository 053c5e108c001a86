"""The pod network as text: CNI chain and masquerading."""

import json
import pathlib

from pyk3s.network import cni, masquerade


def test_the_chain_gives_addresses_from_the_nodes_network():
    chain = json.loads(cni.conflist("10.42.3.0/24", pathlib.Path("/run/x")))
    bridge, ports = chain["plugins"]
    assert bridge["ipam"] == {"type": "host-local", "ranges": [[{"subnet": "10.42.3.0/24"}]], "dataDir": "/run/x"}
    assert ports["capabilities"] == {"portMappings": True}


def test_only_what_leaves_the_cluster_takes_the_nodes_address():
    text = masquerade.rules("10.42.0.0/24", "10.42.0.0/16", "cni0", bridge_is_filtered=True)
    assert "ip saddr 10.42.0.0/24 ip daddr != 10.42.0.0/16" in text
    assert "ct status dnat" not in text


def test_without_bridge_filtering_services_of_the_same_node_are_masqueraded():
    text = masquerade.rules("10.42.0.0/24", "10.42.0.0/16", "cni0", bridge_is_filtered=False)
    assert "ct status dnat ip saddr 10.42.0.0/24 ip daddr 10.42.0.0/24 masquerade" in text


def test_the_table_is_replaced_in_one_transaction():
    text = masquerade.rules("10.42.0.0/24", "10.42.0.0/16", "cni0", bridge_is_filtered=True)
    assert text.startswith("add table ip k3s-network\ndelete table ip k3s-network\ntable ip k3s-network {")
