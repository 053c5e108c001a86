"""Admission: plug-ins that complete or refuse what is about to be written, in a fixed order."""
