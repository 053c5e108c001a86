"""The three ways of patching a JSON document: operations (RFC 6902), merging (RFC 7396), merging by the type's keys."""
