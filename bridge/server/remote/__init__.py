"""A session that a daemon carries out, with the methods of :class:`bridge.engine.Session`."""
