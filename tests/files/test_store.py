import os
from datetime import UTC, datetime, timedelta

import pytest

from lti_tool.errors import NotFoundError
from lti_tool.files import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "files")


def stored(store: Store) -> list[str]:
    return sorted(path.name for path in store.folder.rglob("*") if path.is_file())


def age(store: Store, key: str, days: float) -> None:
    then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    os.utime(store.folder / key[:2] / key[2:4] / key, (then, then))


def test_what_was_put_can_be_read_again(store):
    key = store.put(b"a picture")
    with store.open(key) as file:
        assert file.read() == b"a picture"
    assert stored(store) == [key]


def test_the_same_bytes_twice_are_two_files(store):
    assert store.put(b"same") != store.put(b"same")


def test_a_file_is_for_the_owner_of_the_process_alone(store):
    key = store.put(b"private")
    assert (store.folder / key[:2] / key[2:4] / key).stat().st_mode & 0o077 == 0


def test_a_deleted_file_is_gone_and_may_be_deleted_again(store):
    key = store.put(b"taken back")
    store.delete(key)
    store.delete(key)
    with pytest.raises(NotFoundError):
        store.open(key)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "a" * 31,
        "a" * 33,
        "A" * 32,
        "a" * 32 + "\n",
        "aa/" + "a" * 29,
        "\x00" * 32,
    ],
)
def test_a_key_is_never_a_path(store, key):
    (store.folder.parent / "secret").write_text("outside")
    with pytest.raises(NotFoundError):
        store.open(key)
    with pytest.raises(NotFoundError):
        store.delete(key)


def test_a_write_that_stops_half_way_leaves_no_file(store, monkeypatch):
    def full(handle: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(b"never there")
    assert stored(store) == []


def test_the_sweep_removes_old_orphans_alone(store):
    kept, orphan, young = store.put(b"known"), store.put(b"orphan"), store.put(b"just put")
    age(store, kept, 9)
    age(store, orphan, 9)
    half = store.folder / orphan[:2] / orphan[2:4] / ".unfinished-x"
    half.write_bytes(b"hal")
    os.utime(half, (0, 0))
    foreign = store.folder / orphan[:2] / orphan[2:4] / "README"
    foreign.write_bytes(b"not ours")
    os.utime(foreign, (0, 0))
    assert store.sweep({kept}, older_than=datetime.now(UTC) - timedelta(days=1)) == 2
    assert stored(store) == sorted([kept, young, "README"])


def test_the_sweep_of_a_store_that_holds_nothing_yet(store):
    assert store.sweep(set(), older_than=datetime.now(UTC)) == 0
