"""Tables whose rows open something."""

from app.ui.rows import Cell, Column, Row, badge, breakable, render_table, spark_bars

COLUMNS = (Column(title="Name", keep=True), Column(title="n", align="right"))


def table(*cells: Cell) -> str:
    return render_table(COLUMNS, [Row(id='"><i>', href="/run?id=1&x=2", cells=cells)], name="Runs & more")


def test_everything_from_outside_is_escaped() -> None:
    html = table(Cell(text="<b>x</b>", note="<u>", phone_note="<s>"), Cell(text="&"))
    for tag in ("<b>", "<u>", "<s>", "<i>"):
        assert tag not in html
    assert 'aria-label="Runs &amp; more"' in html
    assert 'href="/run?id=1&amp;x=2"' in html
    assert "<b>" not in badge("<b>", "red")


def test_the_first_cell_is_the_rows_header_and_link() -> None:
    html = table(Cell(text="one"), Cell(text="2"))
    assert html.count("<a ") == 1
    assert html.count('scope="row"') == 1
    assert html.count('scope="col"') == 2


def test_columns_that_a_phone_leaves_out_are_marked_in_head_and_body() -> None:
    assert table(Cell(text="one"), Cell(text="2")).count("fw-wide") == 2


def test_long_names_may_wrap_after_their_joints() -> None:
    assert breakable("news_topic/a<b") == "news_<wbr>topic/<wbr>a&lt;b"


def test_spark_bars_scale_to_the_highest_and_survive_silence() -> None:
    assert 'height="24.00"' in spark_bars((1, 2), name="x")
    assert 'height="12.00"' in spark_bars((1, 2), name="x")
    assert "nan" not in spark_bars((0, 0), name="x")
