// Package manifest turns the declaration of a workload into the Kubernetes
// objects that run it, as files of a Git repository.
//
// It owns the declaration's rules, what becomes of it, and the bytes of the
// files: the same input gives the same bytes. It reads and runs nothing, and it
// never has the value of a secret: it writes references. It does not check
// objects against their schemas (target/kubernetes/schema does).
package manifest
