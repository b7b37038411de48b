"""Print the table: `python -m benchmarks`, or with names of benchmarks for some of them."""

import importlib
import sys

from benchmarks.measure import Line

ALL = ("launch", "page", "wire", "roster", "score", "plans")
HEADINGS = Line("what", "ours", "bare", "ratio (min / median / max)", "promised", None)


def main(names: list[str]) -> None:
    """Run the benchmarks one after another; whether a promise was kept is for a person to read."""
    lines = [line for name in names or ALL for line in importlib.import_module(f"benchmarks.{name}").run()]
    rows = [_cells(HEADINGS), *(_cells(line) for line in lines)]
    rows[0][-1] = "kept?"
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cells(line: Line) -> list[str]:
    kept = {True: "kept", False: "NOT KEPT", None: ""}[line.kept]
    return [line.what, line.ours, line.bare, line.ratio, line.promised, kept]


if __name__ == "__main__":
    main(sys.argv[1:])
