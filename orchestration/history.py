"""Dagster's history of a home, on connections that stay open.

Belongs here: how the history's SQLite files are opened. Does not: what is written in them (Dagster), the record of what was
published (the ledger).

Dagster opens and closes its files thousands of times in one run, and each closing empties the file's log and waits for the
disk. Here a file is opened once and each commit is left to the operating system: a power cut may cost the history its last
events, never a publication, since nothing is decided from the history.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
    _runs_directory,
    _schedule_directory,
)
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine

OPEN_FILES = 16
"""Files that stay open; each run of the history is a file, and a web server reads many."""


class KeptEngines:
    """One engine per file, the last used ones only."""

    def __init__(self, limit: int = OPEN_FILES) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._engines: OrderedDict[str, Engine] = OrderedDict()

    def engine(self, address: str) -> Engine:
        """The engine of one file; one used longest ago is closed when there are too many."""
        with self._lock:
            found = self._engines.pop(address, None)
            if found is None:
                found = sqlalchemy.create_engine(address, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
                sqlalchemy.event.listen(found, "connect", _do_not_wait_for_the_disk)
            self._engines[address] = found
            if len(self._engines) > self._limit:
                self._engines.popitem(last=False)[1].dispose()
            return found

    def close(self) -> None:
        """Close every file."""
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _do_not_wait_for_the_disk(connection: Any, _: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


class _OnKeptEngines:
    """A storage whose files stay open until it is disposed of."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._kept = KeptEngines()
        super().__init__(*arguments, **named)

    def dispose(self) -> None:
        super().dispose()  # type: ignore[misc]
        self._kept.close()


class _Events(_OnKeptEngines, SqliteEventLogStorage):
    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._kept.engine(self.conn_string_for_shard(shard))
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection


class _Runs(_OnKeptEngines, SqliteRunStorage):
    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._kept.engine(self._conn_string).begin() as connection:
            yield connection


class _Schedules(_OnKeptEngines, SqliteScheduleStorage):
    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._kept.engine(self._conn_string).begin() as connection:
            yield connection


class History(DagsterSqliteStorage):
    """Dagster's SQLite storage on connections that stay open; named in ``dagster.yaml``, same files as Dagster's own."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super(DagsterSqliteStorage, self).__init__()  # its own would open each file once more
        self.base_dir, self._inst_data = base_dir, inst_data
        self._run_storage = _Runs.from_local(_runs_directory(base_dir))
        self._event_log_storage = _Events(_event_logs_directory(base_dir))
        self._schedule_storage = _Schedules.from_local(_schedule_directory(base_dir))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "History":
        return cls(inst_data=inst_data, **config_value)
