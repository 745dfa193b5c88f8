"""The log: JSON lines, from several processes into one file."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.server.logs import JsonLines, SharedFile


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """A logger whose records go nowhere else."""
    logger = logging.getLogger("a test's own")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def write_to(log: logging.Logger, path: Path, **options: int) -> None:
    """Send a logger's records to a file."""
    handler = SharedFile(path, **options)
    handler.setFormatter(JsonLines())
    log.addHandler(handler)


def lines(*paths: Path) -> list[dict[str, Any]]:
    """Return the objects of files' lines."""
    return [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def test_a_line_is_an_object_with_time_level_message_and_extras(log: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    write_to(log, path)
    before = datetime.now(UTC)
    log.warning("worker %d ended", 3, extra={"slot": 0, "where": Path("/x"), "level": "mine"})

    assert path.stat().st_mode & 0o777 == 0o600
    (line,) = lines(path)
    assert line["ts"].endswith("Z")
    assert len(line["ts"]) == len("2026-03-01T12:00:00.123Z")
    assert abs((datetime.fromisoformat(line["ts"]) - before).total_seconds()) < 5
    assert list(line) == ["ts", "level", "message", "pid", "slot", "where", "level_"]
    assert (line["level"], line["message"], line["slot"], line["where"], line["level_"]) == (
        "WARNING",
        "worker 3 ended",
        0,
        "/x",
        "mine",
    )


def test_whatever_a_message_holds_it_stays_one_line(tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    handler = SharedFile(path)
    handler.setFormatter(JsonLines())
    # Records of their own: what a logger is given is captured by pytest too, which cannot pass half a character on.
    nasty = 'a\nb\r\n"level": "x"\u2028\x00\x1b[31m ü \ud800'
    handler.handle(logging.makeLogRecord({"msg": nasty, "levelname": "INFO"}))
    try:
        raise ValueError("broken\nin two")
    except ValueError:
        handler.handle(logging.makeLogRecord({"msg": "failed", "levelname": "ERROR", "exc_info": sys.exc_info()}))
    handler.close()

    first, second = lines(path)
    assert first["message"].startswith('a\nb\r\n"level": "x"\u2028\x00\x1b[31m ü ')
    assert second["exception"].startswith("Traceback")
    assert second["exception"].endswith("ValueError: broken\nin two")


def test_a_file_that_is_too_long_is_put_aside(log: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    write_to(log, path, largest=1000, kept=2)
    for number in range(100):
        log.info("message", extra={"number": number})

    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["serve.log", "serve.log.1", "serve.log.2"]
    for file in files:
        assert file.stat().st_size <= 1000
        assert file.stat().st_mode & 0o777 == 0o600
    numbers = [line["number"] for line in lines(*reversed(files))]
    assert numbers == list(range(100 - len(numbers), 100))


def test_a_line_longer_than_a_file_may_be_is_written_all_the_same(log: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    write_to(log, path, largest=100, kept=2)
    log.info("x" * 500)
    log.info("y" * 500)
    assert [line["message"][0] for line in lines(tmp_path / "serve.log.1", path)] == ["x", "y"]


def test_a_removed_file_is_made_anew(log: logging.Logger, tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    write_to(log, path)
    path.unlink()
    log.info("here")
    assert [line["message"] for line in lines(path)] == ["here"]


_WRITER = """
import logging, sys
from pathlib import Path
from bridge.server import logs
handler = logs.SharedFile(Path(sys.argv[1]), largest=20_000, kept=50)
handler.setFormatter(logs.JsonLines())
logging.basicConfig(level=logging.INFO, handlers=[handler])
for number in range(1000):
    logging.info("m", extra={"writer": sys.argv[2], "number": number})
"""


def test_several_processes_lose_no_line_and_mix_none(tmp_path: Path) -> None:
    path = tmp_path / "serve.log"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name]) for name in "abcd"]
    for writer in writers:
        assert writer.wait(60) == 0
    seen = sorted((line["writer"], line["number"]) for line in lines(*tmp_path.iterdir()))
    assert len(list(tmp_path.iterdir())) > 10
    assert seen == [(name, number) for name in "abcd" for number in range(1000)]


def test_a_process_logs_to_standard_error_or_to_a_file(tmp_path: Path) -> None:
    code = (
        "import logging, sys, warnings; from pathlib import Path; from bridge.server.logs import start_log\n"
        "start_log(Path(sys.argv[1]) if len(sys.argv) > 1 else None, logging.WARNING)\n"
        "log = logging.getLogger('x'); log.info('quiet'); log.warning('loud'); warnings.warn('odd')"
    )
    path = tmp_path / "serve.log"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    silent = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True)

    assert silent.stdout + silent.stderr + shown.stdout == b""
    for content in (shown.stderr, path.read_bytes()):
        first, second = map(json.loads, content.splitlines())
        assert (first["level"], first["message"]) == ("WARNING", "loud")
        assert "UserWarning: odd" in second["message"]
