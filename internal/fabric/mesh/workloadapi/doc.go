// Package workloadapi serves the SPIFFE Workload API (SPIFFE Workload API, SPIFFE Workload
// Endpoint) on a Unix socket: a process asks it who it is, without a secret of its own, and
// gets an X509-SVID, JWT-SVIDs, and the bundles of the trust domain. An Envoy gets its
// certificate and whom it trusts at the same socket by the secret discovery service (SDS).
//
// It owns which SVIDs are held, when they are made anew, and how a caller is recognised: by
// the process that the kernel says has opened the connection. Which process belongs to which
// workload it is told; certificates are issued, noted and revoked by the room pki.
package workloadapi
