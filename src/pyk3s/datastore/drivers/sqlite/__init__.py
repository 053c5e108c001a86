"""SQLite: `database` is the file and its statements, `store` the datastore above it. The default driver."""
