"""Markdown from strangers, shown as text: no HTML, no pictures, nothing loaded, and links only told, never opened."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFragment,
    QTextTable,
    QTextTableFormat,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from gui.theme import MONO, Theme, mix, text_font

BASE_PX = 13
HEADING_PX = {1: 17, 2: 15, 3: 14}
INDENT = 18
LINE_HEIGHT = 124  # percent: prose, unlike labels, is read line by line
MOST_MARKS = 8
MARK = r"[ \t]*(?:[>*+-]|\d{1,9}[.)])(?=[ \t>*+-])"
NESTING = re.compile(rf"^((?:{MARK}){{{MOST_MARKS}}})[ \t>*+\-\d.)]*", re.MULTILINE)
"""The beginning of a line nested deeper than anyone reads: Qt takes time that grows with the square of its depth."""
MOST_LINES = 600
LEFT_OUT = "\n\n*… the rest is left out: the text has too many lines.*"


class MarkdownDocument(QTextDocument):
    """A document that loads nothing, whatever its text asks for."""

    def loadResource(self, _kind: int, _name: QUrl) -> None:  # type: ignore[override]
        return None


class MarkdownView(QTextBrowser):
    """Text written in Markdown, to be read and copied.

    Either as high as its text (`whole`), for a column that scrolls as one, or with a scroll bar of its own.
    """

    def __init__(self, theme: Theme, scale: float, parent: QWidget | None = None, *, whole: bool = True) -> None:
        super().__init__(parent)
        self._theme, self._scale, self._whole = theme, scale, whole
        self.markdown = ""
        self.setDocument(MarkdownDocument(self))
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("background: transparent; border: none; padding: 0;")
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        if whole:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # there is nothing in it for the Tab key to reach
        self.setAccessibleName("Text")

    def loadResource(self, _kind: int, _name: QUrl) -> None:  # type: ignore[override]
        return None

    def show_markdown(self, text: str) -> None:
        """Show another text."""
        if text != self.markdown:
            self.markdown = text
            self._fill()

    def restyle(self, theme: Theme) -> None:
        """Take the colors of `theme`."""
        self._theme = theme
        self._fill()

    def _fill(self) -> None:
        document = self.document()
        document.setDefaultFont(text_font(self._scale, px=BASE_PX))
        document.setIndentWidth(INDENT * self._scale)
        features = QTextDocument.MarkdownFeature
        document.setMarkdown(_tamed(self.markdown), features.MarkdownNoHTML | features.MarkdownDialectGitHub)
        all_at_once = QTextCursor(document)
        all_at_once.beginEditBlock()  # laid out anew at its end, not after each paragraph
        _tell_links_and_pictures(document, self._theme)
        block = document.begin()
        while block.isValid():
            _style(block, self._theme, self._scale)
            block = block.next()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                _style_table(frame, self._theme)
        all_at_once.endEditBlock()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._whole:
            self.document().setTextWidth(max(1, self.viewport().width()))
            height = int(self.document().size().height() + 0.999)
            if height != self.height():
                self.setFixedHeight(height)

    def sizeHint(self) -> QSize:
        return QSize(200, self.height() if self._whole else 160)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.height() if self._whole else 60)


def _tamed(text: str) -> str:
    """Return the text without what is made to be slow."""
    lines = text.splitlines()
    kept = "\n".join(lines[:MOST_LINES]) + LEFT_OUT if len(lines) > MOST_LINES else text
    return NESTING.sub(r"\1 ", kept)


def _tell_links_and_pictures(document: QTextDocument, theme: Theme) -> None:
    """Make links text with their address as a tip, and pictures their description."""
    found = []
    block = document.begin()
    while block.isValid():
        found += [
            (block, piece, piece.charFormat()) for piece in _pieces(block)
            if piece.charFormat().isAnchor() or piece.charFormat().isImageFormat()
        ]
        block = block.next()
    for block, piece, form in reversed(found):
        cursor = _over(block, piece)
        told = QTextCharFormat()
        if form.isImageFormat():
            told.setForeground(QBrush(QColor(theme.muted)))
            words = str(form.property(QTextFormat.Property.ImageAltText) or "") or "picture"
            cursor.insertText(f"[{words}]", told)
        else:
            told.setFont(form.font())
            told.setForeground(QBrush(QColor(theme.accent)))
            told.setFontUnderline(False)
            told.setToolTip(f"<qt>{escape(form.anchorHref())}</qt>")
            cursor.setCharFormat(told)


def _style(block: QTextBlock, theme: Theme, scale: float) -> None:
    """Give a paragraph, a heading, a quotation or a line of code its look."""
    cursor = QTextCursor(block)
    cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
    form = block.blockFormat()
    level = form.headingLevel()
    code = form.hasProperty(QTextFormat.Property.BlockCodeLanguage) or form.nonBreakableLines()
    quote = form.hasProperty(QTextFormat.Property.BlockQuoteLevel)
    first, listed = block.blockNumber() == 0, block.textList() is not None
    changed = QTextBlockFormat()
    changed.setLineHeight(100 if code else LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    changed.setTopMargin(0 if first else (12 if level else 0) * scale)
    changed.setBottomMargin((0 if code else 4 if level or listed else 8) * scale)
    changed.setNonBreakableLines(False)  # a line too long for the column is broken, never cut
    if quote:
        changed.setLeftMargin(12 * scale)
        changed.setRightMargin(0)
    if code:
        changed.setBackground(QBrush(QColor(theme.raised)))
    QTextCursor(block).mergeBlockFormat(changed)
    if level:
        _style_heading(block, level, scale)
    elif quote:
        look = QTextCharFormat()
        look.setForeground(QBrush(QColor(theme.muted)))
        cursor.mergeCharFormat(look)
    _style_code(block, theme, scale)


def _style_table(table: QTextTable, theme: Theme) -> None:
    look = QTextTableFormat(table.format())
    look.setBorderCollapse(True)
    look.setBorder(1)
    look.setBorderBrush(QBrush(QColor(theme.border)))
    look.setCellPadding(3)
    look.setTopMargin(4)
    look.setBottomMargin(6)
    table.setFormat(look)


def _style_heading(block: QTextBlock, level: int, scale: float) -> None:
    for piece in _pieces(block):
        look = piece.charFormat()
        look.clearProperty(QTextFormat.Property.FontSizeAdjustment)  # Qt's own headings are those of a page
        look.setFont(text_font(scale, px=HEADING_PX.get(level, BASE_PX), weight=QFont.Weight.Bold))
        _over(block, piece).setCharFormat(look)


def _style_code(block: QTextBlock, theme: Theme, scale: float) -> None:
    look = QTextCharFormat()
    look.setFontFamilies([*MONO, "monospace"])
    look.setProperty(QTextFormat.Property.FontPixelSize, round((BASE_PX - 1) * scale))
    look.setForeground(QBrush(QColor(mix(theme.text, theme.accent, 0.35))))
    for piece in _pieces(block):
        if piece.charFormat().fontFixedPitch():
            _over(block, piece).mergeCharFormat(look)


def _pieces(block: QTextBlock) -> list[QTextFragment]:
    """Return the runs of text of one format; a list, as changing one ends the walk over them."""
    pieces, found = block.begin(), []
    while not pieces.atEnd():
        found.append(pieces.fragment())
        pieces += 1
    return found


def _over(block: QTextBlock, piece: QTextFragment) -> QTextCursor:
    """Return a cursor that has selected a piece of a paragraph."""
    cursor = QTextCursor(block)
    cursor.setPosition(piece.position())
    cursor.setPosition(piece.position() + piece.length(), QTextCursor.MoveMode.KeepAnchor)
    return cursor
