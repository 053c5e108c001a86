"""Three-way merges for `apply`: what was applied last, what is to be applied, and what is there. Pure."""
