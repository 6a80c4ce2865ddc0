package route

// Token tells a token, as names of headers, methods and cookies are (RFC 9110 §5.6.2).
func Token[T string | []byte](name T) bool {
	for i := range len(name) {
		if !tokens[name[i]] {
			return false
		}
	}
	return len(name) > 0
}

var tokens = func() (t [256]bool) { //nolint:gochecknoglobals // never written to
	for _, c := range "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" {
		t[c] = true
	}
	return t
}()

// Hop tells that a header, in lower case, is of one connection (RFC 9110 §7.6.1).
func Hop[T string | []byte](name T) bool {
	switch string(name) {
	case "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
		"expect", "http2-settings":
		return true
	}
	return false
}

// Distrusted tells that a header, in lower case, is one that only the platform may
// set. A service may read an underscore as the hyphen that it is in CGI.
func Distrusted[T string | []byte](name T) bool {
	return begins(name, "terrace-") || begins(name, "x-forwarded-") || len(name) == len("forwarded") && begins(name, "forwarded") ||
		len(name) == len("x-real-ip") && begins(name, "x-real-ip") || shadow(name)
}

// shadow tells a name that CGI takes for one that frames a message or names its
// host.
func shadow[T string | []byte](name T) bool {
	return len(name) == 14 && name[7] == '_' && begins(name, "content-length") || len(name) == 17 && name[8] == '_' && begins(name, "transfer-encoding")
}

// begins takes an underscore for a hyphen.
func begins[T string | []byte](name T, with string) bool {
	if len(name) < len(with) {
		return false
	}
	for i := range len(with) {
		if c := name[i]; c != with[i] && (c != '_' || with[i] != '-') {
			return false
		}
	}
	return true
}
