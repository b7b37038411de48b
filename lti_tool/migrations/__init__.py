"""The numbered steps of the database's shape. See `lti_tool/migrate.py`."""
