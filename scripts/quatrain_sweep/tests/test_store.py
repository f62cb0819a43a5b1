# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from quatrain_sweep.errors import UserError
from quatrain_sweep.store import Store


def row(key: str, status: str = "done", **more: object) -> dict[str, object]:
    return {"key": key, "status": status, "error": None, "transient": False, **more}


def test_rows_come_back_as_they_went_in(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", row("a", cycles=2**53 + 1, seconds=0.1, recipe="fp16", hashed=True))
    assert store.row("a") == row("a", cycles=2**53 + 1, seconds=0.1, recipe="fp16", hashed=True)
    assert store.done() == {"a"}


def test_a_table_has_all_rows_whatever_columns_they_have(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", row("a", size=1))
    store.write("b", row("b", size=2.5, other="x"))
    store.write("c", row("c", "failed", error="why"))
    table = store.table().set_index("key")
    assert table.loc["b", "size"] == 2.5 and table.loc["a", "size"] == 1
    assert table.loc["c", "error"] == "why"


def test_a_column_may_be_a_number_here_and_a_text_there(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", row("a", mode=1))
    store.write("b", row("b", mode="auto"))
    assert store.table()["mode"].tolist() == [1, "auto"]


def test_a_point_that_failed_for_good_is_known_and_a_passing_failure_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("bad", row("bad", "failed", error="no"))
    store.write("unlucky", row("unlucky", "failed", error="killed") | {"transient": True})
    assert store.refused() == {"bad"} and store.done() == set()


def test_a_success_takes_the_place_of_a_failure(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", row("a", "failed", error="no"))
    store.write("a", row("a", size=1))
    assert store.refused() == set() and store.done() == {"a"} and len(store.table()) == 1


def test_what_a_killed_writer_left_is_not_seen(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("a", row("a"))
    (tmp_path / ".b.host.1.part").write_bytes(b"PAR1 half of it")
    assert store.done() == {"a"} and len(store.table()) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == [".b.host.1.part", "a.parquet"]


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(UserError, match=r"a\.parquet: is no row of a sweep"):
        Store(tmp_path).table()


def test_an_empty_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no rows"):
        Store(tmp_path).table()
