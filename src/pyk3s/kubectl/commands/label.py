"""`kubectl label`: sets and removes labels."""

from pyk3s.kubectl import marking

COMMAND = marking.command("label", "labels", "labeled", "unlabeled", "Update the labels on a resource")
