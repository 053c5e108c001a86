"""The roles and bindings that every cluster has, as tables; `reconcile` brings the stored ones up to them."""
