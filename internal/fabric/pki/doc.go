// Package pki is the certificate authority of an embedded Terrace: a root whose
// certificate people may trust, and leaves for the names that the gateway
// serves, made when they are first asked for.
//
// It owns keys and certificates. Which names exist is not its business: it is
// told whether it may issue. It terminates no TLS by itself.
package pki
