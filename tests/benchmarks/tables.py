"""Tables in Markdown."""


def print_table(columns, rows, labels=1):
    """Print a table, row by row as they come.

    Args:
        columns: the columns' names.
        rows: iterable of rows, each an iterable of cells; floats are shown with three digits.
        labels: how many columns, from the left, hold words instead of numbers.
    """
    print(_line(columns))
    print(_line(["---"] * labels + ["---:"] * (len(columns) - labels)))
    for row in rows:
        print(_line(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row), flush=True)
    print()


def _line(cells):
    return f"| {' | '.join(cells)} |"
