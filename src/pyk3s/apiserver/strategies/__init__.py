"""What single kinds do differently from the generic registry: one small class per behaviour, one table of kinds."""
