"""The memory in which calls from Java reach the engine of this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSWORDS
from forking import run

PROGRAM = """
import gc, json
import jpype
from bridge.jvm import start
start()
from bridge.jvm.channel import Channel
from bridge.jvm.engine import JPypeHost

KEY_GEN, CTR, GCM, ECB = 0x1080, 0x1086, 0x80001087, 0x1081
JLong, Map, Parameters = jpype.JLong, jpype.java.util.Map, jpype.JClass("io.hsmbridge.engine.Parameters")
HsmException = jpype.JClass("io.hsmbridge.engine.HsmException")

def opened():
    engine = jpype.JClass("io.hsmbridge.hosted.InProcess").find().open(None, Map.of())
    engine.login("alice", jpype.JByte[:](b"alice-password"))
    return engine, engine.generateKey(KEY_GEN, Map.of("VALUE_LEN", JLong(32)))

def code(call):
    try:
        call()
    except HsmException as refusal:
        return int(refusal.code())

def memories():
    gc.collect()
    return [bytes(item._memory) for item in gc.get_objects() if isinstance(item, Channel)]

engine, key = opened()
counter = Parameters.iv(jpype.JByte[16])
answers = {}
"""


def border(home: Path, program: str) -> Any:
    """Run a program in a process that hosts a JVM, and return its answers."""
    environment = {"HSMBRIDGE_HOME": str(home), "HSM_USER": "alice", "HSM_PASSWORD": PASSWORDS["alice"].decode()}
    ran = run(["-c", PROGRAM + program + "\nprint(json.dumps(answers))"], environment)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.mark.parametrize("length", [64, 200_000])
def test_no_data_stay_in_it(home: Path, length: int) -> None:
    found = border(
        home,
        f"""
plain = b"a plaintext, 16 " * ({length} // 16)
data = jpype.JByte[:](plain)
sealed = engine.encrypt(key, CTR, counter, data)
answers["again"] = bytes(engine.decrypt(key, CTR, counter, sealed)) == plain
answers["padded"] = code(lambda: engine.encrypt(key, ECB, None, jpype.JByte[:](plain + b"a plaintext")))
answers["unknown"] = code(lambda: engine.encrypt(key + 4096, CTR, counter, data))
answers["channels"] = len(memories())
answers["traces"] = sum(b"plaintext" in memory for memory in memories())
""",
    )
    assert found.pop("channels") >= 2
    assert found == {"again": True, "padded": 0x21, "unknown": 0x82, "traces": 0}


def test_calls_of_every_length_up_to_the_most_come_back(home: Path) -> None:
    found = border(
        home,
        """
for length in (0, 1, 57_000, 1_044_480, 5, 1_044_481):
    data = jpype.JByte[:](bytes(length))
    def there_and_back():
        sealed = engine.encrypt(key, CTR, counter, data)
        answers[length] = len(sealed), bytes(engine.decrypt(key, CTR, counter, sealed)) == bytes(length)
    answers[length] = code(there_and_back) or answers[length]
answers["parameter"] = code(lambda: engine.encrypt(key, GCM, jpype.JByte[1_044_481], jpype.JByte[1]))
""",
    )
    refused = 0x21
    lengths = {str(length): [length, True] for length in (0, 1, 57_000, 1_044_480, 5)}
    assert found == {**lengths, "1044481": refused, "parameter": refused}


def test_a_closed_session_is_refused_and_others_are_not(home: Path) -> None:
    found = border(
        home,
        """
other, its_key = opened()
other.close()
other.close()
answers["closed"] = code(lambda: other.encrypt(its_key, CTR, counter, jpype.JByte[16]))
answers["open"] = len(engine.encrypt(key, CTR, counter, jpype.JByte[16]))
""",
    )
    assert found == {"closed": 0xB0, "open": 16}


def test_python_keeps_its_state_of_so_many_threads_and_no_more(home: Path) -> None:
    found = border(
        home,
        """
import ctypes, threading
from bridge.jvm import engine as module
module._MOST_THREADS = 3
host = JPypeHost(None, None)
kept = []
ctypes.pythonapi.PyGILState_Ensure = lambda: kept.append(threading.get_ident())
for _ in range(5):
    thread = threading.Thread(target=lambda: (host.keepThread(), host.keepThread()))
    thread.start()
    thread.join()
answers["kept"] = len(kept)
""",
    )
    assert found == {"kept": 3}
