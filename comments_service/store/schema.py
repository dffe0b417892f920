"""The tables, as migrations recorded in the transaction that makes them: migrations/*.sql, in the order of their names.

A step that was published never changes.
"""

import sqlite3
from pathlib import Path

from sqlite_utils import Database, Migrations

migrations = Migrations("service")


def migrate(connection: sqlite3.Connection) -> list[str]:
    """Apply what is pending and return the names of the steps that were done.

    BEGIN IMMEDIATE lets processes that start together wait for each other; a plain BEGIN would fail at once. A table
    that others refer to can be made anew only while nobody looks at foreign keys (SQLite, ALTER TABLE, section 7).
    """
    db = Database(connection, strict=True)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    try:
        pending = [step.name for step in migrations.pending(db)]
        migrations.apply(db)
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
    return pending


def _step(name: str, script: str) -> None:
    @migrations(name=name)
    def step(db: Database) -> None:
        statement = ""
        for line in script.splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):  # executescript would commit first
                db.execute(statement)
                statement = ""


for _file in sorted((Path(__file__).parent / "migrations").glob("m*.sql")):
    _step(_file.stem, _file.read_text("utf-8"))
