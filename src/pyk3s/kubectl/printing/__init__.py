"""How objects are shown: tables, YAML, JSON, names, JSONPath and custom columns. Pure: objects in, text out."""
