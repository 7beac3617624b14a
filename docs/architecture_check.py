#!/usr/bin/env python3
"""The rules of ARCHITECTURE.md that a compiler does not know.

* a crate depends only on those below it;
* a table is named only by the room that owns it (schema.rs says which);
* only `app`'s rooms' stores, and `db`, speak Diesel;
* a room makes its routes by `routes!`, so that each has its entry in the description of the API;
* a file has at most 600 lines, a lib.rs or mod.rs opens with `//!`.

Prints what is wrong and exits 1, or says how much it looked at.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Each crate with what it may depend on: the direction of the house.
EDGES = {
    "kernel": set(),
    "db": {"kernel"},
    "vault": {"kernel"},
    "sites": {"kernel"},
    "access": {"kernel", "vault"},
    "jobs": {"kernel", "db", "access"},
    "web": {"kernel"},
    "app": {"kernel", "db", "vault", "sites", "access", "jobs", "web"},
    "server": {"kernel", "db", "vault", "sites", "access", "jobs", "web", "app"},
    # For tests alone.
    "testpg": set(),
    "bench": set(),
    "lab": {"kernel"},
    "testkit": {"kernel", "db", "vault", "sites", "access", "jobs", "web", "app", "testpg"},
}
TESTS = {"testkit", "testpg"}
LONGEST = 600


def tracked(*patterns):
    """The tracked files that match, with forward slashes."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [Path(line) for line in listing.stdout.splitlines() if (ROOT / line).is_file()]


def edges():
    for manifest in tracked(":(glob)crates/*/Cargo.toml", "bench/Cargo.toml", "lab/Cargo.toml"):
        cargo = tomllib.loads((ROOT / manifest).read_text())
        name = cargo["package"]["name"]
        if name not in EDGES:
            yield f"{manifest}: the plan of the house does not know the crate {name}"
            continue
        for section, allowed in (
            ("dependencies", EDGES[name]),
            ("dev-dependencies", EDGES[name] | TESTS),
            ("build-dependencies", set()),
        ):
            for dependency in sorted(set(cargo.get(section, {})) & set(EDGES) - allowed):
                yield f"{manifest}: {name} must not depend on {dependency}"


def owners():
    """Which room owns each table, from the comments of schema.rs: a line `// files` before its tables."""
    owner, tables = None, {}
    for line in (ROOT / "crates/db/src/schema.rs").read_text().splitlines():
        if comment := re.match(r"// (\w+)", line):
            owner = comment.group(1)
        elif table := re.match(r"diesel::table! \{ (\w+)", line):
            tables[table.group(1)] = owner
    return tables


def imported(text):
    """What a `use` names from here on: up to the brace that closes it, or the first path."""
    if not text.startswith("{"):
        return re.match(r"[\w:]*", text).group()
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if depth == 0:
            return text[:at]
    return text


def tables():
    owned = owners()
    for path in tracked("crates/app/src/*.rs"):
        text = (ROOT / path).read_text()
        room = path.parts[3] if len(path.parts) > 4 else None
        for use in re.finditer(r"\bschema::", text):
            for table in set(re.findall(r"\w+", imported(text[use.end() :]))) & set(owned):
                shared = (room, table) == ("files", "blob")  # the room's own blobs.rs
                if owned[table] != room and not shared:
                    yield f"{path}: the table {table} belongs to {owned[table]}"


def described():
    """A route that `routes!` does not make would be missing from the description of the API."""
    for path in tracked(":(glob)crates/app/src/**/routes.rs"):
        if re.search(r"\.(route|nest|merge)\(\s*\"", (ROOT / path).read_text()):
            yield f"{path}: routes are made by `routes!`, which describes them"


def files():
    for path in tracked("*.rs", "*.ts", "*.svelte", "*.css"):
        text = (ROOT / path).read_text()
        lines = text.count("\n")
        if lines > LONGEST and path.name != "schema.d.ts":
            yield f"{path}: {lines} lines; a file of more than {LONGEST} wants to be two rooms"
        if path.name in ("lib.rs", "mod.rs") and "src" in path.parts and not text.startswith("//!"):
            yield f"{path}: does not open with what it is and why (//!)"


def main():
    wrong = [*edges(), *tables(), *described(), *files()]
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(1)
    print(f"architecture: {len(EDGES)} crates, {len(owners())} tables, {len(tracked('*.rs'))} Rust files are where the plan has them")


if __name__ == "__main__":
    main()
