// Package cluster has what the rooms share that say documents of the mesh to the mesh of a
// cluster, such as istio and linkerd: objects, where they lie, and what is refused.
//
// It owns how a stage is laid out on a cluster, and takes the documents of one stage apart. What
// becomes of each is theirs. It reads and applies nothing.
package cluster
