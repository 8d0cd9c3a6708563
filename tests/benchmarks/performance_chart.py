"""Draw the chart of docs/performance.md from the tables of this page.

    pip install -e ".[plots]"
    python tests/benchmarks/performance_chart.py

Writes docs/images/performance.svg. Run it whenever the tables have changed. In the tables about the training, all
columns of ratios are drawn: medians with the smallest and the largest value in brackets. Columns
can be added and removed.
"""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

DOCS = Path(__file__).parents[2] / "docs"
PAGE, CHART = DOCS / "performance.md", DOCS / "images" / "performance.svg"
RATIO = re.compile(r"([\d.]+) \(([\d.]+)–([\d.]+)\)")
COLOURS = (
    *("#0072b2", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#56b4e9"),
    *("#000000", "#8c564b", "#bcbd22", "#7f7f7f", "#7b3294", "#c2a5cf"),
)
COMPARED = ("predict", "encode", "score")
"""The tasks of inference to draw. Single images are far to the right, and detectors have no counterpart."""
TICKS = (0.5, 0.7, 1, 1.5, 2, 3, 4, 6)


class Table(NamedTuple):
    """A table in Markdown: its heading, the line above it, and its rows as dictionaries by column."""

    section: str
    caption: str
    rows: list


def main():
    page = PAGE.read_text()
    with matplotlib.rc_context({"svg.hashsalt": "performance", "svg.fonttype": "none", "font.size": 9}):
        draw(panels(page)).savefig(CHART, metadata={"Date": None, "Description": digest(page)})
    print(CHART)


def digest(page):
    """Return a digest of what the chart of a page shows, by which a chart is recognized as the current one."""
    return hashlib.sha256(repr(panels(page)).encode()).hexdigest()


def panels(page):
    """Return the ratios of a page by title, series and model: `(median, low, high)`."""
    found = {}
    for table in tables(page):
        if table.section == "Training" and "time" in {row.get("") for row in table.rows}:
            times = [row for row in table.rows if row[""] == "time"]
            found[f"Epoch of {table.caption.split(',')[0]}"] = series_of(times, list(times[0]))
        if table.section.startswith("Time until the first step"):
            column = "stock Keras / keras_cae"
            found["First step"] = {"stock Keras": series_of(table.rows, [column])[column]}
        if table.section == "Inference":
            column = "keras_cae / stock Keras"
            tasks = dict.fromkeys(row["task"] for row in table.rows)
            of_task = {task: [row for row in table.rows if row["task"] == task] for task in tasks}
            series = {task: series_of(rows, [column]) for task, rows in of_task.items() if task in COMPARED}
            found["Inference"] = {f"stock Keras, {task}": each[column] for task, each in series.items()}
    return found


def tables(page):
    """Yield the tables of a page in Markdown."""
    section = caption = ""
    lines = iter(page.splitlines())
    for line in lines:
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| "):
            columns = cells(line)
            next(lines)
            rows = []
            for row in lines:
                if not row.startswith("| "):
                    break
                rows.append(dict(zip(columns, cells(row), strict=True)))
            yield Table(section, caption, rows)
        elif line:
            caption = line


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def series_of(rows, columns):
    """Return the ratios in each column that has any, by model."""
    series = {}
    for column in columns:
        matches = {row["model"]: RATIO.fullmatch(row[column]) for row in rows}
        ratios = {model: tuple(map(float, match.groups())) for model, match in matches.items() if match}
        if ratios:
            series[column] = ratios
    return series


def draw(shown):
    """Return a figure with a panel for each title, in two columns."""
    names = list(dict.fromkeys(name for series in shown.values() for name in series))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    pairs = [list(shown)[start : start + 2] for start in range(0, len(shown), 2)]
    heights = [max(line_count(shown[title]) for title in pair) for pair in pairs]
    figure = Figure(figsize=(9, 0.12 * sum(heights) + 0.8 * len(pairs) + 0.6), layout="constrained")
    grid = figure.subplots(len(pairs), 2, sharex=True, squeeze=False, height_ratios=heights)
    for pair, axes_of_row in zip(pairs, grid, strict=True):
        for title, axes in zip(pair, axes_of_row, strict=False):
            draw_panel(axes, title, shown[title], colours)
    if len(shown) % 2:
        grid[-1, -1].set_visible(False)
    low, high = grid[0, 0].get_xlim()
    ticks = [tick for tick in TICKS if low <= tick <= high]
    grid[0, 0].set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    figure.suptitle("Time relative to keras_cae: points to the right of the line are slower")
    legend = {line.get_label(): line for axes in grid.flat for line in axes.get_lines() if line.get_label() in names}
    figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def line_count(series):
    """Return how many lines of points a panel has, with an empty one between models."""
    models = {model for ratios in series.values() for model in ratios}
    return len(models) * (len(series) + 1)


def draw_panel(axes, title, series, colours):
    """Draw a point for each median, and a line from the smallest to the largest ratio."""
    models = list(dict.fromkeys(model for ratios in series.values() for model in ratios))
    step = 1 / (len(series) + 1)
    for number, (name, ratios) in enumerate(series.items()):
        places = [models.index(model) + (number + 1) * step - 0.5 for model in ratios]
        medians, low, high = zip(*ratios.values(), strict=True)
        axes.hlines(places, low, high, color=colours[name], linewidth=1.2, alpha=0.6)
        axes.plot(medians, places, "o", color=colours[name], markersize=4, label=name)
    axes.axvline(1, color="0.3", linewidth=1)
    axes.hlines(
        [place + 0.5 for place in range(len(models) - 1)],
        0,
        1,
        "0.9",
        linewidth=0.8,
        transform=axes.get_yaxis_transform(),
    )
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(labelbottom=True)
    axes.set_yticks(range(len(models)), models)
    axes.set_ylim(len(models) - 0.5, -0.5)
    axes.set_title(title)


if __name__ == "__main__":
    main()
