"""keytool, jarsigner and any Java program, run in a JVM of this process with the provider registered."""

from __future__ import annotations

import gc
import itertools
import os
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import jpype

from bridge.cluster import Clusters, clusters_from_environment
from bridge.engine import Attribute, HsmError, SessionRules
from bridge.jvm.host import jar_path, register, start_jvm
from bridge.jvm.jdk import NoJdk, find_jdk, release
from bridge.jvm.options import Command, Mode, parse, parse_jvm_options
from bridge.store import Passphrase, default_home, open_home, passphrase_from_environment

_MODULE = "com.amazonaws.cloudhsm.jce"
_EXTRACTABLE = "-Dhsmbridge.keytool.extractable="
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1",)
"""For tools that end before optimising pays; -J options come behind and win."""
_COLLECTOR = "-XX:+UseSerialGC"
"""The same for a heap that stays small; a JVM does not start with two."""
_MAY_CHOOSE_A_COLLECTOR = re.compile(r"-XX:(\+Use\w+GC\b|Flags=|VMOptionsFile=)")
_JVM_REFUSED = "Unable to start JVM"
"""What JPype says then."""
_JVM_OPTIONS = ("JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS")
"""Variables from which a JVM takes options of its own accord."""
_HELP = {"-help", "--help", "-h", "-?"}
_GENERATING = {"-genkeypair", "-genkey", "-genseckey"}


def run_keytool(arguments: Sequence[str], passphrase: Passphrase = passphrase_from_environment) -> NoReturn:
    """Run the JDK's keytool and end this process with its exit code.

    With ``-storetype CloudHSM``, keys are generated inside the HSM, whether or not ``-providerName`` is given:
    keytool asks the first provider that offers the algorithm, so the HSM's is put first. Such keys are not
    extractable unless ``-J-Dhsmbridge.keytool.extractable=true`` is given.

    Args:
        arguments: as for keytool; ``-J`` options go to the JVM.
        passphrase: asked if the home is protected by one.
    """
    jvm_options, own = _split_jvm_options(arguments)
    if not own or own[0] in _HELP:
        _become("keytool", arguments)
    generating = bool(_GENERATING & {argument.lower() for argument in own})
    rules = SessionRules()
    if generating:
        extractable = f"{_EXTRACTABLE}true" in jvm_options
        # keytool makes a key in software if the HSM refuses; such a key must not get in by the back door.
        rules = SessionRules({Attribute.EXTRACTABLE: extractable}, imports=False, unique_labels=True)
        _refuse_unwritable(own)
    command = _tool("java.base/sun.security.tools.keytool.Main", jvm_options, own)
    _run(command, rules, passphrase, first=lambda: generating and _store_type(own) == "cloudhsm")


def run_jarsigner(arguments: Sequence[str], passphrase: Passphrase = passphrase_from_environment) -> NoReturn:
    """Run the JDK's jarsigner and end this process with its exit code.

    Args:
        arguments: as for jarsigner; ``-J`` options go to the JVM.
        passphrase: asked if the home is protected by one.
    """
    jvm_options, own = _split_jvm_options(arguments)
    if not own or own[0] in _HELP:
        _become("jarsigner", arguments)
    command = _tool("jdk.jartool/sun.security.tools.jarsigner.Main", jvm_options, own)
    _run(command, SessionRules(), passphrase, first=lambda: False)


def run_java(arguments: Sequence[str], passphrase: Passphrase = passphrase_from_environment) -> NoReturn:
    """Run a Java program as ``java`` does and end this process with its exit code.

    Args:
        arguments: as for ``java``: options, then a class, ``-jar FILE``, ``-m MODULE`` or a source file, then the
            program's own.
        passphrase: asked if the home is protected by one.
    """
    try:
        command = parse(arguments, os.environ)
    except ValueError:
        _become("java", arguments)
    unreadable = command.mode is Mode.JAR and not os.access(command.program, os.R_OK)
    if command.informational or unreadable or not command.program:
        _become("java", arguments)
    if command.mode is Mode.MODULE:
        module = command.program.partition("/")[0]
        command.options += [f"-Djdk.module.main={module}", "--add-modules=jdk.unsupported"]
    _run(command, SessionRules(), passphrase, first=lambda: False, replaceable=True)


def _tool(program: str, jvm_options: Sequence[str], arguments: Sequence[str]) -> Command:
    given = " ".join([*jvm_options, *(os.environ.get(name, "") for name in _JVM_OPTIONS)])
    collector = [] if _MAY_CHOOSE_A_COLLECTOR.search(given) else [_COLLECTOR]
    command = parse_jvm_options([*_SHORT_LIVED, *collector, *jvm_options])
    command.options.append(f"--add-modules={program.partition('/')[0]}")
    command.mode, command.program, command.arguments = Mode.MODULE, program, list(arguments)
    return command


def _become(tool: str, arguments: Sequence[str]) -> NoReturn:
    """Let the JDK's own program print its information, usage or error."""
    try:
        program = find_jdk() / "bin" / tool
    except NoJdk as error:
        _fail(f"hsmbridge: {error}")
    os.execv(program, [str(program), *arguments])  # noqa: S606 - no shell is what is wanted


def _run(
    command: Command,
    rules: SessionRules,
    passphrase: Passphrase,
    *,
    first: Callable[[], bool],
    replaceable: bool = False,
) -> NoReturn:
    try:
        home = default_home()
        clusters = Clusters(open_home(home, passphrase), home, clusters_from_environment())
        _start_or_fail(command)
        jpype.JClass("io.hsmbridge.hosted.ShutdownHooks").removeNewest()
        register(clusters, rules, first=first(), replaceable=replaceable)
        # The keys of a large home stay; to look through them for garbage would halt the program's calls.
        gc.freeze()
    except (HsmError, NoJdk) as error:
        _fail(f"hsmbridge: {error}")
    sys.stdout.flush()
    _end(_call_main(command))


def _start_or_fail(command: Command) -> None:
    try:
        _start(command)
    except (RuntimeError, OSError, ValueError) as error:
        # The JVM itself has printed which option it does not take; of all else, JPype says what it is.
        why = "" if str(error) == _JVM_REFUSED else f"hsmbridge: {error}\n"
        _fail(
            f"{why}Error: Could not create the Java Virtual Machine.\n"
            "Error: A fatal exception has occurred. Program will exit."
        )


def _start(command: Command) -> None:
    jdk = find_jdk()
    program = f"{command.program} {' '.join(command.arguments)}".strip()
    options = [
        *command.options,
        f"-Dsun.java.command={program}",
        "-Dsun.java.launcher=SUN_STANDARD",
        "--add-exports=java.base/sun.launcher=ALL-UNNAMED",
        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
    ]
    if release(jdk) >= 23:
        options.append("--sun-misc-unsafe-memory-access=allow")
    classpath = list(command.classpath or [])
    if command.mode is Mode.SOURCE:
        options.append("--add-modules=ALL-DEFAULT")
    if command.has_module_path:
        options = [_with_jar(option) for option in options]
        options.append(f"--add-modules={_MODULE}")
    start_jvm(options, classpath, interrupt=True)


def _with_jar(option: str) -> str:
    """Put the jar on the module path too, for programs whose module requires the provider's."""
    return f"{option}{os.pathsep}{jar_path()}" if option.startswith("--module-path=") else option


def _call_main(command: Command) -> int:
    """Call the program's main method and return the exit code that ``java`` would have if nothing else sets one."""
    helper = jpype.JClass("sun.launcher.LauncherHelper")
    what, arguments = command.program, command.arguments
    if command.mode is Mode.SOURCE:
        what, arguments = _source_launcher(), [command.program, *command.arguments]
    main_class = helper.checkAndLoadMain(True, int(command.mode), what)
    try:
        _call(main_class, jpype.JString[:](arguments))
    except jpype.JException as error:
        thread = jpype.java.lang.Thread.currentThread()
        thread.getUncaughtExceptionHandler().uncaughtException(thread, error)
        return 1
    return 0


def _call(main_class: Any, arguments: Any) -> None:
    """Call ``main`` as the launcher does: since JDK 25 it may be an instance's, and take no arguments (JEP 512)."""
    modifiers = jpype.JClass("java.lang.reflect.Modifier")
    if int(jpype.java.lang.Runtime.version().feature()) < 25:
        jpype.JClass(main_class).main(arguments)
        return
    method = jpype.JClass("jdk.internal.misc.MethodFinder").findMainMethod(main_class)
    takes = method.getParameterCount() == 1
    if modifiers.isStatic(method.getModifiers()) and takes and modifiers.isPublic(method.getModifiers()):
        jpype.JClass(main_class).main(arguments)
        return
    method.setAccessible(True)
    instance = None
    if not modifiers.isStatic(method.getModifiers()):
        constructor = main_class.getDeclaredConstructor()
        constructor.setAccessible(True)
        instance = constructor.newInstance()
    try:
        method.invoke(instance, [arguments] if takes else [])
    except jpype.JClass("java.lang.reflect.InvocationTargetException") as error:
        raise error.getCause() from None


def _source_launcher() -> str:
    new = "com.sun.tools.javac.launcher.SourceLauncher"
    version = int(jpype.java.lang.Runtime.version().feature())
    return f"jdk.compiler/{new if version >= 22 else 'com.sun.tools.javac.launcher.Main'}"


def _end(code: int) -> NoReturn:
    """End as ``java`` does: when the last thread that is no daemon has ended, with the shutdown hooks."""
    current = jpype.java.lang.Thread.currentThread()
    while True:
        threads = jpype.java.lang.Thread.getAllStackTraces().keySet()
        alive = [thread for thread in threads if not thread.isDaemon() and not thread.equals(current)]
        if not alive:
            break
        for thread in alive:
            thread.join()
    jpype.java.lang.System.exit(code)
    raise AssertionError("System.exit returned")


def _split_jvm_options(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    own = [argument for argument in arguments if not argument.startswith("-J")]
    return [argument[2:] for argument in arguments if argument.startswith("-J")], own


def _store_type(arguments: Sequence[str]) -> str:
    """Return the type of the keystore that keytool will open: the last one said, else the JVM's default."""
    said = _values(arguments, "-storetype")
    for file in _values(arguments, "-conf"):
        said = [*_values(_configured(Path(file)), "-storetype"), *said]
    return (said[-1] if said else str(jpype.JClass("java.security.KeyStore").getDefaultType())).lower()


def _configured(file: Path) -> list[str]:
    """Return the words of a file of default options (keytool's ``-conf``)."""
    try:
        return shlex.split(file.read_text(encoding="utf-8").replace("=", " "))
    except (OSError, ValueError):
        return []


def _values(arguments: Sequence[str], option: str) -> list[str]:
    return [value for name, value in itertools.pairwise(arguments) if name.lower() == option]


def _refuse_unwritable(arguments: Sequence[str]) -> None:
    """Refuse a keystore file that cannot be written before a key is made for it, in keytool's words."""
    for name in _values(arguments, "-keystore")[-1:]:
        if name != "NONE" and not os.access(Path(name).absolute().parent, os.W_OK):
            reason = "Permission denied" if Path(name).absolute().parent.is_dir() else "No such file or directory"
            print(f"keytool error: java.io.FileNotFoundException: {name} ({reason})")
            raise SystemExit(1)


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(1)
