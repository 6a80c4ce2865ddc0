package broker

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Binding is how a protocol carries CloudEvents in binary mode: which prefix its
// headers have for attributes, and whether their values are percent-encoded.
type Binding struct {
	prefix  string
	percent bool
}

// NATS is the CloudEvents NATS Protocol Binding 1.0.2 §3.2.
func NATS() Binding { return Binding{prefix: "ce-", percent: true} }

// Kafka is the CloudEvents Kafka Protocol Binding 1.0.2 §3.2.
func Kafka() Binding { return Binding{prefix: "ce_"} }

// Header is a header of a protocol.
type Header struct{ Name, Value string }

const (
	contentType  = "content-type"
	partitionKey = "partitionkey"
	specVersion  = "1.0"
	// maxHeader bounds the name of a header.
	maxHeader = 128
)

// Encode returns the headers of a message, sorted, or Invalid for names and values
// that the protocol cannot carry.
func (b Binding) Encode(m Message) ([]Header, error) {
	out := b.attributes(m)
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		value := m.Headers[name]
		switch {
		case isAttribute(name) && isField(name):
			return nil, invalid(name, "it is a field of the message, not a header")
		case isAttribute(name):
			out = append(out, b.attribute(name, value))
		case !isToken(name) || strings.HasPrefix(strings.ToLower(name), "nats-") || strings.HasPrefix(strings.ToLower(name), b.prefix):
			return nil, invalid(name, "the protocol does not carry a header of this name")
		case strings.ContainsAny(value, "\r\n\x00"):
			return nil, invalid(name, "its value has a line break")
		default:
			out = append(out, Header{name, value})
		}
	}
	slices.SortFunc(out, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func invalid(name, why string) error {
	return kernel.Errorf(kernel.Invalid, "header %q: %s", name, why)
}

// attributes are those that are fields of the message. The key goes along also with
// what is no CloudEvent: NATS has nowhere else for it.
func (b Binding) attributes(m Message) []Header {
	var out []Header
	add := func(name, value string) {
		if value != "" {
			out = append(out, b.attribute(name, value))
		}
	}
	add(partitionKey, m.Key)
	if m.Type == "" {
		return out
	}
	add("specversion", specVersion)
	add("id", m.ID)
	add("type", m.Type)
	if !m.Time.IsZero() {
		add("time", m.Time.UTC().Format(time.RFC3339Nano))
	}
	return out
}

func (b Binding) attribute(name, value string) Header {
	if b.percent {
		value = percent(value)
	}
	return Header{b.prefix + name, value}
}

// isAttribute reports whether a name is one of an attribute (CloudEvents 1.0 §3).
func isAttribute(name string) bool {
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && len(name) <= maxHeader
}

// isField reports whether an attribute is a field of Message, or its data.
func isField(name string) bool {
	return slices.Contains([]string{"specversion", "id", "type", "time", partitionKey, "data"}, name)
}

// isToken reports whether a name can be a header's (RFC 9110 §5.6.2).
func isToken(name string) bool {
	for _, r := range name {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", r) {
			return false
		}
	}
	return name != "" && len(name) <= maxHeader
}

// percent encodes what a header cannot hold (CloudEvents HTTP binding §3.1.3.2,
// which that of NATS takes over).
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c > 0x20 && c < 0x7f && c != '"' && c != '%' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
