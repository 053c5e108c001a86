"""The server's side: who may join, certificates for nodes, the cluster's configuration, the tunnels of agents."""
