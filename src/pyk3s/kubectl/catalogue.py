"""Every command: the module that does it, and one line about it. Nothing is imported before it is used."""

_TABLE = """
annotate annotate Update the annotations on a resource
api-resources api_resources Print the supported API resources on the server
api-versions api_versions Print the supported API versions on the server, in the form of "group/version"
apply apply Apply a configuration to a resource by file name or stdin
attach attach Attach to a running container
auth auth Inspect authorization
autoscale autoscale Auto-scale a deployment, replica set, stateful set, or replication controller
cluster-info cluster_info Display cluster information
config config Modify kubeconfig files
cordon cordon Mark node as unschedulable
create create Create a resource from a file or from stdin
delete delete Delete resources by file names, stdin, resources and names, or by resources and label selector
describe describe Show details of a specific resource or group of resources
diff diff Diff the live version against a would-be applied version
drain drain Drain node in preparation for maintenance
edit edit Edit a resource on the server
events events List events
exec exec Execute a command in a container
explain explain Get documentation for a resource
expose expose Take a service, deployment or pod and expose it as a new Kubernetes service
get get Display one or many resources
label label Update the labels on a resource
logs logs Print the logs for a container in a pod
patch patch Update fields of a resource
port-forward port_forward Forward one or more local ports to a pod
replace replace Replace a resource by file name or stdin
rollout rollout Manage the rollout of a resource
run run Run a particular image on the cluster
scale scale Set a new size for a deployment, replica set, or replication controller
set set Set specific features on objects
taint taint Update the taints on one or more nodes
top top Display resource (CPU/memory) usage
uncordon uncordon Mark node as schedulable
version version Print the client and server version information
wait wait Wait for a specific condition on one or many resources
"""

_LINES = [line.split(" ", 2) for line in _TABLE.strip().split("\n")]
COMMANDS = {name: module for name, module, _ in _LINES}
SUMMARIES = {name: summary for name, _, summary in _LINES}
