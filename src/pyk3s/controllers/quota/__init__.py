"""ResourceQuota: counts again what namespaces use, so that what is gone is no longer charged."""
