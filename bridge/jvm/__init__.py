"""The HSM inside a JVM that this process starts: for Python callers, and for keytool, jarsigner and java.

>>> from bridge.jvm import start
>>> provider = start(user="alice", password="…")
>>> provider.getName()
'CloudHSM'
"""

from bridge.jvm.host import jar_path, start
from bridge.jvm.jdk import NoJdk, find_jdk
from bridge.jvm.tools import run_jarsigner, run_java, run_keytool

__all__ = ["NoJdk", "find_jdk", "jar_path", "run_jarsigner", "run_java", "run_keytool", "start"]
