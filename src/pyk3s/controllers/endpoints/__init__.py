"""EndpointSlices and Endpoints: which pods answer for a Service."""
