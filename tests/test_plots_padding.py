"""The picture of a padded batch shows every letter, every padded cell and every end of a text."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.colors import same_color

from companion import plots


def test_letters_padding_and_ends():
    ax = plots.canvas(2.8)
    assert plots.padded(ax, ["ace", "decade", "a"]) is ax
    written = [text.get_text() for text in ax.texts]
    assert "".join(t for t in written if t.isalpha() and len(t) == 1) == "acedecadea"
    assert [t for t in written if t.isdigit()] == [*"123456", *"361"]
    assert sum(cell.get_hatch() is not None for cell in ax.patches) == 3 + 0 + 5
    ends = [cell for cell in ax.patches if same_color(cell.get_edgecolor(), plots.VERMILION)]
    assert len(ends) == 3
    assert ends[2].get_x() < ends[0].get_x() < ends[1].get_x()
    plt.close(ax.figure)


@pytest.mark.parametrize("texts", [[], [""], ["ace", ""], "ace"])
def test_nothing_to_draw_is_refused(texts):
    ax = plots.canvas(2.8)
    with pytest.raises(ValueError, match="texts must be several"):
        plots.padded(ax, texts)
    plt.close(ax.figure)
