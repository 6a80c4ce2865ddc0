package route

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Outside reports whether the backend is an address in place of a workload's service.
func (b Backend) Outside() bool { return b.URL != "" }

// Spoken returns how the backend is spoken to: an address says itself whether it is over TLS.
func (b Backend) Spoken() Settings {
	s := b.Settings
	if !strings.HasPrefix(b.URL, "https:") {
		return s
	}
	if s.Protocol == "" {
		s.Protocol = HTTPS
	}
	if s.Protocol == GRPC && s.TLS == nil {
		s.TLS = &TLS{}
	}
	return s
}

// Address returns where a backend outside answers, as host:port, and the value of Host
// that it is asked with (RFC 9110 §7.2).
func (b Backend) Address() (addr, host string) {
	u, err := url.Parse(b.URL)
	if err != nil {
		return "", ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port), u.Host
}

// outside checks a backend that is an address.
func (c *checker) outside(at string, b Backend) {
	if b.Service != "" || b.Port != "" {
		c.add(at+".url", "name a service, or a url with its port in it", "a backend is a service or a url, not both")
	}
	u, err := url.Parse(b.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" || !outsideHost(u) {
		c.add(at+".url", "write one such as https://legacy.example.com", "%q is no address of a service", b.URL)
		return
	}
	if u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		c.add(at+".url", "leave it out; the path is changed by rewrite", "an address has a scheme, a host and a port alone")
	}
	over := map[string][]string{"http": {"", HTTP, H2C, GRPC}, "https": {"", HTTPS, H2, GRPC}}[u.Scheme]
	if !slices.Contains(over, b.Protocol) || u.Scheme == "http" && b.Protocol == GRPC && b.TLS != nil {
		c.add(at+".protocol", "leave it out, or let both be over TLS or both not", "an address of %s is not spoken to by %s", u.Scheme, b.Protocol)
	}
	if b.TLS != nil && b.TLS.ClientCertificate {
		c.add(at+".tls.clientCertificate", "remove it", "the gateway shows its certificate to services of the platform alone")
	}
}

func outsideHost(u *url.URL) bool {
	host := u.Hostname()
	if port := u.Port(); strings.HasSuffix(u.Host, ":") || port != "" && !isPort(port) {
		return false
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	return validHost(host) && !numeric(host)
}

// numeric tells names that programs read as addresses, each in its own way.
func numeric(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err == nil || strings.HasPrefix(last, "0x")
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}
