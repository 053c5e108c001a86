"""The Kubernetes object model as pure functions of values: catalogue of resources, schema, defaults, validation,
patches, field ownership, selectors, quantities, Status errors, protobuf. No I/O, no clock, no randomness except
as parameters.
"""
