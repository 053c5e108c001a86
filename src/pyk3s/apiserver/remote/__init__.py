"""Others who decide about requests: token webhooks, authorising webhooks, OIDC providers."""
