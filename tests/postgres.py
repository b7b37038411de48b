"""A PostgreSQL server of this machine for as long as it is needed."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NoPostgresError(Exception):
    """There is no PostgreSQL on this machine."""


@contextmanager
def cluster() -> Iterator[str]:
    """The address of a throwaway cluster on a socket of its own, gone afterwards; NoPostgresError without programs."""
    binaries = _binaries()
    owner = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="lti-tool-pg-"))
    if owner:
        shutil.chown(folder, owner)

    def run(program: str, *words: str) -> None:
        subprocess.run([binaries / program, *words], check=True, user=owner, capture_output=True, cwd=folder)

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def programs(name: str) -> list[str]:
    """The folders outside the search path that hold this program of PostgreSQL, newest first."""
    return [str(found.parent) for found in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)]


def _binaries() -> Path:
    if found := programs("initdb"):
        return Path(found[0])
    here = shutil.which("initdb")
    if here is None:
        raise NoPostgresError("no PostgreSQL on this machine")
    return Path(here).resolve().parent
