"""`kubectl annotate`: sets and removes annotations."""

from pyk3s.kubectl import marking

COMMAND = marking.command("annotate", "annotations", "annotated", "annotated", "Update the annotations on a resource")
