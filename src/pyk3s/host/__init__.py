"""The machine: processes, mounts, cgroups, links and addresses, nft, sysctl. The only folder besides `cri` that
starts processes.
"""
