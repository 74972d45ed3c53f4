"""Windows over the events of keys, as arrays: light to import, for every Spark task does."""
