// Package kubernetes is the runtime "kubernetes": it realises workloads as
// manifests in the Git repository of their stage, from where Flux or Argo CD
// brings them into the cluster.
//
// It owns what a declared workload becomes, the layout of the repository and
// its commits. It does not own the record of who declared what, nor fences and
// audit: the planes of target/local do, which call it. It never talks to a
// cluster, and it has no value of a secret.
package kubernetes
