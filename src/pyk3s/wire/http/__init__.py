"""HTTP/1.1 on httptools: `messages` (values), `server` and `connection`, `client`. Knows no Kubernetes kind."""
