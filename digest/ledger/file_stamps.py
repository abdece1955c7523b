"""The hashes of files in the folders of dumps, so that no process hashes a file again that has not
changed."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select

from digest.ledger.aggregate import INTAKE, Aggregate, batches
from digest.ledger.tables import file_stamp
from digest.model import FileStamp

_STAMP = (file_stamp.c.size, file_stamp.c.changed, file_stamp.c.inode, file_stamp.c.hash)


class FileStamps(Aggregate):
    """Hashes of files, by path."""

    def file_stamps(self) -> dict[str, FileStamp]:
        """All that is kept."""
        rows = self._rows(select(file_stamp.c.path, *_STAMP))
        return {path: FileStamp(*stamp) for path, *stamp in rows}

    def record_file_stamps(self, new: Mapping[str, FileStamp], gone: Collection[str]) -> None:
        """Keep these, and forget the files that are gone."""
        rows = [{"path": path, **stamp._asdict()} for path, stamp in new.items()]
        with self._database.writing(INTAKE) as connection:
            for paths in batches([*new, *gone]):
                connection.execute(delete(file_stamp).where(file_stamp.c.path.in_(paths)))
            for some in batches(rows):
                connection.execute(insert(file_stamp), some)
