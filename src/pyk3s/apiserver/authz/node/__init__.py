"""What a kubelet may do: its own node and pods, and what these pods refer to."""
