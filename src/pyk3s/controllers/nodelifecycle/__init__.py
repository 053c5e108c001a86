"""Node lifecycle: notices lost nodes, taints them, and moves their pods away."""
