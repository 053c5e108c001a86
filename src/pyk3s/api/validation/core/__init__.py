"""Rules of the core group: pods and all they are made of, services, configuration, nodes, storage claims, quotas."""
