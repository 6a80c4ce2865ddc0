// Package pki is the certificate authority of an embedded Terrace: a root whose
// certificate people may trust, and leaves for the names that the gateway
// serves, made when they are first asked for. A domain outside of its zones has a root
// of its own, which follows from the root's key. Beside it is the authority of workloads,
// whose certificates say which workload a client is (X509-SVID), for who asks clients
// for certificates.
//
// It owns keys and certificates. Which names exist is not its business: it is
// told whether it may issue. It terminates no TLS by itself.
package pki
