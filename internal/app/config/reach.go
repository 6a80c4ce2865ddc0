package config

import "net"

// Reach returns where a program of this machine reaches what listens on address:
// what listens on every interface is reached on the loopback one.
func Reach(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
