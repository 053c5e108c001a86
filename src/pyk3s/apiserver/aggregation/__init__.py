"""Other API servers behind this one: APIService objects, whether their servers are there, and the way to them."""
