"""Rules of the workloads that keep pods running: deployments, replica sets, stateful sets, daemon sets."""
