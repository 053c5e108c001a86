"""Field ownership: metadata.managedFields and server-side apply, from nothing but types and objects."""
