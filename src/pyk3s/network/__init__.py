"""Pod network of a node: CNI configuration, bridge, overlay between nodes, masquerading."""
