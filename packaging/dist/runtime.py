"""What the bundle carries besides the project: programs, CNI plugins, libraries, certificates, and a small Python.

bin/ programs    cni/ plugins    lib/ libraries, lib/xtables, lib/python3.N    licenses/ zoneinfo/ certificates.crt
"""

import compileall
import pathlib
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Sequence

import elf
from packages import Packages

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"

# Package: programs. What runs them: containerd and its client the agent, runc and the shim containerd, catatonit is the
# pause image, setpriv ends containerd with the agent, nft and ip and conntrack are the network; iptables is what the
# portmap plugin makes host ports with; zstd and gzip unpack image archives.
PROGRAMS: dict[str, tuple[str, ...]] = {
    "containerd": ("containerd", "containerd-shim-runc-v2", "ctr"),
    "runc": ("runc",),
    "catatonit": ("catatonit",),
    "util-linux": ("setpriv",),
    "nftables": ("nft",),
    "iproute2": ("ip",),
    "conntrack": ("conntrack",),
    "iptables": ("xtables-nft-multi",),
    "zstd": ("zstd",),
    "gzip": ("gzip",),
    f"{VERSION}-minimal": (VERSION,),
}
PLUGINS = ("bridge", "host-local", "portmap", "loopback")
LINKS = {"python3": VERSION} | {
    f"{family}{form}": "xtables-nft-multi" for family in ("iptables", "ip6tables") for form in ("", "-save", "-restore")
}
OTHER_PACKAGES = (
    *("containernetworking-plugins", "ca-certificates", "tzdata", "libstdc++6"),  # the last for google-re2
    *(f"lib{VERSION}-minimal", f"lib{VERSION}-stdlib"),
)

# Parts of the standard library that a server has no use for.
DROPPED = (
    *("__pycache__", "antigravity.py", "config-*", "_sysconfigdata*", "curses", "dbm", "distutils", "ensurepip"),
    *("idlelib", "lib2to3"),
    *("LICENSE.txt", "msilib", "pydoc_data", "pydoc.py", "site-packages", "sitecustomize.py", "EXTERNALLY-MANAGED"),
    *("test", "this.py", "tkinter", "turtle.py", "turtledemo", "unittest", "venv", "doctest.py", "__phello__"),
    *(f"lib-dynload/{name}.*.so" for name in ("_test*", "_ctypes_test", "_curses*", "_dbm", "_gdbm", "_xx*", "xx*")),
    *(f"lib-dynload/{name}.*.so" for name in ("_tkinter", "audioop", "nis", "ossaudiodev", "readline")),
)
UNUSED = ("cel_expr_python/ext", "bin")  # of the dependencies: extensions of CEL that Kubernetes lacks, commands
SOURCES = (".pyi", ".pyx", ".pxd", ".c", ".h", ".typed")


def packages() -> list[str]:
    """The packages to fetch."""
    return [*PROGRAMS, *OTHER_PACKAGES]


def build(root: pathlib.Path, distribution: Packages, dependencies: Sequence[str]) -> None:
    """Make the whole tree at `root`, which must not exist."""
    _programs(root, distribution)
    _python(root / "lib" / VERSION, distribution)
    _dependencies(root / "lib" / VERSION / "site-packages", root / "licenses/python", dependencies)
    _libraries(root, distribution)
    _certificates(root / "certificates.crt", distribution)
    _time_zones(root / "zoneinfo", distribution)
    for program in (*(root / "bin").iterdir(), *(root / "cni").iterdir()):
        if not program.is_symlink():
            elf.make_relocatable(program, "$ORIGIN/../lib")
    for package, copyright_file in distribution.licences().items():
        _copy(copyright_file, root / "licenses/debian" / package)
    byte_compile(root / "lib" / VERSION)


def byte_compile(folder: pathlib.Path) -> None:
    """Replace every source by its code, without docstrings and assertions: less to read, less to keep in memory."""
    done = compileall.compile_dir(
        folder,
        maxlevels=20,
        quiet=1,
        legacy=True,
        optimize=2,
        workers=0,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    if not done:
        raise SystemExit(f"some files in {folder} could not be compiled")
    for source in folder.rglob("*.py"):
        source.unlink()


def _programs(root: pathlib.Path, distribution: Packages) -> None:
    for names in PROGRAMS.values():
        for name in names:
            _copy(distribution.program(name), root / "bin" / name)
    for plugin in PLUGINS:
        _copy(distribution.path(f"usr/lib/cni/{plugin}"), root / "cni" / plugin)
    for name, target in LINKS.items():
        (root / "bin" / name).symlink_to(target)
    for extension in distribution.paths("usr/lib/*-linux-gnu*/xtables/*.so"):
        _copy(extension, root / "lib/xtables" / extension.name)


def _python(target: pathlib.Path, distribution: Packages) -> None:
    """The standard library, which Debian spreads over packages."""
    for part in distribution.paths(f"usr/lib/{VERSION}"):
        shutil.copytree(part, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*DROPPED))
    for pattern in DROPPED:
        for path in target.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _dependencies(target: pathlib.Path, licences: pathlib.Path, requirements: Sequence[str]) -> None:
    """The project's dependencies as wheels, without sources, metadata and what only debuggers read."""
    pip = (sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--root-user-action=ignore")
    subprocess.run([*pip, "--no-compile", "--only-binary=:all:", "--target", str(target), *requirements], check=True)
    for metadata in target.glob("*.dist-info"):
        for file in metadata.rglob("*"):
            if file.is_file() and file.name.upper().startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS")):
                _copy(file, licences / metadata.name.partition("-")[0] / file.name)
        shutil.rmtree(metadata)
    for name in UNUSED:
        shutil.rmtree(target / name, ignore_errors=True)
    for path in [path for path in target.rglob("*") if path.is_file()]:
        if path.suffix in SOURCES:
            path.unlink()
        elif elf.is_elf(path):
            elf.strip(path)


def _libraries(root: pathlib.Path, distribution: Packages) -> None:
    """Every library that something in the tree needs, and what those need in turn; and the loader as `lib/ld.so`."""
    libraries = root / "lib"
    carried = {path.name for path in root.rglob("*.so*")}
    waiting = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink() and elf.is_elf(path)]
    while waiting:
        for name in elf.needed(waiting.pop()):
            if name not in carried:
                carried.add(name)
                waiting.append(_copy(distribution.library(name), libraries / name))
    loader = next(name for name in carried if name.startswith("ld-"))
    (libraries / "ld.so").symlink_to(loader)


def _certificates(target: pathlib.Path, distribution: Packages) -> None:
    authorities = distribution.paths("usr/share/ca-certificates/mozilla/*.crt")
    target.write_text("".join(authority.read_text() for authority in authorities))


def _time_zones(target: pathlib.Path, distribution: Packages) -> None:
    others = shutil.ignore_patterns("posix", "right", "*.tab", "*.zi", "*.list", "leap*", "localtime")
    shutil.copytree(distribution.path("usr/share/zoneinfo"), target, symlinks=True, ignore=others)


def _copy(source: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return target
