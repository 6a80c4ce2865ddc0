package zone

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// The bounds of a zone file.
const (
	MaxFile    = 4 << 20
	MaxRecords = 50000
)

// FileError is what is wrong with a zone file.
type FileError struct {
	// Line and Column are where it is, from 1; 0 where it is nowhere in particular.
	Line, Column int
	Message      string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.Message
	}
	return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
}

// Read reads a zone file (RFC 1035 §5) for a zone: its record sets, without the SOA and the
// NS of the zone itself, which it counts. $INCLUDE is refused.
func Read(zone, text string) (sets []Set, apex int, err error) {
	zone = Canonical(zone)
	if len(text) > MaxFile {
		return nil, 0, &FileError{Message: fmt.Sprintf("the file has more than %d bytes", MaxFile)}
	}
	lines := &counted{Reader: strings.NewReader(text)}
	parser := dns.NewZoneParser(lines, zone, "")
	parser.SetDefaultTTL(DefaultTTL)
	var records []dns.RR
	first := map[place]int{}
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if len(records)+apex == MaxRecords { // a line of $GENERATE may stand for many
			return nil, 0, &FileError{Line: max(lines.n, 1), Column: 1, Message: fmt.Sprintf("the file has more than %d records", MaxRecords)}
		}
		own, message := admit(zone, rr)
		if message != "" {
			return nil, 0, &FileError{Line: max(lines.n, 1), Column: 1, Message: message}
		}
		if own {
			apex++
			continue
		}
		if at := placeOf(rr); first[at] == 0 {
			first[at] = max(lines.n, 1)
		}
		records = append(records, rr)
	}
	if err := parser.Err(); err != nil {
		return nil, 0, placed(err)
	}
	sets, err = checked(SetsOf(records), first)
	return sets, apex, err
}

// counted counts the lines that have been read, byte by byte as the parser does.
type counted struct {
	*strings.Reader

	n int
}

// ReadByte implements io.ByteReader.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.Reader.ReadByte()
	if b == '\n' && err == nil {
		c.n++
	}
	return b, err
}

// admit says whether a record is one of the zone's own, which its settings make.
func admit(zone string, rr dns.RR) (own bool, message string) {
	h := rr.Header()
	name, kind := Canonical(h.Name), dns.TypeToString[h.Rrtype]
	switch {
	case h.Class != dns.ClassINET:
		return false, fmt.Sprintf("%s %s is of class %s; records are of class IN", name, kind, dns.ClassToString[h.Class])
	case !Within(name, zone):
		return false, fmt.Sprintf("%s %s is not within %s", name, kind, zone)
	case h.Rrtype == dns.TypeSOA || h.Rrtype == dns.TypeNS && name == zone:
		return true, ""
	case !slices.Contains(Types(), kind):
		return false, fmt.Sprintf("%s has a record of type %s; types are %s", name, kind, strings.Join(Types(), ", "))
	}
	return false, ""
}

// checked returns sets as they are kept. What is wrong is told by the line at which a set begins.
func checked(sets []Set, first map[place]int) ([]Set, error) {
	wrong := func(s Set, message string) error {
		return &FileError{Line: first[place{s.Name, dns.StringToType[s.Type]}], Column: 1, Message: fmt.Sprintf("%s %s: %s", s.Name, s.Type, message)}
	}
	for i, s := range sets {
		normal, problems := s.Normal()
		if len(problems) > 0 {
			return nil, wrong(s, problems[0].Message)
		}
		sets[i] = normal
	}
	if name := Clash(sets); name != "" {
		alias := slices.IndexFunc(sets, func(s Set) bool { return s.Name == name && s.Type == "CNAME" })
		return nil, wrong(sets[alias], "a CNAME stands alone, and there are other records of the name (RFC 1034 §3.6.2)")
	}
	return sets, nil
}

// Clash returns a name that has a CNAME beside other sets, or "".
func Clash(sets []Set) string {
	seen := map[string]string{}
	for _, s := range sets {
		other, twice := seen[s.Name]
		if twice && (other == "CNAME") != (s.Type == "CNAME") {
			return s.Name
		}
		seen[s.Name] = s.Type
	}
	return ""
}

// placed takes the place out of what the parser says.
func placed(err error) error {
	out := &FileError{Message: strings.TrimPrefix(err.Error(), "dns: ")}
	var parse *dns.ParseError
	if errors.As(err, &parse) {
		if at := strings.LastIndex(out.Message, " at line: "); at >= 0 {
			if _, scan := fmt.Sscanf(out.Message[at:], " at line: %d:%d", &out.Line, &out.Column); scan == nil {
				out.Message = out.Message[:at]
			}
		}
	}
	return out
}

// Write writes a zone as a file, by name and type.
func Write(z *Zone) string {
	var b strings.Builder
	fmt.Fprintf(&b, "$ORIGIN %s\n%s\n", z.Name, z.SOA)
	records := z.Records()
	lines := make([]string, 0, len(records))
	for _, rr := range records {
		lines = append(lines, rr.String())
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(sortKey(a), sortKey(b)) })
	for _, line := range lines {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// sortKey has names below one another stand together: the labels, from the last one.
func sortKey(line string) string {
	name, rest, _ := strings.Cut(line, "\t")
	labels := dns.SplitDomainName(name)
	slices.Reverse(labels)
	return strings.Join(labels, "\x00") + "\x00\x00" + rest
}
