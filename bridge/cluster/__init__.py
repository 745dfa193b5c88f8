"""Several HSMs as one: which HSM a cluster's identifier means."""

from bridge.cluster.clusters import VARIABLE, Clusters, clusters_from_environment, home_of

__all__ = ["VARIABLE", "Clusters", "clusters_from_environment", "home_of"]
