package zone

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// The bounds of a record set. A TTL is in seconds (RFC 2181 §8 would let it be 68 years).
const (
	DefaultTTL = 300
	MaxTTL     = 604800
	MaxValues  = 100
	// MaxValue is how many bytes one record may have as text.
	MaxValue = 4096
)

// Set is a record set: all records of a name and type.
type Set struct {
	// Name is canonical.
	Name string `json:"name"`
	// Type is the name of a type, such as MX.
	Type string `json:"type"`
	// TTL is in seconds.
	TTL uint32 `json:"ttl"`
	// Values are the records' data as zone files have it (RFC 1035 §5.1).
	Values []string `json:"values"`
}

// Equal reports whether sets have the same data in the same order.
func (s Set) Equal(other Set) bool {
	return s.Name == other.Name && s.Type == other.Type && s.TTL == other.TTL && slices.Equal(s.Values, other.Values)
}

// Index returns which of the set's values is the same data as another value of its type, in
// which the case of names does not matter (RFC 2136 §1.1.1), or -1.
func (s Set) Index(value string) int {
	if at := slices.Index(s.Values, value); at >= 0 {
		return at
	}
	wanted, err := parseValue(s, value)
	if err != nil {
		return -1
	}
	return slices.IndexFunc(s.Values, func(v string) bool {
		rr, err := parseValue(s, v)
		return err == nil && dns.IsDuplicate(rr, wanted)
	})
}

// Types are the types that sets may have. SOA and the NS of a zone itself follow from the
// zone's settings.
func Types() []string {
	return []string{"A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"}
}

// Problem is what is wrong with a set, at one of its values or, with At -1, as a whole.
type Problem struct {
	At      int
	Message string
}

// Normal returns a set as it is kept, with names in full, and everything that is wrong with
// it. Names in values that have no dot at their end are full ones, too.
func (s Set) Normal() (Set, []Problem) {
	s.Name, s.Type = Canonical(s.Name), strings.ToUpper(s.Type)
	if s.TTL == 0 {
		s.TTL = DefaultTTL
	}
	problems := s.shape()
	values := make([]string, 0, len(s.Values))
	for i, text := range s.Values {
		rr, err := parseValue(s, text)
		if err != nil {
			problems = append(problems, Problem{i, err.Error()})
			continue
		}
		if value := valueOf(rr); !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	s.Values = values
	return s, problems
}

func (s Set) shape() (problems []Problem) {
	add := func(format string, args ...any) {
		problems = append(problems, Problem{-1, fmt.Sprintf(format, args...)})
	}
	if wrong := CheckName(s.Name); wrong != "" {
		add("the name %q cannot be: %s", s.Name, wrong)
	}
	if !slices.Contains(Types(), s.Type) {
		add("type %q is not one of %s", s.Type, strings.Join(Types(), ", "))
	}
	if s.TTL > MaxTTL {
		add("a TTL of %d seconds is more than %d", s.TTL, MaxTTL)
	}
	switch n := len(s.Values); {
	case n == 0:
		add("there is no value")
	case n > MaxValues:
		add("%d values are more than %d", n, MaxValues)
	case n > 1 && s.Type == "CNAME":
		add("a CNAME has one value (RFC 2181 §10.1)")
	}
	return problems
}

// parseValue reads the data of one record. A text without quotes is one text, of whatever
// length.
func parseValue(s Set, text string) (dns.RR, error) {
	if len(text) > MaxValue {
		return nil, fmt.Errorf("it is longer than %d bytes", MaxValue)
	}
	header := dns.RR_Header{Name: s.Name, Rrtype: dns.StringToType[s.Type], Class: dns.ClassINET, Ttl: s.TTL}
	if s.Type == "TXT" && !strings.HasPrefix(text, `"`) {
		return &dns.TXT{Hdr: header, Txt: chunks(text)}, nil
	}
	if strings.ContainsAny(text, "\n\r;()") && !strings.Contains(text, `"`) || strings.ContainsAny(text, "\n\r") {
		return nil, fmt.Errorf("%q is not the data of one record", text)
	}
	parser := dns.NewZoneParser(strings.NewReader(s.Name+" "+strconv.Itoa(int(s.TTL))+" IN "+s.Type+" "+text+"\n"), ".", "")
	rr, ok := parser.Next()
	if !ok {
		return nil, fmt.Errorf("%q is not the data of a record of type %s%s", text, s.Type, reason(parser.Err()))
	}
	if _, more := parser.Next(); more || rr.Header().Rrtype != header.Rrtype {
		return nil, fmt.Errorf("%q is not the data of one record of type %s", text, s.Type)
	}
	return rr, packs(rr)
}

// packs reports why a record cannot be sent.
func packs(rr dns.RR) error {
	if _, err := dns.PackRR(rr, make([]byte, dns.Len(rr)), 0, nil, false); err != nil {
		return fmt.Errorf("it cannot be sent: %s", strings.TrimPrefix(err.Error(), "dns: "))
	}
	return nil
}

// reason is what a parser says, without the place in a text that nobody wrote.
func reason(err error) string {
	if err == nil {
		return ""
	}
	text := strings.TrimPrefix(err.Error(), "dns: ")
	if at := strings.LastIndex(text, " at line:"); at >= 0 {
		text = text[:at]
	}
	return ": " + text
}

// valueOf is the data of a record as zone files have it.
func valueOf(rr dns.RR) string {
	return strings.TrimPrefix(rr.String(), rr.Header().String())
}

// chunks cuts a text into character strings of at most 255 bytes (RFC 1035 §3.3.14), with
// what a zone file would read otherwise escaped.
func chunks(s string) []string {
	var out []string
	for len(s) > 255 {
		out = append(out, escaped(s[:255]))
		s = s[255:]
	}
	return append(out, escaped(s))
}

func escaped(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// RRs returns the records of a normal set.
func (s Set) RRs() ([]dns.RR, error) {
	all := make([]dns.RR, 0, len(s.Values))
	for _, value := range s.Values {
		rr, err := parseValue(s, value)
		if err != nil {
			return nil, fmt.Errorf("record %s %s: %w", s.Name, s.Type, err)
		}
		all = append(all, rr)
	}
	return all, nil
}

// place is where a record belongs.
type place struct {
	name string
	kind uint16
}

func placeOf(rr dns.RR) place { return place{Canonical(rr.Header().Name), rr.Header().Rrtype} }

// SetsOf groups records by name and type, in the order in which they come. The TTL of a set
// is the least of its records' (RFC 2181 §5.2), and a second at least: 0 is that of a set without
// one.
func SetsOf(records []dns.RR) []Set {
	at := map[place]int{}
	var sets []Set
	for _, rr := range records {
		p, ttl := placeOf(rr), max(rr.Header().Ttl, 1)
		i, known := at[p]
		if !known {
			i = len(sets)
			at[p] = i
			sets = append(sets, Set{Name: p.name, Type: dns.TypeToString[p.kind], TTL: ttl})
		}
		sets[i].TTL = min(sets[i].TTL, ttl)
		if len(sets[i].Values) > MaxValues { // that is too many already, and is told so
			continue
		}
		if value := valueOf(rr); !slices.Contains(sets[i].Values, value) {
			sets[i].Values = append(sets[i].Values, value)
		}
	}
	return sets
}
