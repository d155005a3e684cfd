"""The square to draw on, without a browser; `make browser-test` draws on it with a mouse."""

import pytest
import torch
import traitlets

from course_utils import DigitCanvas


def test_an_empty_canvas():
    canvas = DigitCanvas()
    assert canvas.size == 280
    assert canvas.drawing.shape == (280, 280) and canvas.drawing.dtype == torch.uint8
    assert not canvas.drawing.any()


def test_the_drawing_is_what_the_browser_sent_row_by_row():
    canvas, seen = DigitCanvas(), []
    canvas.observe(lambda change: seen.append(change["new"]), "pixels")
    sent = bytearray(280 * 280)
    sent[3 * 280 + 5] = 255
    canvas.set_state({"pixels": memoryview(sent)})  # what a stroke does
    assert [bytes(sent)] == seen
    assert canvas.drawing.nonzero().tolist() == [[3, 5]] and canvas.drawing[3, 5] == 255


def test_bytes_of_a_wrong_length_are_refused():
    canvas = DigitCanvas()
    with pytest.raises(traitlets.TraitError, match="pixels must be 280 × 280 = 78400 bytes, not 3."):
        canvas.pixels = b"abc"
    assert canvas.drawing.shape == (280, 280)


def test_its_text_is_the_same_at_each_run():
    texts = {repr(DigitCanvas()), repr(DigitCanvas())}
    assert len(texts) == 1 and "0x" not in texts.pop()
