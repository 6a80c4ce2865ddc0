package dns

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Type is the type of a record set (RFC 1035 §3.2.2, RFC 3596, RFC 2782).
type Type string

// The types that can be kept.
const (
	A     Type = "A"
	AAAA  Type = "AAAA"
	CNAME Type = "CNAME"
	TXT   Type = "TXT"
	SRV   Type = "SRV"
)

// The bounds of a record set. A TTL of 0 becomes DefaultTTL.
const (
	DefaultTTL = 60
	MaxTTL     = 86400
	MaxValues  = 32
	MaxText    = 2048
)

// Record is the record set of one name and type.
type Record struct {
	// Scope is whose record it is.
	Scope kernel.Scope
	// Name is the full name in lower case without the dot at its end.
	Name string
	Type Type
	// TTL is in seconds.
	TTL int
	// Values are addresses (A, AAAA), one target name (CNAME), texts (TXT), or
	// "priority weight port target" (SRV).
	Values    []string
	UpdatedAt time.Time
}

// Normalize returns the record in the form that is kept, or says everything
// that is wrong with it.
func (r Record) Normalize() (Record, error) {
	r.Name = CanonicalName(r.Name)
	r.Type = Type(strings.ToUpper(string(r.Type)))
	if r.TTL == 0 {
		r.TTL = DefaultTTL
	}
	problems := append(checkName(r.Name), r.checkShape()...)
	values := make([]string, 0, len(r.Values))
	for i, v := range r.Values {
		value, message := normalizeValue(r.Type, v)
		if message != "" {
			problems = append(problems, kernel.Problem{Path: "values[" + strconv.Itoa(i) + "]", Message: message})
		}
		values = append(values, value)
	}
	if len(problems) > 0 {
		return Record{}, kernel.Errorf(kernel.Invalid, "DNS record %s %s is not valid", r.Name, r.Type).WithProblems(problems...)
	}
	r.Values = values
	return r, nil
}

func (r Record) checkShape() []kernel.Problem {
	var problems []kernel.Problem
	if r.TTL < 1 || r.TTL > MaxTTL {
		problems = append(problems, kernel.Problem{Path: "ttl", Message: "ttl " + strconv.Itoa(r.TTL) + " is out of bounds", Fix: "use 1 to 86400 seconds"})
	}
	switch n := len(r.Values); {
	case n == 0:
		problems = append(problems, kernel.Problem{Path: "values", Message: "there is no value"})
	case n > MaxValues:
		problems = append(problems, kernel.Problem{Path: "values", Message: strconv.Itoa(n) + " values are more than " + strconv.Itoa(MaxValues)})
	case n > 1 && r.Type == CNAME:
		problems = append(problems, kernel.Problem{Path: "values", Message: "a CNAME has exactly one value"})
	}
	return problems
}

// CanonicalName returns a name in lower case without the dot at its end.
func CanonicalName(name string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
}

func normalizeValue(t Type, v string) (value, message string) {
	switch t {
	case A, AAAA:
		return normalizeAddress(t, v)
	case CNAME:
		return normalizeTarget(v)
	case TXT:
		if len(v) > MaxText {
			return "", "the text is longer than " + strconv.Itoa(MaxText) + " bytes"
		}
		return v, ""
	case SRV:
		return normalizeService(v)
	default:
		return "", "type " + string(t) + " is not one of A, AAAA, CNAME, TXT, SRV"
	}
}

func normalizeAddress(t Type, v string) (value, message string) {
	addr, err := netip.ParseAddr(strings.TrimSpace(v))
	if err != nil || addr.Zone() != "" || addr.Is4() != (t == A) {
		return "", strconv.Quote(v) + " is not an address for a record of type " + string(t)
	}
	return addr.String(), ""
}

func normalizeTarget(v string) (value, message string) {
	name := CanonicalName(v)
	if p := checkName(name); len(p) > 0 {
		return "", "target: " + p[0].Message
	}
	return name, ""
}

func normalizeService(v string) (value, message string) {
	fields := strings.Fields(v)
	if len(fields) != 4 {
		return "", strconv.Quote(v) + " is not of the form priority weight port target"
	}
	for _, f := range fields[:3] {
		if _, err := strconv.ParseUint(f, 10, 16); err != nil {
			return "", strconv.Quote(f) + " is not a number from 0 to 65535"
		}
	}
	target, message := normalizeTarget(fields[3])
	return strings.Join(append(fields[:3], target), " "), message
}

// checkName checks a canonical name against RFC 1035 §2.3.4 and the letters
// of host names, with underscores for service labels (RFC 8552).
func checkName(name string) []kernel.Problem {
	problem := func(message string) []kernel.Problem {
		return []kernel.Problem{{Path: "name", Message: message, Fix: "use letters, digits and hyphens, at most 63 in a part and 253 in all"}}
	}
	if name == "" || len(name) > 253 {
		return problem("name " + strconv.Quote(name) + " is empty or too long")
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return problem("part " + strconv.Quote(label) + " of name " + strconv.Quote(name) + " is not allowed")
		}
	}
	return nil
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && (c != '_' || i != 0) {
			return false
		}
	}
	return true
}
