"""The service proxy: Services and EndpointSlices in, nftables rules out (pure); the rim applies them with nft."""
