"""Builds Sendproof.exe and everything handed out beside it into dist/, proves it, and prints its figures.

    ./dev exe [--no-figures]

On Windows with the project's own Python; elsewhere with a Windows Python in a Wine of its own, both made here and kept
in .cache/windows, which may be deleted at any time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from core import __version__
from installer import linkage, parts, sign, smoke, stores
from installer.identity import DESCRIPTION, FILE_NAME, version_numbers
from installer.machine import IS_WINDOWS, ROOT, Windows, Wine
from installer.measure import measure, table
from installer.proving import Failed

HERE = ROOT / "installer"
CACHE = ROOT / ".cache" / "windows"
WORK = ROOT / "build" / "exe"
DIST = ROOT / "dist"
PYTHON = "3.12.1"
"""The version of the Windows Python that is built with under Wine; a release is built on Windows, with the newest."""
HOME = "https://example.com/sendproof"
"""Stands for the place of the releases, which in a workflow GITHUB_REPOSITORY names."""


def main() -> int:
    """Build, check, hand out, prove."""
    parser = argparse.ArgumentParser(prog="./dev exe", description="Build Sendproof.exe into dist/ and prove it.")
    parser.add_argument("--no-figures", action="store_true", help="don't measure size and start")
    arguments = parser.parse_args()
    try:
        machine = prepare()
        try:
            build(machine)
            figures = not arguments.no_figures
            prove(machine, figures=figures)
        finally:
            machine.close()
    except (BuildFailed, sign.SigningFailed, Failed) as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"Done: {', '.join(path.name for path in sorted(DIST.iterdir()))}")
    return 0


class BuildFailed(Exception):
    """What went wrong, for the person who builds."""


def say(text: str) -> None:
    """Print what happens, at once."""
    print(text, flush=True)


# Preparing


def prepare() -> Windows:
    """Return the machine that runs Windows programs, with everything installed that building needs."""
    CACHE.mkdir(parents=True, exist_ok=True)
    requirements = CACHE / "requirements.txt"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tools = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [*project["dependencies"], *(line.partition("#")[0].strip() for line in tools)]
    requirements.write_text("\n".join(filter(None, wanted)) + "\n", encoding="utf-8")
    if IS_WINDOWS:
        run([sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "install", "-r", str(requirements)])
        return Windows(Path(sys.executable))
    run([str(HERE / "wine.sh"), str(CACHE / "wine")])
    python = CACHE / "python"
    script = HERE / "windows_python.sh"
    made_from = "\n".join([str(python), requirements.read_text(encoding="utf-8"), script.read_text(encoding="utf-8")])
    ready = CACHE / "python.ready"
    if not ready.is_file() or ready.read_text(encoding="utf-8") != made_from or not python.is_dir():
        ready.unlink(missing_ok=True)
        local = find_python()
        library = run([str(local), "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"]).strip()
        wheels = CACHE / "wheels"
        # pyspf comes as sources only; it is pure Python and its wheel is built here.
        (source,) = [line for line in project["dependencies"] if line.startswith("pyspf==")]
        pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
        run([*pip, "wheel", "--no-deps", "-w", str(wheels), source])
        say("Setting up the Windows Python (half a minute) …")
        run([str(script), str(python), library, str(local), str(requirements), str(wheels)])
        ready.write_text(made_from, encoding="utf-8")
    return Wine(CACHE / "wine", python / "python.exe")


def find_python() -> Path:
    """Return a local CPython of exactly the Windows Python's version: its standard library is used."""
    candidates = [
        *(Path(root).expanduser() / "versions" / PYTHON / "bin" / "python3" for root in (
            os.environ.get("PYENV_ROOT") or "~/.pyenv", "/opt/pyenv", "/usr/local/pyenv")),
        *(Path(found) for name in ("python3.12", "python3") if (found := shutil.which(name))),
        Path(sys.executable),
    ]  # fmt: skip
    for candidate in candidates:
        if candidate.is_file():
            told = subprocess.run(
                [str(candidate), "-c", "import platform; print(platform.python_version())"],
                capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
            if told.stdout.strip() == PYTHON:
                return candidate
    raise BuildFailed(
        f"Building under Wine needs the standard library of CPython {PYTHON}, the version whose Windows libraries are"
        f" to be had as a package. Please type: pyenv install {PYTHON}"
    )


def run(command: list[str], limit: float = 900) -> str:
    """Run a command of this computer and return its output. Raises BuildFailed with its words."""
    try:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        raise BuildFailed(f"{command[0]} did not end within {limit} s.") from None
    if result.returncode:
        raise BuildFailed(f"{' '.join(command)}\n{(result.stdout + result.stderr).strip()[-4000:]}")
    return result.stdout


# Building


def build(machine: Windows) -> None:
    """Freeze the program, check what was frozen, and fill dist/."""
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.rmtree(DIST, ignore_errors=True)
    WORK.mkdir(parents=True)
    DIST.mkdir()
    freeze(machine)
    frozen = WORK / "out"
    if wrong := linkage.problems(frozen / "folder"):
        raise BuildFailed("\n".join(wrong))

    program = DIST / FILE_NAME
    shutil.copyfile(frozen / FILE_NAME, program)
    inside = frozen / "folder" / FILE_NAME
    (frozen / "folder" / "SendproofFolder.exe").rename(inside)
    signed = sign_all(program, inside)
    contents = json.loads((WORK / "contents.json").read_text(encoding="utf-8"))

    versions = json.loads(python_says(machine, _VERSIONS))
    site = Path(python_says(machine, "import PySide6, os; print(os.path.dirname(os.path.dirname(PySide6.__file__)))"))
    if not IS_WINDOWS:
        site = CACHE / "python" / "Lib" / "site-packages"
    packages = parts.frozen_packages(site, contents)
    everything = [*parts.platform_parts(versions, ROOT / "resources" / "licences"), *packages]
    licences = DIST / "THIRD-PARTY-LICENCES.txt"
    licences.write_text(parts.licence_file(everything, versions["qt"]), encoding="utf-8")
    licence = DIST / "LICENSE.txt"
    shutil.copyfile(ROOT / "LICENSE", licence)

    setup = DIST / f"Sendproof-{__version__}-setup.exe"
    make_setup(setup)
    if setup.exists():
        sign_all(setup)
    folder = DIST / f"Sendproof-{__version__}-folder.zip"
    zip_folder(frozen / "folder", [licence, licences], folder)

    names = {part.name.lower().replace("-", "_") for part in packages}
    nested = [
        path
        for info in site.glob("*.dist-info")
        if info.name.partition("-")[0].lower() in names
        for path in sorted(info.glob("sboms/*.json"))
    ]
    listed = parts.sbom(__version__, sha256(program), everything, nested, now().isoformat())
    (DIST / "Sendproof.cdx.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    write_store_manifests(program, setup)
    handed_out = [program, setup, folder]
    (DIST / "SHA256SUMS.txt").write_text(
        "".join(f"{sha256(path)} *{path.name}\n" for path in handed_out if path.exists()), encoding="ascii"
    )
    made_of = f"Python {versions['python']}, Qt {versions['qt']}, OpenSSL {versions['openssl']}"
    say(f"Built Sendproof {__version__} with {made_of}{', signed' if signed else ''}.")


_VERSIONS = """
import importlib.metadata as m, json, platform, ssl, zlib
print(json.dumps({"python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION.split()[1],
    "qt": m.version("PySide6-Essentials"), "pyinstaller": m.version("pyinstaller"), "zlib": zlib.ZLIB_RUNTIME_VERSION}))
"""


def python_says(machine: Windows, program: str) -> str:
    """Return what a few lines of Python print on the machine."""
    result = machine.run(machine.python, "-c", program, limit=60)
    return result.stdout.decode("utf-8", "replace").strip()


def freeze(machine: Windows) -> None:
    """Run PyInstaller: the same input gives the same bytes."""
    say("Freezing (a minute) …")
    environment = {
        "SENDPROOF_BUILD": machine.path(WORK),
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": str(int(now().timestamp())),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    arguments = ["-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "ERROR"]
    arguments += ["--distpath", machine.path(WORK / "out"), "--workpath", machine.path(WORK / "work")]
    spec = machine.path(HERE / "sendproof.spec")
    for attempt in (1, 2):
        try:
            result = machine.run(machine.python, *arguments, spec, limit=600, cwd=ROOT, environment=environment)
        except subprocess.TimeoutExpired:
            machine.kill("python.exe")  # Wine hangs once in a while when a program ends
            if attempt == 2:
                raise BuildFailed("PyInstaller did not end within 600 s, twice.") from None
            continue
        (WORK / "freezing.log").write_bytes(result.stdout + result.stderr)
        if result.returncode or not (WORK / "out" / FILE_NAME).is_file():
            raise BuildFailed((result.stdout + result.stderr).decode("utf-8", "replace")[-4000:])
        return


def now() -> dt.datetime:
    """Return the time of the last commit, so that the same sources make the same files; without git, now."""
    result = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "log", "-1", "--format=%ct"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seconds = int(result.stdout) if result.stdout.strip().isdigit() else dt.datetime.now(dt.UTC).timestamp()
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def sign_all(*programs: Path) -> bool:
    """Sign programs if a certificate is set; say so if none is."""
    done = [sign.sign(program, DESCRIPTION) for program in programs]
    if not all(done):
        say(sign.NOTICE)
    return all(done)


def make_setup(target: Path) -> None:
    """Make the installer around what is in dist/."""
    makensis = shutil.which("makensis") or shutil.which("makensis", path=r"C:\Program Files (x86)\NSIS")
    if not makensis:
        raise BuildFailed("NSIS is needed for the installer; its program makensis was not found.")
    mark = "/D" if IS_WINDOWS else "-D"
    defines = {
        "VERSION": __version__,
        "NUMBERS": ".".join(map(str, version_numbers(__version__))),
        "SOURCE": str(DIST),
        "ICON": str(HERE / "sendproof.ico"),
        "OUTPUT": str(target),
    }
    run([makensis, "/V2" if IS_WINDOWS else "-V2"]
        + [f"{mark}{name}={value}" for name, value in defines.items()] + [str(HERE / "setup.nsi")])  # fmt: skip


def zip_folder(folder: Path, beside: list[Path], target: Path) -> None:
    """Zip a folder and some files as one folder Sendproof, with the same bytes for the same files."""
    date = now().timetuple()[:6]
    files = {f"Sendproof/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
    files |= {f"Sendproof/{path.name}": path for path in beside}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())


def write_store_manifests(program: Path, setup: Path) -> None:
    """Write what winget and Scoop want to be told of a release."""
    repository = os.environ.get("GITHUB_REPOSITORY")
    home = f"https://github.com/{repository}" if repository else HOME
    release = f"{home}/releases/download/v{__version__}"
    folder = DIST / "winget"
    folder.mkdir()
    day = now().date().isoformat()
    for name, text in stores.winget(__version__, day, home, f"{release}/{setup.name}", sha256(setup)).items():
        (folder / name).write_text(text, encoding="utf-8")
    scoop = stores.scoop(__version__, home, f"{release}/{program.name}", sha256(program))
    (DIST / "scoop.json").write_text(scoop, encoding="utf-8")


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Proving


def prove(machine: Windows, *, figures: bool) -> None:
    """Start what was built and judge it by what it does; then measure."""
    setup = DIST / f"Sendproof-{__version__}-setup.exe"
    folder = WORK / "out" / "folder"
    smoke.smoke(machine, DIST / FILE_NAME, folder / FILE_NAME, setup, DIST / "window.png")
    if not figures:
        return
    program, bare = DIST / FILE_NAME, WORK / "out" / "bare.exe"
    programs = {
        FILE_NAME: (program, machine.command(program)),
        "the zipped folder": (folder, machine.command(folder / FILE_NAME)),
        "a bare QWidget": (bare, machine.command(bare)),
    }
    measured = table(measure(programs, machine.environment, machine.path), "a bare QWidget")
    (DIST / "figures.txt").write_text(measured + "\n", encoding="utf-8")
    say(measured)


if __name__ == "__main__":
    sys.exit(main())
