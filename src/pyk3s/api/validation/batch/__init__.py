"""Rules of work that ends: jobs and the schedules that make them."""
