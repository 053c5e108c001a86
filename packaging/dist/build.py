"""Builds the one file: `make dist` runs this with the distribution's Python, and dist/k3s is what comes out.

Three parts, each made only when what goes into it has changed: the runtime (minutes, seldom), the project (seconds),
the launcher. Intermediate results stay in build/dist.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable

import archive
import packages
import runtime

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
WORK = PROJECT / "build/dist"
OUTPUT = PROJECT / "dist/k3s"
SHIPPED = ("k3s-killall.sh", "k3s-uninstall.sh")
COMPILE = ("gcc", "-std=c11", "-Os", "-Wall", "-Wextra", "-static", "-s")


def main() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    dependencies = settings["project"]["dependencies"]
    archives = packages.file_names(runtime.packages())
    code = _digest(*sorted(HERE.glob("*.py")))
    runtime_part = _Part("runtime", code, repr((dependencies, archives)))
    runtime_part.make(lambda root: runtime.build(root, packages.fetch(archives, WORK / "packages"), dependencies))
    sources = [path for path in (PROJECT / "src").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    project_files = [PROJECT / "pyproject.toml", *(HERE.parent / name for name in SHIPPED), *sorted(sources)]
    project_part = _Part("project", code, _digest(*project_files))
    project_part.make(_build_project)
    launcher = _launcher()
    parts = (runtime_part, project_part)
    OUTPUT.parent.mkdir(exist_ok=True)
    unpacked = archive.unpacked_size(part.root for part in parts)
    content = archive.digest([part.plain for part in parts])
    archive.write(OUTPUT, launcher, [part.packed for part in parts], unpacked, content)
    print(f"dist/k3s: {OUTPUT.stat().st_size / 1e6:.1f} MB, {unpacked / 1e6:.0f} MB unpacked, {content}")


class _Part:
    """One tree of files and its compressed form, in build/dist/NAME*.

    Made anew when `state`, everything it is made from, has changed; compressed anew, which is what takes time, when
    that made a difference.
    """

    def __init__(self, name: str, *state: str):
        self.root, self._key = WORK / name, WORK / f"{name}.key"
        self.plain, self.packed = WORK / f"{name}.entries", WORK / f"{name}.zst"
        self._last, self._state = name == "project", hashlib.sha256("\n".join(state).encode()).hexdigest()

    def make(self, build: Callable[[pathlib.Path], None]) -> None:
        known = self._key.read_text().split() if self._key.exists() else []
        if known[:1] == [self._state]:
            return
        shutil.rmtree(self.root, ignore_errors=True)
        build(self.root)
        with self.plain.open("wb") as out:
            out.writelines(archive.entries(self.root))
            out.write(archive.end() if self._last else b"")
        content = archive.digest([self.plain])
        if known[1:] != [content]:
            self._key.unlink(missing_ok=True)
            archive.compress(self.plain, self.packed)
        self._key.write_text(f"{self._state} {content}")


def _build_project(root: pathlib.Path) -> None:
    """The project's wheel as compiled files in app/, and in share/ what the install script places on the host."""
    wheels = WORK / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-build-isolation")
    subprocess.run([*pip, "--no-deps", "--wheel-dir", str(wheels), str(PROJECT)], check=True)
    (wheel,) = wheels.glob("*.whl")
    shutil.unpack_archive(wheel, root / "app", format="zip")
    for metadata in (root / "app").glob("*.dist-info"):
        shutil.rmtree(metadata)
    shutil.copy(HERE / "start.py", root / "app")
    runtime.byte_compile(root / "app")
    (root / "share").mkdir()
    for name in SHIPPED:
        shutil.copy(HERE.parent / name, root / "share")
    shutil.copy(PROJECT / "LICENSE", root / "share")


def _launcher() -> pathlib.Path:
    source, program = HERE.parent / "launcher/launcher.c", WORK / "launcher"
    subprocess.run([*COMPILE, "-o", str(program), str(source), "-lzstd"], check=True)
    return program


def _digest(*files: pathlib.Path) -> str:
    content = hashlib.sha256()
    for file in files:
        content.update(f"{file.relative_to(PROJECT)}\0".encode() + file.read_bytes())
    return content.hexdigest()


if __name__ == "__main__":
    main()
