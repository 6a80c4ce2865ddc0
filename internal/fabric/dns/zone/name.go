package zone

import (
	"strings"

	"github.com/miekg/dns"
)

// Canonical returns a name in lower case with the dot at its end, as names are compared in
// this package. It allocates nothing for one that is so already.
func Canonical(name string) string { return dns.CanonicalName(name) }

// Within reports whether a canonical name is that of a zone or lies below it.
func Within(name, zone string) bool {
	if zone == "." {
		return true
	}
	head, ok := strings.CutSuffix(name, zone)
	return ok && (head == "" || endsLabel(head))
}

// endsLabel reports whether what stands before a name ends with a dot that is no part of a
// label.
func endsLabel(head string) bool {
	if !strings.HasSuffix(head, ".") {
		return false
	}
	slashes := 0
	for i := len(head) - 2; i >= 0 && head[i] == '\\'; i-- {
		slashes++
	}
	return slashes%2 == 0
}

// parent returns the name above a canonical one; that of the root is the root.
func parent(name string) string {
	if next, end := dns.NextLabel(name, 0); !end {
		return name[next:]
	}
	return "."
}

// CheckName says what is wrong with a canonical name as the owner of records, or nothing. A
// star may be its first label alone (RFC 4592 §2.1.1).
func CheckName(name string) string {
	if _, ok := dns.IsDomainName(name); !ok || name == "" {
		return "it is empty, or one of its parts is longer than 63 bytes, or all of it than 255"
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c > '~' || strings.IndexByte(`"();@$`, c) >= 0 {
			return "it has characters that names do not have"
		}
	}
	if strings.Contains(strings.TrimPrefix(name, "*."), "*") {
		return "a star stands for names as the first part alone"
	}
	return ""
}
