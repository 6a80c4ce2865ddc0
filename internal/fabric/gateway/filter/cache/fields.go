package cache

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// field is one line of a head.
type field struct{ name, value string }

// fields are the lines of an answer's head.
type fields []field

func fieldsOf(h *fasthttp.ResponseHeader) fields {
	var out fields
	for name, value := range h.All() {
		out = append(out, field{string(name), string(value)})
	}
	return out
}

// parseHead reads what head wrote.
func parseHead(head []byte) fields {
	var out fields
	_, rest, _ := bytes.Cut(head, []byte("\r\n"))
	for line := range bytes.SplitSeq(rest, []byte("\r\n")) {
		if name, value, ok := bytes.Cut(line, []byte(": ")); ok {
			out = append(out, field{string(name), string(value)})
		}
	}
	return out
}

// head writes an answer's head as it goes on the wire.
func (f fields) head(status, length int) []byte {
	b := []byte("HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	for _, one := range f {
		b = append(append(append(append(b, one.name...), ": "...), one.value...), "\r\n"...)
	}
	b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(length), 10), "\r\n\r\n"...)
	return b
}

func (f fields) values(name string) (out []string) {
	for _, one := range f {
		if strings.EqualFold(one.name, name) {
			out = append(out, one.value)
		}
	}
	return out
}

func (f fields) value(name string) string {
	for _, one := range f {
		if strings.EqualFold(one.name, name) {
			return one.value
		}
	}
	return ""
}

func (f fields) without(drop func(name string) bool) fields {
	return slices.DeleteFunc(slices.Clone(f), func(one field) bool { return drop(strings.ToLower(one.name)) })
}

// date reads a date, zero where it is none (RFC 9110 §5.6.7).
func (f fields) date(name string) time.Time {
	at, err := http.ParseTime(f.value(name))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// transient are fields of one connection or one use, which are not stored
// (RFC 9111 §3.1).
func transient(name string) bool {
	switch name {
	case "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization",
		"te", "trailer", "transfer-encoding", "upgrade", "content-length", "age":
		return true
	}
	return false
}

// lasting are fields that a 304 does not change: they say what the stored body
// is (RFC 9111 §3.2).
func lasting(name string) bool {
	return transient(name) || name == "content-encoding" || name == "content-range" || name == "content-md5" || name == "etag"
}

// merged returns stored fields with those of a newer head in their place.
func merged(old, newer fields) fields {
	replaced := map[string]bool{}
	var added fields
	for _, one := range newer {
		if lower := strings.ToLower(one.name); !lasting(lower) {
			replaced[lower] = true
			added = append(added, one)
		}
	}
	return append(old.without(func(name string) bool { return replaced[name] }), added...)
}
