"""How quick the bridge is, and how quick what its users would use instead: the verb ``hsmbridge speed``."""
