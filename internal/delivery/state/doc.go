// Package state keeps the Terraform state of every stack: its versions, its lock
// and the fence that tells a living runner from a dead one.
//
// It owns who may read, lock and write a stack's state and the order in which
// that happens. Content is sealed and lives in blobs; the database holds only
// what describes it. It does not own leases (delivery/run hands out fences), nor
// what is in a state beyond its header.
package state
