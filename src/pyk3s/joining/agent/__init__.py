"""The agent's side: trust in the server, certificates, the load balancer to its servers, tunnels for the API."""
