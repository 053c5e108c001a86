"""What a CustomResourceDefinition makes of its kind, pure: types, pruning, defaults, validation, columns, names."""
