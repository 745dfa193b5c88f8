"""Results as a picture; it needs matplotlib, which the extra ``plot`` installs."""

from __future__ import annotations

import importlib.util
import os
import statistics
from collections.abc import Sequence
from pathlib import Path

from bridge.engine import HsmError, ReturnCode
from bridge.speed.rounds import Result

SUFFIXES = (".svg", ".png")
_INCHES_A_BAR = 0.28


def require_plot(path: Path) -> None:
    """Refuse a picture that could not be drawn, before anything is measured.

    Raises:
        HsmError: ``ARGUMENTS_BAD`` for another kind of file or one that cannot be written; ``FUNCTION_FAILED`` without
            matplotlib.
    """
    if path.suffix not in SUFFIXES:
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"A plot is an .svg or a .png file, not {path.name}.")
    folder = path.absolute().parent
    if not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise HsmError(ReturnCode.ARGUMENTS_BAD, f"{path} cannot be written: choose another folder for the plot.")
    if importlib.util.find_spec("matplotlib") is None:
        raise HsmError(
            ReturnCode.FUNCTION_FAILED,
            "--plot draws with matplotlib, which is not installed: `pip install 'hsmbridge[plot]'`.",
        )


def plot(results: Sequence[Result], path: Path) -> None:
    """Draw what one operation takes: a bar a contender, from the fastest round to the slowest a line.

    Args:
        results: what was measured.
        path: the file to write, of a kind that :func:`require_plot` takes.

    Raises:
        OSError: if it cannot be written.
    """
    from matplotlib.figure import Figure

    bars = [(f"{result.case}  {name}", name, rates) for result in results for name, rates in result.rates.items()]
    names = list(dict.fromkeys(name for _, name, _ in bars))
    figure = Figure(figsize=(10, 1.2 + _INCHES_A_BAR * len(bars)), layout="constrained")
    axes = figure.subplots()
    for place, (_, name, rates) in enumerate(bars):
        times = [1e6 / rate for rate in rates]
        middle = 1e6 / statistics.median(rates)
        axes.barh(
            place,
            middle,
            xerr=[[middle - min(times)], [max(times) - middle]],
            color=f"C{names.index(name)}",
            error_kw={"elinewidth": 0.8},
        )
    axes.set_yticks(range(len(bars)), [label for label, _, _ in bars])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("µs an operation (median of the rounds; the line goes from the fastest to the slowest)")
    axes.set_title("hsmbridge speed")
    figure.savefig(path)
