"""Discovery: which groups, versions and resources there are, in the legacy and in the aggregated form."""
