// Package domain has the domains of tenants, such as example.com, at and below which their
// routes may have hosts: who claims one, how it was proven, and the certificate that its
// tenant brought for it.
//
// It owns claims, proofs and uploaded certificates, and the view of them that the gateway has
// in memory. It keeps no routes, answers no DNS and issues no certificates: where there is no
// uploaded one, the authority of pki does.
package domain
