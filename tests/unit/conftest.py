"""Makes the folder's helpers importable from tests in any sub-folder."""
