package dns

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// checker gathers what is wrong with something.
type checker struct{ problems []kernel.Problem }

func (k *checker) add(path, fix, format string, args ...any) {
	k.problems = append(k.problems, kernel.Problem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (k *checker) err(format string, args ...any) error {
	if len(k.problems) == 0 {
		return nil
	}
	return kernel.Errorf(kernel.Invalid, format, args...).WithProblems(k.problems...)
}

// label checks the name of a thing of the platform's.
func (k *checker) label(path, name string) {
	if !regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`).MatchString(name) {
		k.add(path, "use 1 to 40 lower-case letters, digits or '-', starting and ending with a letter or digit", "the name %q is not possible", name)
	}
}

// domain checks a name of DNS, and returns it without the dot at its end.
func (k *checker) domain(path, name string) string {
	full := zone.Canonical(strings.TrimSpace(name))
	if wrong := zone.CheckName(full); wrong != "" || full == "." || strings.HasPrefix(full, "*.") {
		k.add(path, "give a name such as corp.internal", "the name %q cannot be", name)
	}
	return strings.TrimSuffix(full, ".")
}

func (k *checker) prefixes(path string, texts []string) []string {
	all := make([]string, 0, len(texts))
	for i, text := range texts {
		p, err := parsePrefix(strings.TrimSpace(text))
		if err != nil {
			k.add(path+"["+strconv.Itoa(i)+"]", "use CIDR notation, such as 10.10.0.0/16", "%q is not a network", text)
			continue
		}
		if !slices.Contains(all, p.String()) {
			all = append(all, p.String())
		}
	}
	return all
}

// normal returns a zone as it is kept.
func (z Zone) normal() (Zone, error) {
	k := &checker{}
	z.Name = k.domain("name", z.Name)
	for i, ns := range z.NameServers {
		z.NameServers[i] = k.domain("nameServers["+strconv.Itoa(i)+"]", ns)
	}
	if len(z.NameServers) > 13 {
		k.add("nameServers", "name at most 13", "%d servers are too many", len(z.NameServers))
	}
	if c := z.Start.Contact; c != "" && (strings.Count(c, "@") != 1 || zone.CheckName(contactName(c)) != "" || strings.HasPrefix(c, "@")) {
		k.add("start.contact", "give an address such as hostmaster@example.com", "%q is no address to write to", c)
	}
	z.Secondary.Allow = k.prefixes("secondary.allow", z.Secondary.Allow)
	for i, address := range z.Secondary.Notify {
		z.Secondary.Notify[i] = k.server("secondary.notify["+strconv.Itoa(i)+"]", address)
	}
	k.links(z.Links)
	return z, k.err("zone %s is not valid", z.Name)
}

func (k *checker) links(links []Link) {
	seen := map[string]bool{}
	for i, l := range links {
		path := "links[" + strconv.Itoa(i) + "]"
		if seen[l.Network] {
			k.add(path, "name each network once", "network %s is linked twice", l.Network)
		}
		seen[l.Network] = true
		if l.Policy == "" {
			links[i].Policy = LinkDefault
		} else if !slices.Contains(LinkPolicies(), l.Policy) {
			k.add(path+".resolutionPolicy", "use Default or NxDomainRedirect", "there is no policy %q", l.Policy)
		}
	}
}

// contactName is an address to write to as a SOA has it (RFC 1035 §8).
func contactName(contact string) string {
	local, host, _ := strings.Cut(contact, "@")
	return zone.Canonical(strings.ReplaceAll(local, ".", `\.`) + "." + host)
}

// server reads address:port, with 53 as the port where it names none.
func (k *checker) server(path, text string) string {
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(a, 53).String()
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil || at.Port() == 0 {
		k.add(path, "give address:port, such as 10.0.0.53:53", "%q is not the address of a server", text)
	}
	return at.String()
}

// normal returns a network as it is kept.
func (n Network) normal() (Network, error) {
	k := &checker{}
	k.label("name", n.Name)
	n.Prefixes = k.prefixes("prefixes", n.Prefixes)
	if len(n.Prefixes) == 0 && len(k.problems) == 0 || len(n.Prefixes) > 200 {
		k.add("prefixes", "give 1 to 200 in CIDR notation", "%d networks", len(n.Prefixes))
	}
	return n, k.err("network %s is not valid", n.Name)
}

// normal returns a forwarder as it is kept.
func (f Forwarder) normal() (Forwarder, error) {
	k := &checker{}
	if f.Domain = strings.TrimSpace(f.Domain); f.Domain != "." {
		f.Domain = k.domain("domain", f.Domain)
	}
	if len(f.Servers) == 0 || len(f.Servers) > 8 {
		k.add("servers", "name 1 to 8", "%d servers", len(f.Servers))
	}
	for i, text := range f.Servers {
		f.Servers[i] = k.upstream("servers["+strconv.Itoa(i)+"]", text)
	}
	return f, k.err("forwarder of %s is not valid", f.Domain)
}

// upstream reads protocol://address:port#name.
func (k *checker) upstream(path, text string) string {
	const fix = "use udp://10.0.0.1:53, tcp://10.0.0.1:53 or tls://10.0.0.1:853#dns.example.net"
	protocol, rest, ok := strings.Cut(strings.TrimSpace(text), "://")
	if !ok {
		protocol, rest = "udp", protocol
	}
	address, name, _ := strings.Cut(rest, "#")
	port := map[string]string{"udp": "53", "tcp": "53", "tls": "853"}[protocol]
	if a, err := netip.ParseAddr(address); err == nil {
		address = net.JoinHostPort(a.String(), port)
	}
	_, err := netip.ParseAddrPort(address)
	switch {
	case port == "":
		k.add(path, fix, "protocol %q is not udp, tcp or tls", protocol)
	case err != nil:
		k.add(path, fix, "%q is not the address of a server", text)
	case (name != "") != (protocol == "tls"):
		k.add(path, fix, "%q: a name to check the certificate for belongs to tls, and to nothing else", text)
	}
	if name != "" {
		address += "#" + name
	}
	return protocol + "://" + address
}
