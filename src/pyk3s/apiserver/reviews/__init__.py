"""Questions about users and their rights: reviews are answered and never stored."""
