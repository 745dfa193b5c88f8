"""Running a script of commands where the reader sees each one and what it says."""

from __future__ import annotations

import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import click

from bridge.engine import HsmError, ReturnCode
from bridge.jvm import find_jdk
from bridge.store.files import write_new

_WIDTH = 110

_Stream = int | IO[Any] | None


class Walk:
    """A walk through commands in one folder, with an environment of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Begin, and show the environment.

        Args:
            folder: where the commands run; the HSM is in its subfolder ``hsm``.
            environment: variables beside ``HSMBRIDGE_HOME``.
        """
        self._folder = folder
        self._jdk = find_jdk()
        self._set = {"HSMBRIDGE_HOME": str(folder / "hsm"), **environment}
        click.echo(f"$ cd {folder}")
        _show("export HSMBRIDGE_HOME=$PWD/hsm " + shlex.join(f"{name}={value}" for name, value in environment.items()))

    def set_secrets(self, *variables: str) -> None:
        """Set variables to random passwords, which are not shown."""
        self._set |= {variable: secrets.token_hex(12) for variable in variables}
        _show("export " + " ".join(f'{variable}="$(openssl rand -hex 12)"' for variable in variables))

    def run(self, script: str, *, must_say: str = "") -> None:
        """Run commands, one a line; lines that begin with ``#`` are for the reader.

        Args:
            script: the commands; ``hsmbridge`` is this very program, the others are the JDK's.
            must_say: what the last command has to print.

        Raises:
            HsmError: ``FUNCTION_FAILED`` if a command fails, or does not say what it must.
        """
        output = command = ""
        for line in script.splitlines():
            if line.startswith("#") or not line:
                click.secho(line, dim=True)
                continue
            command = line
            _show(command)
            output = self._output(command)
            click.echo(output, nl=False)
        if must_say and must_say not in output.splitlines():
            raise HsmError(ReturnCode.FUNCTION_FAILED, f"`{command}` did not say {must_say!r}.")

    def save_environment(self) -> None:
        """Write the environment to ``env.sh``, which only its owner can read."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in self._set.items()]
        write_new(self._folder / "env.sh", "".join(lines).encode())

    def _output(self, command: str) -> str:
        """Run a pipeline and return what it prints, on standard output and standard error alike."""
        parts = [shlex.split(part) for part in command.split(" | ")]
        with tempfile.TemporaryFile("w+") as printed:
            running: list[subprocess.Popen[bytes]] = []
            for number, part in enumerate(parts, start=1):
                fed = running[-1].stdout if running else subprocess.DEVNULL
                running.append(self._start(part, fed, printed if number == len(parts) else subprocess.PIPE, printed))
                # Only the next part holds the pipe's end, so that it learns when this one is done.
                if running[:-1] and (pipe := running[-2].stdout):
                    pipe.close()
            codes = [process.wait() for process in running]
            printed.seek(0)
            output = printed.read()
        for part, code in zip(parts, codes, strict=True):
            if code:
                click.echo(output, nl=False)
                raise HsmError(ReturnCode.FUNCTION_FAILED, f"`{shlex.join(part)}` failed with exit code {code}.")
        return output

    def _start(self, part: list[str], stdin: _Stream, stdout: _Stream, stderr: _Stream) -> subprocess.Popen[bytes]:
        program, *arguments = part
        start = [sys.executable, "-m", "bridge.cli"] if program == "hsmbridge" else [str(self._jdk / "bin" / program)]
        environment = {**os.environ, "JAVA_HOME": str(self._jdk), **self._set}
        return subprocess.Popen(
            [*start, *arguments], cwd=self._folder, env=environment, stdin=stdin, stdout=stdout, stderr=stderr
        )


def _show(command: str) -> None:
    """Print a command, broken where a shell lets it be broken."""
    line = "$"
    for word in _words(command):
        if word == "|" or len(line) + len(word) + 3 > _WIDTH:
            click.echo(f"{line} \\")
            line = "   "
        line += f" {word}"
    click.echo(line)


def _words(command: str) -> list[str]:
    """Split at spaces outside quotes, keep the quotes, and keep an option with its value."""
    lexer = shlex.shlex(command)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    for word in lexer:
        if words and words[-1].startswith("-") and " " not in words[-1] and not word.startswith(("-", "|")):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words
