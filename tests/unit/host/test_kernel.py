"""What the kernel says about itself, read from its texts."""

import gzip
import ipaddress

from pyk3s.host import kernel

ROUTES = """\
Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t00002A0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
"""


def test_routes_are_networks_with_their_interfaces_but_not_the_default_one():
    assert kernel.routes(ROUTES) == [
        kernel.Route(ipaddress.IPv4Network("192.0.2.0/24"), "eth0"),
        kernel.Route(ipaddress.IPv4Network("10.42.0.0/16"), "tun0"),
    ]
    assert kernel.routes("Iface\n") == []


def test_swaps_are_named():
    assert kernel.swaps("Filename Type Size Used Priority\n/swapfile file 1 0 -2\n") == ["/swapfile"]


def test_options_are_read_plain_and_packed(tmp_path):
    text = b"CONFIG_VETH=m\nCONFIG_BRIDGE=y\n# CONFIG_VXLAN is not set\nCONFIG_HZ=250\n"
    for name, data in (("plain", text), ("packed", gzip.compress(text))):
        (tmp_path / name).write_bytes(data)
        assert kernel.options(tmp_path / name) == {"VETH": "m", "BRIDGE": "y"}
