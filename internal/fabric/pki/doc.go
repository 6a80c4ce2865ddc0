// Package pki is the certificate authority of an installation: authorities in generations,
// whose keys are sealed in the database, and the inventory of every certificate.
//
// A root signs intermediates alone, and an intermediate the certificates of names in the
// platform's zones: at handshakes, from what a process holds in memory, and on order. A
// domain of a tenant has a root of its own, which follows from a sealed seed. Beside them is
// the authority of workloads, whose certificates say which workload a client is (X509-SVID).
// What was revoked is told by lists (RFC 5280) and by status (RFC 6960).
//
// It owns keys, certificates, their life and their rollover. Which names exist, and whose
// they are, it is told; it terminates no TLS, and speaks no ACME.
package pki
