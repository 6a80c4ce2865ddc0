// Package gateway is the one entry point for traffic to workloads: it owns the
// routes, the table made of them, the reverse proxy and its listeners.
//
// It does not know how a service runs or where: it asks for the address at
// each request. It issues no certificates and answers no DNS.
package gateway
