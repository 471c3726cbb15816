"""Write the first schema as SQL text: `python scripts/freeze_schema.py > tests/store/schema-v1.sql`.

For the time before the first release only; from then on the text never changes, and a change of the tables is a step in
`phototag/store/migrate.py`. What the steps add is left out.
"""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from phototag.store.engine import open_index
from phototag.store.migrate import APPLICATION_ID


def main() -> None:
    """Print the schema of a new index."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.db"
        open_index(path, write=True).close()
        with closing(sqlite3.connect(path)) as raw:
            rows = raw.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT IN ('corrections', 'relatives') "
                "ORDER BY type = 'view', type = 'index', iif(type = 'index', name, ''), rowid"
            ).fetchall()
    print("-- The first schema, as phototag 0.1.0 writes it. It never changes: see phototag/store/migrate.py.")
    print(f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = 1;")
    for (sql,) in rows:
        print("\n".join(line.rstrip() for line in sql.splitlines()) + ";")
    print("INSERT INTO migrations VALUES (1, 'create', '0.1.0', '2026-01-01T00:00:00.000000Z');")


if __name__ == "__main__":
    main()
