"""Many byte streams over one WebSocket: `mux` is the protocol without I/O, `connection` runs it on asyncio."""
