"""What the project's own files promise: one version, pinned packages, nothing of anybody's machine."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import core

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def tracked_texts() -> list[tuple[str, str]]:
    names = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    texts = []
    for name in filter(None, names):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content:
            texts.append((name, content.decode("utf-8")))
    return texts


def test_the_version_stands_in_one_place():
    assert re.fullmatch(r"\d+\.\d+\.\d+", core.__version__)
    assert tomllib.loads(PYPROJECT)["project"]["dynamic"] == ["version"]
    assignment = re.compile(r"""^(?:__)?version(?:__)?\s*=\s*["']\d""", re.IGNORECASE | re.MULTILINE)
    assert [name for name, text in tracked_texts() if assignment.search(text)] == ["core/__init__.py"]


def test_each_package_is_pinned_and_has_its_reason():
    project = tomllib.loads(PYPROJECT)["project"]
    requirements = [
        *project["dependencies"],
        *(r for group in project["optional-dependencies"].values() for r in group),
    ]
    assert requirements
    for requirement in requirements:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==[0-9][0-9A-Za-z.]*( *;.*)?", requirement), requirement
        (line,) = [line for line in PYPROJECT.splitlines() if f'"{requirement}"' in line]
        reason = line.partition("#")[2].strip()
        assert len(reason.split()) >= 2, f"{requirement} has no reason beside it"


FORBIDDEN = {
    "an address of a package index": re.compile(r"index[-_]url|find[-_]links|https?://\S*/simple\b", re.IGNORECASE),
    "a path of one machine": re.compile(r"(?<![\w.$~/-])/(?:work|home/\w+|Users/\w+|root)/(?=\w)"),
    "a Windows user's folder": re.compile(r"[A-Za-z]:\\\\?Users\\\\?\w+", re.IGNORECASE),
}


def test_each_installed_command_leads_somewhere():
    project = tomllib.loads(PYPROJECT)["project"]
    commands = {**project["scripts"], **project["gui-scripts"]}
    assert commands.keys() == {"sendproof", "sendproof-window"}
    for target in commands.values():
        module, _, function = target.partition(":")
        tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
        assert function in {name for node in tree.body for name in defined(node)}, target


def defined(node: ast.stmt) -> list[str]:
    """Names that a statement at the top of a module defines or imports."""
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    return []


def test_tracked_files_hold_nothing_of_one_machine():
    here = Path(__file__).relative_to(ROOT).as_posix()
    texts = tracked_texts()
    assert len(texts) > 10
    found = [
        f"{name}:{number}: {what}: {line.strip()[:100]}"
        for name, text in texts
        if name != here
        for number, line in enumerate(text.splitlines(), 1)
        for what, pattern in FORBIDDEN.items()
        if pattern.search(line)
    ]
    assert found == []


def test_what_is_forbidden_would_be_found():
    samples = {
        "an address of a package index": "pip install --index-url https://packages.example.com/",
        "a path of one machine": "cd /home/somebody/sendproof",
        "a Windows user's folder": r"C:\Users\somebody",
    }
    assert {what for what, sample in samples.items() if FORBIDDEN[what].search(sample)} == set(FORBIDDEN)


def test_sources_end_their_lines_as_the_attributes_say():
    wrong = [
        name
        for name, text in tracked_texts()
        if ("\r" in text.replace("\r\n", "\n"))
        or (("\r\n" in text) and not name.endswith((".cmd", ".bat", ".nsi", ".eml")))
    ]
    assert wrong == []
