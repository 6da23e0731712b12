"""Markdown from strangers: shown as text, loading nothing, never slow."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QTextBlock, QTextDocument, QTextFormat

from gui import theme
from gui.markdown import MOST_LINES, MOST_MARKS, MarkdownView

PAGE = """# Head
A **bold** word and `code`, see [here](https://example.org/page).

![a cat](file:///etc/passwd) <b>not bold</b> <script>alert(1)</script>

- one
- two

> said

| a | b |
|---|---|
| 1 | 2 |
"""


@pytest.fixture
def view(qtbot: Any) -> MarkdownView:
    made = MarkdownView(theme.DARK, 1.0)
    qtbot.addWidget(made)
    made.resize(304, 100)
    made.show()
    return made


def _blocks(view: MarkdownView) -> list[QTextBlock]:
    found, block = [], view.document().begin()
    while block.isValid():
        found.append(block)
        block = block.next()
    return found


def formats(view: MarkdownView) -> list[tuple[str, Any]]:
    found = []
    for block in _blocks(view):
        pieces = block.begin()
        while not pieces.atEnd():
            found.append((pieces.fragment().text(), pieces.fragment().charFormat()))
            pieces += 1
    return found


def test_it_shows_words_as_markdown_means_them(view: MarkdownView) -> None:
    view.show_markdown(PAGE)
    looks = dict(formats(view))
    assert looks["bold"].fontWeight() > looks[" word and "].fontWeight()
    assert looks["Head"].font().pixelSize() > looks["bold"].font().pixelSize()
    assert "●" not in view.toPlainText()
    assert {"one", "two", "said", "1", "2"} <= set(view.toPlainText().split("\n"))


def test_html_is_shown_letter_by_letter(view: MarkdownView) -> None:
    view.show_markdown(PAGE)
    assert "<b>not bold</b> <script>alert(1)</script>" in view.toPlainText()


def test_links_are_told_and_cannot_be_opened(view: MarkdownView) -> None:
    view.show_markdown(PAGE)
    link = dict(formats(view))["here"]
    assert not link.isAnchor()
    assert "https://example.org/page" in link.toolTip()


def test_pictures_are_their_description_and_nothing_is_loaded(view: MarkdownView) -> None:
    view.show_markdown(PAGE)
    assert "[a cat]" in view.toPlainText()
    assert not any(form.isImageFormat() for _, form in formats(view))
    wanted = QUrl("file:///etc/hostname")
    assert view.loadResource(QTextDocument.ResourceType.HtmlResource.value, wanted) is None
    assert view.document().loadResource(QTextDocument.ResourceType.ImageResource.value, wanted) is None


def test_it_is_as_high_as_its_text_at_any_width(view: MarkdownView) -> None:
    view.show_markdown("word " * 100)
    narrow = view.height()
    view.resize(900, view.height())
    assert view.height() < narrow
    assert view.document().size().height() <= view.height() + 1


def test_it_follows_the_theme(view: MarkdownView) -> None:
    view.show_markdown("[link](http://a.b)")
    view.restyle(theme.LIGHT)
    assert dict(formats(view))["link"].foreground().color() == QColor(theme.LIGHT.accent)


@pytest.mark.parametrize(
    "text",
    [">" * 20_000, "- " * 10_000, "1. " * 6_600, "> - " * 5_000, "[" * 5_000, "a\n\n" * 6_600,
     "|a|b|\n|-|-|\n" + "|1|2|\n" * 3_000],
    ids=["quotations", "lists", "numbers", "both", "brackets", "paragraphs", "rows"],
)  # fmt: skip
def test_text_made_to_be_slow_is_cut_to_what_anyone_reads(view: MarkdownView, text: str) -> None:
    """Some of these took Qt minutes: it sees neither thousands of paragraphs nor lists in lists in lists."""
    view.show_markdown(text)
    assert view.document().blockCount() <= 3 * MOST_LINES
    assert max(_depth(block) for block in _blocks(view)) <= 2 * MOST_MARKS


def _depth(block: QTextBlock) -> int:
    form = block.blockFormat()
    quoted = form.property(QTextFormat.Property.BlockQuoteLevel) or 0
    listed = block.textList()
    return int(quoted) + (listed.format().indent() if listed is not None else 0)
