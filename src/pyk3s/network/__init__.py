"""Pod network of a node: forwarding, CNI configuration, masquerading."""
