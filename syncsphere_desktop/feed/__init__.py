"""The live feed: its messages, the client that follows it and the server that speaks it."""
