"""Gives space back: dead containers, unused images, long logs. What to remove is decided purely; `sweeper` does it."""
