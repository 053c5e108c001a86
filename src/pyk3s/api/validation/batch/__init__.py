"""Rules of work that ends: jobs and what makes them."""
