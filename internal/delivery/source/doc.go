// Package source makes a repository the source of truth for stages, definitions,
// workloads, what the gateway does and how services call each other: what its files say is brought about, at each push and at an
// interval, and what they no longer say is removed.
//
// It owns sources, the layout of their files, which object belongs to which
// source, and when a removal is too large to be meant. It has nothing to do with
// stage.GitOps, which is where a stage with the runtime kubernetes keeps its
// manifests. It does not host or fetch repositories (delivery/vcs does), and it
// changes nothing by itself: delivery/stage, delivery/module, delivery/run, fabric/gateway and fabric/mesh do,
// with all of their rules.
package source
