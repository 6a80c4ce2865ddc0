// Package gateway measures the gateway side by side with nginx, haproxy, Caddy
// and a tuned httputil.ReverseProxy, and its firewall with Coraza as it comes and
// ModSecurity: each is a process of its own in front of the same service, driven
// by wrk.
//
// It owns the comparison. What is not on the machine is left out, and said so.
package gateway
