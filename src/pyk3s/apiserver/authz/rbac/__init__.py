"""Role-based access control: roles and bindings compiled into an index that requests are looked up in."""
