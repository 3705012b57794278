"""Tools for agents: what an index or a service says, in small structured results, and the protocol that offers them."""
