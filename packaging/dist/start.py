"""The first code that the bundle's Python runs, before any import that is not built in needs a path.

The launcher passes the words it was called with, the name first, so that `kubectl` and `ctr` as links to it work.
"""

import os
import sys

# Where hosts keep the authorities they trust: Debian, Fedora, SUSE, Alpine. The bundle's own are for those with none.
TRUSTED = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def run() -> int:
    bundle = sys.prefix
    with open("/proc/self/comm", "w") as name:  # noqa: PTH123 - what ps and pidof show
        name.write("k3s")
    sys.path[0] = f"{bundle}/app"
    sys.path.append(f"{os.path.dirname(os.__file__)}/site-packages")  # noqa: PTH120 - pathlib is not needed otherwise
    os.environ["XTABLES_LIBDIR"] = f"{bundle}/lib/xtables"
    trusted = next((path for path in TRUSTED if os.path.exists(path)), f"{bundle}/certificates.crt")  # noqa: PTH110
    os.environ.setdefault("SSL_CERT_FILE", trusted)
    os.environ.setdefault("PYTHONTZPATH", f"/usr/share/zoneinfo:{bundle}/zoneinfo")
    del sys.argv[0]
    from pyk3s.cli import main

    return main.main()


sys.exit(run())
