// Package xds tells clients how calls of a stage go: programs of gRPC that need no proxy, and
// Envoys that stand beside others. It speaks the xDS protocol (ADS, state of the world and
// delta), with listeners, routes, clusters and endpoints made of the mesh's documents and of the
// instances that run.
//
// It owns what is made of them, who gets it, and how streams are bounded. A client is who its
// SVID says that it is, whatever name it gives itself, and gets what is of its own stage. No key
// comes from here: Envoys have theirs of the Workload API. What the documents mean is package
// mesh's; where instances answer is the target's, and where sidecars stand package beside's.
package xds
