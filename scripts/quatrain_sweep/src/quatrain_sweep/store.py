# SPDX-License-Identifier: Apache-2.0
"""The store: one small Parquet file for each point, which is whole or not there.

KEY.parquet is a row; KEY.failed.parquet is the row of a point that the simulator refused or did not finish.
"""

import os
import socket
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from quatrain_sweep.errors import UserError
from quatrain_sweep.measure import Row

SUFFIX = ".parquet"
FAILED = ".failed.parquet"


class Store:
    """A folder of rows. Any number of processes may write to it and read from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Makes the folder. Raises UserError where that cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"{self.folder}: cannot be made: {error.strerror}") from error

    def write(self, key: str, row: Row) -> None:
        """Puts a row on the disk, under a temporary name until it is whole."""
        failed = row["status"] != "done"
        target = self.folder / (key + (FAILED if failed else SUFFIX))
        temporary = self.folder / f".{key}.{socket.gethostname()}.{os.getpid()}.part"
        table = pa.Table.from_pylist([row])
        with temporary.open("wb") as stream:
            pq.write_table(table, stream, compression="zstd")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # the new name too
        finally:
            os.close(descriptor)
        if not failed:
            (self.folder / (key + FAILED)).unlink(missing_ok=True)

    def done(self) -> set[str]:
        """Keys of the points that have a row."""
        return {
            file.name.removesuffix(SUFFIX)
            for file in self.folder.glob(f"*{SUFFIX}")
            if not file.name.endswith(FAILED) and not file.name.startswith(".")
        }

    def has(self, key: str) -> bool:
        """Whether a point has a row."""
        return (self.folder / (key + SUFFIX)).is_file()

    def refused(self) -> set[str]:
        """Keys of the points that would fail again."""
        files = [file for file in self.folder.glob(f"*{FAILED}") if not file.name.startswith(".")]
        return {
            file.name.removesuffix(FAILED)
            for file in files
            if not pq.read_table(file, columns=["transient"])["transient"][0].as_py()
        }

    def row(self, key: str) -> Row | None:
        """The row of a point, of a failed one too; None where there is neither."""
        for suffix in (SUFFIX, FAILED):
            file = self.folder / (key + suffix)
            if file.is_file():
                row: Row = pq.read_table(file).to_pylist()[0]
                return row
        return None

    def table(self) -> pd.DataFrame:
        """All rows, failed ones too, in the order of their keys. Raises UserError where there is none."""
        done = self.done()
        failed = {file.name.removesuffix(FAILED) for file in self.folder.glob(f"[!.]*{FAILED}")} - done
        files = [self.folder / (key + SUFFIX) for key in done]
        files += [self.folder / (key + FAILED) for key in failed]
        if not files:
            raise UserError(f"{self.folder}: has no rows: must be the store of a sweep that was run")
        tables = []
        for file in sorted(files):
            try:
                tables.append(pq.ParquetFile(file).read())
            except (pa.ArrowInvalid, OSError) as error:
                raise UserError(f"{file}: is no row of a sweep: {' '.join(str(error).split())}") from error
        try:
            frame: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
        except pa.ArrowTypeError:  # a parameter that is a number in one sweep and a text in another
            frame = pd.concat([table.to_pandas() for table in tables], ignore_index=True)
        return frame
