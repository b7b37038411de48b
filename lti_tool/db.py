"""One engine, one session per unit of work; plain SQLAlchemy, the same in web, worker and commands.

`with work():` opens a unit of work and closes it; whoever opened it commits once with `session.commit()`. A unit opened
with `read_only=True` (every GET) cannot write: the database itself refuses.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

ClashError = IntegrityError  # two made the same thing at once
DownError = OperationalError  # the database does not answer, or not in time
LostUpdateError = StaleDataError  # somebody else changed the row since it was read

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UTCDateTime(sa.types.TypeDecorator[datetime]):
    """A moment, always aware and in UTC, on every database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive moments; store the rest in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Hand out aware moments even where the database forgets the zone (SQLite)."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables; constraint names follow one convention so that migrations can name them."""

    metadata = sa.MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime(),
        dict[str, Any]: sa.JSON(),
        dict[str, str]: sa.JSON(),
        list[str]: sa.JSON(),
        str: sa.Text(),
    }


class UncommittedError(RuntimeError):
    """A unit of work ended with changes that nobody committed: a fault in our code, never the visitor's."""


_engine: sa.Engine | None = None
Rows = Sequence[sa.Row[*tuple[Any, ...]]]
Row = TypeVar("Row", bound=Base)

_current: ContextVar[Session | None] = ContextVar("lti_tool_session", default=None)


def connect(url: str) -> sa.Engine:
    """Make the engine of this process and remember it; SQLite gets WAL, foreign keys and honest transactions."""
    global _engine  # noqa: PLW0603 (one engine per process is the point)
    engine = sa.create_engine(url, **_options(url))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    if _engine is not None:
        _engine.dispose()
    _engine = engine
    return engine


def engine() -> sa.Engine:
    """The engine that `connect` made."""
    if _engine is None:
        raise RuntimeError("db.connect() was not called")
    return _engine


def is_lost() -> bool:
    """Whether SQLite's file was taken away under us: it goes on answering, and what is written then is gone."""
    url = engine().url
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file()


@lru_cache(maxsize=1)
def _reading(engine: sa.Engine) -> sa.Engine:
    """The same connections, for units of work that only read."""
    return engine.execution_options(read_only=True, postgresql_readonly=True)


def _options(url: str) -> dict[str, Any]:
    if sa.make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": 10}, "hide_parameters": True}
    return {"pool_pre_ping": True, "pool_recycle": 1800, "hide_parameters": True}


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """Writers queue at BEGIN IMMEDIATE, or read-then-write would lose updates; readers never wait and cannot write."""
    read_only = connection.get_execution_options().get("read_only", False)
    if connection.info.get("query_only") is not read_only:  # as this connection was last told
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        connection.info["query_only"] = read_only
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class WorkSession(Session):
    """A session that knows whether something was flushed and not committed."""

    unsaved: bool = False


@event.listens_for(WorkSession, "after_flush")
def _note_flush(session: Session, _context: Any) -> None:
    cast("WorkSession", session).unsaved = True


@event.listens_for(WorkSession, "do_orm_execute")
def _note_statement(state: Any) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        state.session.unsaved = True


@event.listens_for(WorkSession, "after_commit")
@event.listens_for(WorkSession, "after_soft_rollback")
def _note_end(session: Session, *_args: Any) -> None:
    if not session.in_nested_transaction():
        cast("WorkSession", session).unsaved = False


@event.listens_for(WorkSession, "before_commit")
def _call_before_commit(session: Session) -> None:
    for call in session.info.pop("before_commit", ()):
        call()


@contextmanager
def work(*, read_only: bool = False) -> Iterator[Session]:
    """Open a unit of work; what was not committed when it closes is undone.

    Raises UncommittedError when the block ended well and yet left changes behind, so that a forgotten commit is seen at
    once and never passes for success.
    """
    outer = _current.get()
    opened = WorkSession(bind=_reading(engine()) if read_only else engine(), expire_on_commit=False)
    token = _current.set(opened)
    try:
        yield opened
        if opened.unsaved or opened.new or opened.dirty or opened.deleted:
            raise UncommittedError
    finally:
        opened.close()
        _current.reset(token)
        assert _current.get() is outer  # noqa: S101 (work is properly nested)


def holds_writer() -> bool:
    """Whether the unit of work open here is in a transaction that may write; nobody should then wait for a platform."""
    opened = _current.get()
    if opened is None or not opened.in_transaction():
        return False
    return not opened.get_bind().get_execution_options().get("read_only", False)


class _CurrentSession:
    """Stands for the session of the unit of work that is open here."""

    def __getattr__(self, name: str) -> Any:
        return getattr(current(), name)


def current() -> Session:
    """The session of the open unit of work; RuntimeError outside of one."""
    opened = _current.get()
    if opened is None:
        raise RuntimeError("no unit of work is open: use `with db.work():`")
    return opened


session = cast("Session", _CurrentSession())


def rows(statement: sa.Executable, /, **values: object) -> Rows:
    """What a statement built beforehand gives for these values, as plain rows; none where it returns nothing.

    A page asks a dozen questions and a launch fifteen; past the ORM each costs a third. For columns, not for entities.
    """
    opened = cast("WorkSession", current())
    if opened.new or opened.dirty or opened.deleted:
        opened.flush()
    opened.unsaved |= statement.is_dml
    result = opened.connection().execute(statement, values)
    return result.all() if result.returns_rows else ()


def find_or_add(model: type[Row], *, also: dict[str, Any] | None = None, **keys: Any) -> Row:
    """The row with these unique keys, made with the further values of `also` where there was none.

    Safe when two requests make it at once: the loser finds the winner's row.
    """
    query = sa.select(model).filter_by(**keys)
    row = session.scalar(query)
    if row is None:
        try:
            with session.begin_nested():
                row = model(**keys, **(also or {}))
                session.add(row)
        except ClashError:
            row = session.scalars(query).one()
    return row


def before_commit(call: Callable[[], None]) -> None:
    """Do this with the commit of the open unit of work, or not at all."""
    current().info.setdefault("before_commit", []).append(call)


def new_public_id() -> str:
    """A name for a row that other systems may keep: unlike its number it is the same in no other installation."""
    return secrets.token_urlsafe(12)


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)
