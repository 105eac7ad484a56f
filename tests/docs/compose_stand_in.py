"""Stands in for ``docker compose`` where there is no engine: runs here what a container would run.

It knows what docs/backup.md types. The database is the server at PGPORT, the volume ``state`` TEXTILE_HOME.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import yaml

from include.local import postgres
from include.settings import PROJECT_DIR

STATE = "/var/lib/textile"


def words_of(arguments: list[str]) -> tuple[str, list[str]]:
    """Service and command line; the service ``up`` has none."""
    parser = argparse.ArgumentParser(prog="docker compose", allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", required=True)
    up, run, execute = (verbs.add_parser(verb, allow_abbrev=False) for verb in ("up", "run", "exec"))
    for flag in ("--build", "--detach", "--wait"):
        up.add_argument(flag, action="store_true")
    up.add_argument("service", nargs="?")
    for flag in ("--rm", "--no-deps"):
        run.add_argument(flag, action="store_true", required=flag == "--rm")
    run.add_argument("--entrypoint")
    for verb in (run, execute):
        verb.add_argument("-T", action="store_true", required=True)
        verb.add_argument("service")
        verb.add_argument("words", nargs=argparse.REMAINDER)
    asked = parser.parse_args(arguments)
    services = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())["services"]
    if asked.service is not None and asked.service not in services:
        parser.error(f"no such service: {asked.service}")
    if asked.verb == "up":
        return "", []
    if asked.verb == "exec":
        return asked.service, asked.words
    entrypoint = [asked.entrypoint] if asked.entrypoint else services[asked.service]["entrypoint"]
    return asked.service, [*entrypoint, *asked.words]


def main() -> int:
    """Run it; returns its exit code."""
    assert sys.argv[1] == "compose"
    service, words = words_of(sys.argv[2:])
    if not words:
        return 0
    variables = dict(os.environ)
    programs = Path(sys.executable).parent
    if service == "db":
        programs = postgres.program("psql").parent
        secret = Path(variables["TEXTILE_SECRETS_DIR"]) / "textile_postgres_password"
        variables |= {"PGHOST": "127.0.0.1", "POSTGRES_PASSWORD_FILE": str(secret)}
    variables["PATH"] = f"{programs}:{os.defpath}"
    done = subprocess.run(
        [word.replace(STATE, variables["TEXTILE_HOME"]) for word in words],
        input=None if sys.stdin.isatty() else sys.stdin.buffer.read(),  # by a pipe, as docker does it
        cwd=PROJECT_DIR,
        env=variables,
        check=False,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
