package apiclient

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Address reads the address of a server, as New takes it.
func Address(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	if err == nil && base.Host != "" && base.Hostname() != "" && (base.Scheme == "http" || base.Scheme == "https") && portOf(base) && base.User == nil && base.RawQuery == "" && base.Fragment == "" {
		return base, nil
	}
	return nil, kernel.Errorf(kernel.Invalid, "%q is not the address of a server", secretless(text)).
		WithFix("write it as http://HOST:PORT or https://HOST:PORT")
}

// portOf reports whether the port, where there is one, is one that a server can have.
func portOf(base *url.URL) bool {
	if base.Port() == "" {
		return true
	}
	port, err := strconv.Atoi(base.Port())
	return err == nil && port > 0 && port < 1<<16
}

// secretless is the address without who signs in by it, and with what password.
func secretless(text string) string {
	if at := strings.LastIndex(text, "@"); at >= 0 {
		scheme, _, _ := strings.Cut(text[:at], "//")
		return scheme + "//…" + text[at:]
	}
	return text
}
