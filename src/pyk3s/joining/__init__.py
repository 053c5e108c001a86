"""How a node comes into the cluster: the endpoints beside the API, which K3s calls the supervisor (`serving`), and what
an agent does with them (`agent`): trust, certificates, load balancer, tunnel.
"""
