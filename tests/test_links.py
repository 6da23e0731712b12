"""Every relative link and picture of the README and the documents leads to a file that is checked in."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# [text](target), ![text](target "title"), [label]: target, <img src="target">, <a href="target">
LINK = re.compile(
    r"""\]\(\s*<?([^)\s>]+)|^\s{0,3}\[[^\]]+\]:\s*<?([^\s>]+)|(?:src|href)\s*=\s*["']([^"']+)""", re.MULTILINE
)
BLOCK = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
ELSEWHERE = ("http://", "https://", "mailto:")


def targets(text: str) -> list[str]:
    found = ("".join(groups) for groups in LINK.findall(re.sub("`[^`\n]*`", "", BLOCK.sub("", text))))
    return [target for target in found if not target.startswith(ELSEWHERE)]


def anchors(text: str) -> set[str]:
    """Return the names GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+\s+(.*?)\s*#*$", BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def checked_in() -> set[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return {ROOT, *ROOT.rglob("*")}  # an archive: what it holds was checked in
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    files = {ROOT / name for name in names.split("\0") if name}
    return files | {folder for file in files for folder in file.parents}


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_every_relative_link_leads_to_a_file_that_is_checked_in(page: Path, checked_in: set[Path]) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in targets(text):
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        there = file in checked_in
        if there and anchor and file.suffix == ".md":
            there = anchor in anchors(file.read_text(encoding="utf-8"))
        if not there:
            broken.append(target)
    assert not broken


def test_links_of_every_kind_are_found() -> None:
    text = (
        '[a](one.md) ![b](two.png "title") <img src="three.png"> [c](https://x.org/four) `[d](five.md)`\n'
        "```\n[e](six.md)\n```\n[f]: seven.md\n[g](<eight.md>) [h](#nine) [![i](ten.png)](eleven.md)\n"
    )
    assert targets(text) == ["one.md", "two.png", "three.png", "seven.md", "eight.md", "#nine", "ten.png", "eleven.md"]
    assert anchors("# Two minutes\n## What `run` does, and why\n```\n# no heading\n```\n") == {
        "two-minutes", "what-run-does-and-why",
    }  # fmt: skip
