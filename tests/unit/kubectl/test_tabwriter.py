"""Columns are laid out as Go's tabwriter lays them out."""

from pyk3s.kubectl import tabwriter


def test_a_column_is_as_wide_as_its_widest_cell():
    assert tabwriter.align("a\tb\nccc\td") == "a    b\nccc  d"


def test_a_line_without_cells_ends_the_columns():
    assert tabwriter.align("a\tb\n\nccccc\td") == "a  b\n\nccccc  d"


def test_inner_columns_end_with_the_lines_that_have_them():
    assert tabwriter.align("a\tb\tc\nx\ty\nlong\tz\tw") == "a     b  c\nx     y\nlong  z  w"


def test_later_rows_keep_the_widths_of_earlier_ones():
    table = tabwriter.Table()
    assert table.text([["NAME", "AGE"], ["long-name", "1s"]]) == "NAME        AGE\nlong-name   1s\n"
    assert table.text([["x", "2s"]]) == "x           2s\n"
