"""Reading a command line as the ``java`` launcher reads it (the JDK's man page of ``java``)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path


class Mode(IntEnum):
    """How the program is given; the numbers are those of ``sun.launcher.LauncherHelper``."""

    CLASS = 1
    JAR = 2
    MODULE = 3
    SOURCE = 4


@dataclass
class Command:
    """What a command line of ``java`` asks for.

    Attributes:
        options: options of the JVM, each in one string as the JNI invocation interface takes them.
        classpath: entries of the class path, wildcards expanded; None if the command line has none.
        mode: how the program is given.
        program: main class, jar, ``module[/class]`` or source file; empty if there is none.
        arguments: the program's own.
        informational: whether ``java`` would print something and end without running a program.
    """

    options: list[str] = field(default_factory=list)
    classpath: list[str] | None = None
    mode: Mode = Mode.CLASS
    program: str = ""
    arguments: list[str] = field(default_factory=list)
    informational: bool = False

    @property
    def has_module_path(self) -> bool:
        """Whether modules are looked for outside the JDK."""
        return any(option.startswith("--module-path=") for option in self.options)


_CLASS_PATH = {"-cp", "-classpath", "--class-path"}
_MODULE = {"-m", "--module"}
_WITH_VALUE = {
    "-p": "--module-path",
    "--add-exports": "--add-exports",
    "--add-modules": "--add-modules",
    "--add-opens": "--add-opens",
    "--add-reads": "--add-reads",
    "--enable-native-access": "--enable-native-access",
    "--limit-modules": "--limit-modules",
    "--module-path": "--module-path",
    "--patch-module": "--patch-module",
    "--upgrade-module-path": "--upgrade-module-path",
}
_INFORMATIONAL = {
    "-?", "-h", "-help", "--help", "-X", "--help-extra", "-version", "--version", "-fullversion", "--full-version",
    "--list-modules", "-d", "--describe-module", "--validate-modules", "--dry-run",
}  # fmt: skip
_IGNORED = {"-server", "-client", "-Xdiag", "-jre-restrict-search", "-no-jre-restrict-search"}


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Command:
    """Read a command line of ``java``.

    Args:
        arguments: what follows ``java``; ``@file`` arguments before the program are expanded.
        environment: for ``JDK_JAVA_OPTIONS`` and ``CLASSPATH``.

    Returns:
        The command.

    Raises:
        ValueError: if an option lacks its value or an argument file is missing.
    """
    command = Command()
    waiting = _split(environment.get("JDK_JAVA_OPTIONS", "")) + list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument.startswith("@"):
            waiting[:0] = _argument_file(argument[1:])
        elif not argument.startswith("-"):
            _program(command, argument, waiting)
            break
        elif argument == "-jar" or argument in _MODULE or argument.startswith("--module="):
            _jar_or_module(command, argument, waiting)
            break
        else:
            _option(command, argument, waiting)
    if command.mode is Mode.JAR:
        command.classpath = [command.program]
    elif command.classpath is None and command.mode is not Mode.MODULE:
        command.classpath = expand_class_path(environment.get("CLASSPATH") or ".")
    return command


def parse_jvm_options(arguments: Sequence[str]) -> Command:
    """Read the options that tools such as keytool pass to the JVM with ``-J``.

    Args:
        arguments: the options, without the ``-J`` in front.

    Returns:
        A command without a program.

    Raises:
        ValueError: as :func:`parse`.
    """
    command = Command()
    waiting = list(arguments)
    while waiting:
        _option(command, waiting.pop(0), waiting)
    return command


def expand_class_path(path: str) -> list[str]:
    """Split a class path and expand ``folder/*`` to the jars of the folder, as the launcher does."""
    entries = []
    for entry in path.split(os.pathsep):
        if entry == "*" or entry.endswith(os.sep + "*"):
            folder = Path(entry[:-1] or ".")
            entries += sorted(str(jar) for jar in folder.glob("*") if jar.suffix in (".jar", ".JAR"))
        else:
            entries.append(entry or ".")
    return entries


def _option(command: Command, argument: str, waiting: list[str]) -> None:
    name, equals, value = argument.partition("=")
    if argument in _CLASS_PATH or (equals and name == "--class-path"):
        command.classpath = expand_class_path(value if equals else _value(argument, waiting))
    elif argument in _WITH_VALUE:
        command.options.append(f"{_WITH_VALUE[argument]}={_value(argument, waiting)}")
    elif argument in _INFORMATIONAL or name == "--describe-module" or argument.startswith("-XshowSettings:"):
        command.informational = True
    elif argument == "--source" or name == "--source":
        command.options.append(f"-Djdk.internal.javac.source={value if equals else _value(argument, waiting)}")
        command.mode = Mode.SOURCE
    elif argument not in _IGNORED:
        command.options.append(argument)


def _program(command: Command, argument: str, rest: list[str]) -> None:
    if command.mode is Mode.SOURCE or (argument.endswith(".java") and Path(argument).is_file()):
        command.mode = Mode.SOURCE
    command.program, command.arguments = argument, list(rest)


def _jar_or_module(command: Command, argument: str, waiting: list[str]) -> None:
    _, equals, value = argument.partition("=")
    command.mode = Mode.JAR if argument == "-jar" else Mode.MODULE
    command.program = value if equals else _value(argument, waiting)
    command.arguments = list(waiting)


def _value(option: str, waiting: list[str]) -> str:
    if not waiting:
        raise ValueError(f"{option} needs a value")
    return waiting.pop(0)


def _argument_file(name: str) -> list[str]:
    try:
        return _split(Path(name).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"the argument file {name} cannot be read") from error


def _split(text: str) -> list[str]:
    """Split an argument file: white space separates, quotes group, a backslash in quotes escapes, # comments."""
    words: list[str] = []
    word: str | None = None
    quote = ""
    characters = iter(text)
    for character in characters:
        if quote:
            if character == "\\":
                word = (word or "") + _ESCAPES.get(following := next(characters, ""), following)
            elif character == quote:
                quote = ""
            else:
                word = (word or "") + character
        elif character in "'\"":
            quote, word = character, word or ""
        elif character.isspace():
            words, word = [*words, *([word] if word is not None else [])], None
        elif character == "#" and word is None:
            while next(characters, "\n") not in "\r\n":
                pass
        else:
            word = (word or "") + character
    return [*words, *([word] if word is not None else [])]


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
