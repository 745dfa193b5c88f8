"""``docs/compatibility.md`` says what the code does: its tables against the provider, the jar and the engine.

Every table is compared in both directions, so that neither a row nor a thing without a row goes unseen.
"""

from __future__ import annotations

import re
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from bridge.engine.attributes import RULES, Attribute, ObjectClass
from bridge.engine.mechanisms import MECHANISMS
from bridge.jvm import jar_path
from provider.conftest import Jvm
from provider.jca import HSM, java

DOCUMENT = Path(__file__).parents[2] / "docs" / "compatibility.md"
PACKAGE = "com.amazonaws.cloudhsm.jce."
VERDICTS = {"same", "better", "more", "different", "choice"}
MODES = {"encrypt": 1, "decrypt": 2, "wrap": 3, "unwrap": 4}
CLASSES = (ObjectClass.SECRET_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY)
Row = dict[str, str]


@lru_cache(maxsize=1)
def tables() -> dict[str, list[Row]]:
    """Return the rows of all tables by their headings; a second table of a section is called ``heading 2``."""
    found: dict[str, list[Row]] = {}
    heading, title = "", ""
    names: list[str] = []
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("#"):
            heading, names = line.lstrip("# "), []
        elif not line.startswith("|"):
            names = []
        elif not names:
            names = cells
            title = heading if heading not in found else f"{heading} 2"
            found[title] = []
        elif set(line) - set("|- "):
            assert len(cells) == len(names), line
            found[title].append(dict(zip(names, cells, strict=True)))
    return found


def rows(heading: str) -> list[Row]:
    return tables()[heading]


def words(cell: str) -> list[str]:
    """Return what is between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def word(cell: str) -> str:
    """Return the only word between backticks; empty if there is none."""
    found = words(cell)
    assert len(found) <= 1, cell
    return found[0] if found else ""


def services(jvm: Jvm) -> dict[str, dict[str, set[str]]]:
    """Return the aliases of all algorithms by type; those that begin with ``OID.`` go without saying."""
    found: dict[str, dict[str, set[str]]] = {}
    for service in jvm.registered.getServices():
        found.setdefault(str(service.getType()), {})[str(service.getAlgorithm())] = set()
    prefix = "Alg.Alias."
    for entry in jvm.registered.entrySet():
        key = str(entry.getKey())
        if key.startswith(prefix) and ".OID." not in key:
            kind, _, alias = key.removeprefix(prefix).partition(".")
            found[kind][str(entry.getValue())].add(alias)
    return found


def test_every_verdict_is_explained() -> None:
    explained = {row["word"] for row in rows("Compatibility with AWS CloudHSM's JCE provider")}
    assert explained == VERDICTS
    used = {row["original"] for table in tables().values() for row in table if "original" in row}
    assert used <= VERDICTS


def test_services(jvm: Jvm) -> None:
    actual = services(jvm)
    documented = {kind: {word(row["algorithm"]): set(words(row["aliases"])) for row in rows(kind)} for kind in actual}
    assert documented == actual
    section = DOCUMENT.read_text().partition("## Services")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^### (.*)$", section, re.MULTILINE)) == sorted(actual)


def test_modes_of_ciphers(jvm: Jvm) -> None:
    nobody = java("java.security.PublicKey")
    for row in rows("Cipher"):
        modes = []
        for mode, number in MODES.items():
            cipher = java("javax.crypto.Cipher").getInstance(word(row["algorithm"]), HSM)
            try:
                cipher.init(number, nobody @ None)
            except java("java.lang.UnsupportedOperationException"):
                continue
            except java("java.security.InvalidKeyException"):
                modes.append(mode)
        assert row["modes"].split(", ") == modes, row


def public_classes() -> dict[str, Any]:
    """Return the public classes of the API by their names below the common package."""
    with zipfile.ZipFile(jar_path()) as jar:
        names = [name for name in jar.namelist() if name.startswith(PACKAGE.replace(".", "/"))]
    found = {}
    for name in names:
        if name.endswith(".class"):
            loaded = java(name.removesuffix(".class").replace("/", ".")).class_
            if is_public(loaded):
                found[str(loaded.getName()).removeprefix(PACKAGE)] = loaded
    return found


def is_public(member: Any) -> bool:
    return bool(java("java.lang.reflect.Modifier").isPublic(member.getModifiers()))


def members(loaded: Any) -> set[str]:
    """Return a class's public constants, constructors and methods, but for those that every object has."""
    simple = str(loaded.getSimpleName())
    found = {str(field.getName()) for field in loaded.getDeclaredFields() if is_public(field)}
    for constructor in loaded.getDeclaredConstructors():
        if is_public(constructor):
            found.add(f"{simple}({parameters(constructor)})")
    hidden = {"equals", "hashCode", "toString", *(("values", "valueOf") if loaded.isEnum() else ())}
    for method in loaded.getDeclaredMethods():
        if is_public(method) and not method.isSynthetic() and str(method.getName()) not in hidden:
            found.add(f"{method.getName()}({parameters(method)})")
    return found


def parameters(member: Any) -> str:
    return ", ".join(str(kind.getSimpleName()) for kind in member.getParameterTypes())


def test_public_classes_and_their_members(jvm: Jvm) -> None:
    documented = {word(row["class"]): set(words(row["public members"])) for row in rows("Public classes")}
    assert documented == {name: members(loaded) for name, loaded in public_classes().items()}


def test_attributes_of_the_api(jvm: Jvm) -> None:
    attribute = java(f"{PACKAGE}provider.attributes.KeyAttribute")
    field = attribute.class_.getDeclaredField("types")
    field.setAccessible(True)
    actual = {
        str(constant.name()): {str(kind.getSimpleName()) for kind in field.get(constant)}
        for constant in attribute.values()
    }
    table = rows("Attributes")
    assert {word(row["attribute"]): set(row["Java type"].split(" or ")) for row in table} == actual
    for row in table:
        if row["engine"]:
            check_rule(Attribute[word(row["engine"])], row)
        else:
            assert "Import only" in row["notes"]


def test_attributes_of_the_engine() -> None:
    shown = {word(row["engine"]) for row in rows("Attributes") if row["engine"]}
    hidden = {word(row["attribute"]) for row in rows("Attributes 2")}
    assert shown | hidden == {attribute.name for attribute in RULES}
    assert not shown & hidden
    for row in rows("Attributes 2"):
        check_rule(Attribute[word(row["attribute"])], row)


def check_rule(attribute: Attribute, row: Row) -> None:
    """Compare the defaults of each class, and how the attribute changes, with the engine's rule."""
    rule = RULES[attribute]
    texts: dict[object, str] = {True: "true", False: "false", None: "", "": "empty", b"": "empty", (): "empty"}
    defaults = [texts[rule.default] if kind in rule.classes else "-" for kind in CLASSES]
    assert [row["secret"], row["public"], row["private"], row["changes later"]] == [*defaults, rule.change.value], row


def test_bans_of_fips_mode() -> None:
    documented = {word(row["mechanism"]): set(row["forbidden"].split(", ")) for row in rows("FIPS mode")}
    assert documented == {
        entry.type.name: {
            operation.replace("_", " ") for operation in entry.fips_ban_covers if getattr(entry, operation) is not None
        }
        for entry in MECHANISMS.values()
        if entry.fips_ban is not None
    }


@pytest.mark.parametrize(
    "heading", ["Keys", "KeyStore 2", "Login and several clusters", "Where standards leave a choice"]
)
def test_every_topic_has_a_verdict(heading: str) -> None:
    for row in rows(heading):
        assert row["original"] in VERDICTS
        assert all(row.values())
