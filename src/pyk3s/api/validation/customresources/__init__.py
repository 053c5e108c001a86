"""Rules of CustomResourceDefinitions, of the schemas in them, and of the values that such schemas describe."""
