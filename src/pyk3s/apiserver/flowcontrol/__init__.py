"""Priority and fairness: under load, who gets a seat, who waits in which queue, and who is told to come back."""
