"""CustomResourceDefinitions at work: which custom resources are served, and how definitions come to life and go."""
