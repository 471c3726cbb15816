"""The index: SQLite tables, migrations, writes, and the compiler from a query tree to one SQL statement."""
