"""Printing of tables in Markdown."""


def print_table(columns, rows, labels=1):
    """Print a table row by row, as soon as each row is available.

    Args:
        columns: the names of the columns.
        rows: iterable of rows, each an iterable of cells. Floats are printed with three digits.
        labels: number of columns at the left that contain text instead of numbers.
    """
    print(_line(columns))
    print(_line(["---"] * labels + ["---:"] * (len(columns) - labels)))
    for row in rows:
        print(_line(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row), flush=True)
    print()


def _line(cells):
    return f"| {' | '.join(cells)} |"
