// Package blob is the data plane of Blob storage in the simulated Azure: containers,
// block blobs, metadata, snapshots, leases and lists, enough for
// state that Terraform locks by a lease.
//
// It owns blobs and leases. It does not own accounts and containers as resources
// (package kinds), nor who a caller is (package azuresim). Network rules of
// an account are not applied: there is no network between a client and it.
package blob
