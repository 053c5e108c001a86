"""The machine: processes, mounts, cgroups, links and addresses, nft, sysctl. Besides `cri` and the supervisor the
only one that starts processes.
"""
