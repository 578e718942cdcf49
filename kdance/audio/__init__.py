"""The sound of a dance: decoded, counted, played, recorded and spoken."""
