"""Every command: the module that does it, and one line about it. Nothing is imported before it is used."""

_TABLE = """
annotate annotate Update the annotations on a resource
api-resources api_resources Print the supported API resources on the server
api-versions api_versions Print the supported API versions on the server, in the form of "group/version"
apply apply Apply a configuration to a resource by file name or stdin
create create Create a resource from a file or from stdin
delete delete Delete resources by file names, stdin, resources and names, or by resources and label selector
get get Display one or many resources
label label Update the labels on a resource
patch patch Update fields of a resource
scale scale Set a new size for a deployment, replica set, or replication controller
version version Print the client and server version information
"""

_LINES = [line.split(" ", 2) for line in _TABLE.strip().split("\n")]
COMMANDS = {name: module for name, module, _ in _LINES}
SUMMARIES = {name: summary for name, _, summary in _LINES}
