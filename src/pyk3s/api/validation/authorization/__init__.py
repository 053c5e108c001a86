"""Rules of reviews: questions about access and tokens, which are answered and not stored."""
