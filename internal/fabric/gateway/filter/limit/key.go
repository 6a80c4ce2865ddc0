package limit

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// part is one part of a key: it appends what it found, or tells that there is
// nothing.
type part func(b []byte, x *exchange.Exchange) ([]byte, bool)

const forms = "use client, consumer, product, plan, tenant, project, stage, route, header:NAME, claim:NAME or constant:TEXT"

func readKey(r *spec.Reader, path string, texts []string, at gateway.Attachment, early bool) []part {
	if len(texts) == 0 {
		return []part{client}
	}
	if len(texts) > maxParts {
		r.Add(path, "", "a key has at most %d parts", maxParts)
	}
	var parts []part
	for i, text := range texts {
		place := path + "[" + strconv.Itoa(i) + "]"
		kind, name, _ := strings.Cut(text, ":")
		if early && (kind == "consumer" || kind == "product" || kind == "plan" || kind == "claim") {
			r.Add(place, "use a RateLimitPolicy", "the caller is not known yet where a %s counts", EarlyName)
		}
		p, problem := readPart(kind, name, at)
		if problem != "" {
			r.Add(place, forms, "%s", problem)
		}
		parts = append(parts, p)
	}
	return parts
}

func readPart(kind, name string, at gateway.Attachment) (part, string) {
	named := kind == "header" || kind == "claim" || kind == "constant"
	if named != (name != "") {
		return nil, fmt.Sprintf("%q is no part of a key", kind+":"+name)
	}
	switch kind {
	case "client":
		return client, ""
	case "consumer":
		return consumer, ""
	case "product":
		return product, ""
	case "plan":
		return plan, ""
	case "header":
		if !route.Token(name) {
			return nil, fmt.Sprintf("%q cannot be the name of a header", name)
		}
		return header(name), ""
	case "claim":
		return claim(name), ""
	case "constant":
		return fixed(name), ""
	case "tenant":
		return fixed(at.Scope.Tenant), ""
	case "project":
		return fixed(at.Scope.Tenant + "/" + at.Scope.Project), ""
	case "stage":
		return fixed(at.Scope.String()), ""
	case "route":
		return fixed(at.Scope.String() + "/" + at.Route), ""
	}
	return nil, fmt.Sprintf("%q is no part of a key", kind)
}

// client is the client's address; of IPv6 its network of 64 bits, since a
// client has all of its addresses (RFC 6177).
func client(b []byte, x *exchange.Exchange) ([]byte, bool) {
	a := x.Address()
	if a.Is4() {
		four := a.As4()
		return append(b, four[:]...), true
	}
	six := a.As16()
	return append(b, six[:8]...), true
}

func consumer(b []byte, x *exchange.Exchange) ([]byte, bool) {
	return append(b, x.Facts.Consumer...), x.Facts.Consumer != ""
}

func product(b []byte, x *exchange.Exchange) ([]byte, bool) {
	if x.Facts.Identity == nil || x.Facts.Identity.Product == "" {
		return b, false
	}
	return append(b, x.Facts.Identity.Product...), true
}

// plan is a product's, so that plans of one name are told apart.
func plan(b []byte, x *exchange.Exchange) ([]byte, bool) {
	if x.Facts.Identity == nil || x.Facts.Identity.Plan == "" {
		return b, false
	}
	b = append(append(b, x.Facts.Identity.Product...), '/')
	return append(b, x.Facts.Identity.Plan...), true
}

func header(name string) part {
	return func(b []byte, x *exchange.Exchange) ([]byte, bool) {
		value := x.Request.Header.Peek(name)
		return append(b, value...), len(value) > 0
	}
}

func claim(name string) part {
	return func(b []byte, x *exchange.Exchange) ([]byte, bool) {
		if x.Facts.Identity == nil {
			return b, false
		}
		switch value := x.Facts.Identity.Claim(name).(type) {
		case nil:
			return b, false
		case string:
			return append(b, value...), value != ""
		default:
			return fmt.Append(b, value), true
		}
	}
}

func fixed(text string) part {
	return func(b []byte, _ *exchange.Exchange) ([]byte, bool) { return append(b, text...), true }
}

// key appends the limit's key for a request. Where a part has nothing, the
// client's address stands for it: nobody gets past a limit by saying less.
func (l *limit) key(b []byte, x *exchange.Exchange) []byte {
	b = append(b, l.name...)
	for _, p := range l.parts {
		b = append(b, 0, 0, 0, 0, 0)
		start := len(b)
		out, ok := p(b, x)
		if !ok {
			b[start-5] = 1
			out, _ = client(b[:start], x)
		}
		b = out
		binary.BigEndian.PutUint32(b[start-4:start], uint32(len(b)-start)) // so that no two keys read alike
	}
	return b
}
