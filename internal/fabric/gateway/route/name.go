package route

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds the name of a document, in bytes.
const maxName = 253

// NameFix says what a name may be.
const NameFix = "write 1 to 253 bytes that can be seen, without blanks around them"

// ValidName tells whether a route, or a policy, may have the name: it is shown in tables
// and in messages of one line.
func ValidName(name string) bool {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	return name != "" && len(name) <= maxName && utf8.ValidString(name) &&
		strings.TrimSpace(name) == name && strings.IndexFunc(name, hidden) < 0
}

// host checks a host that has no port.
func (c *checker) host(at, withPort, host string) {
	canonical := CanonicalHost(host)
	switch {
	case !validHost(canonical):
		c.add(at, "use letters, digits and hyphens in labels with dots between; other letters as xn--…", "host %q is not a host name", host)
	case strings.Contains(host, ":"):
		c.add(at, withPort, "host %q has a port", host)
	}
}

// rewrittenHost checks what the service is asked with, where something is said.
func (c *checker) rewrittenHost(at, host string) {
	name, port, has := strings.Cut(host, ":")
	if host == "" {
		return
	}
	if n, err := strconv.ParseUint(port, 10, 16); has && (err != nil || n == 0) {
		c.add(at, "use a number from 1 to 65535, or leave it out", "host %q has no port that there is", host)
	}
	c.host(at, "", name)
}

// stays tells whether a redirect leads each request to its own address again. The gateway
// speaks HTTPS.
func (d Redirect) stays(matches []Match) bool {
	if d.Host != "" || d.Port != 0 || d.Scheme == "http" || d.FullPath != nil {
		return false
	}
	for _, m := range matches {
		if d.Prefix != nil && "/"+strings.Trim(*d.Prefix, "/") != m.Path.Value {
			return false
		}
	}
	return true
}
