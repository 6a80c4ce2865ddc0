package zone_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
)

const corp = `
$TTL 300
@	IN SOA ns hostmaster 7 3600 600 86400 30
	IN NS ns
ns	IN A 10.0.0.53
www	IN CNAME web
web	IN A 10.0.0.1
	IN AAAA fd00::1
a.b.c	IN TXT "deep"
*.wild	IN A 10.0.0.9
host.wild	IN TXT "own"
sub.wild	IN NS ns.elsewhere.example.
mail	IN MX 10 web
	IN MX 20 mx.example.net.
lab	IN NS ns.lab
	IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000
ns.lab	IN A 10.9.9.9
out	IN CNAME www.example.com.
ring	IN CNAME round
round	IN CNAME ring
lost	IN CNAME none
`

func load(t *testing.T, name, text string) *zone.Zone {
	t.Helper()
	parser := dns.NewZoneParser(strings.NewReader(text), name, "")
	var soa *dns.SOA
	var rest []dns.RR
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if head, ok := rr.(*dns.SOA); ok {
			soa = head
			continue
		}
		rest = append(rest, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return zone.New(soa, rest)
}

func TestAnswersAsTheStandardsHaveIt(t *testing.T) {
	t.Parallel()
	table := zone.Table{"corp.internal.": {Zone: load(t, "corp.internal.", corp)}}
	for _, c := range []struct {
		reason, name string
		kind         uint16
		rcode        int
		answer, ns   string // types, in order
		extra        int
		aa           bool
		rest         string
	}{
		{"a name with the type", "web.corp.internal.", dns.TypeA, 0, "A", "", 0, true, ""},
		{"case does not matter", "WeB.Corp.INTERNAL.", dns.TypeA, 0, "A", "", 0, true, ""},
		{"NODATA has the SOA", "web.corp.internal.", dns.TypeMX, 0, "", "SOA", 0, true, ""},
		{"NXDOMAIN has the SOA", "none.corp.internal.", dns.TypeA, dns.RcodeNameError, "", "SOA", 0, true, ""},
		{"an alias is followed", "www.corp.internal.", dns.TypeA, 0, "CNAME A", "", 0, true, ""},
		{"an alias itself", "www.corp.internal.", dns.TypeCNAME, 0, "CNAME", "", 0, true, ""},
		{"an alias to nothing (RFC 6604)", "lost.corp.internal.", dns.TypeA, dns.RcodeNameError, "CNAME", "SOA", 0, true, ""},
		{"an alias that leaves", "out.corp.internal.", dns.TypeA, 0, "CNAME", "", 0, true, "www.example.com."},
		{"an empty non-terminal", "b.c.corp.internal.", dns.TypeTXT, 0, "", "SOA", 0, true, ""},
		{"a wildcard", "x.y.wild.corp.internal.", dns.TypeA, 0, "A", "", 0, true, ""},
		{"a wildcard has no other types", "x.wild.corp.internal.", dns.TypeTXT, 0, "", "SOA", 0, true, ""},
		{"a name keeps the wildcard off itself", "host.wild.corp.internal.", dns.TypeA, 0, "", "SOA", 0, true, ""},
		{"and off what is below it", "x.host.wild.corp.internal.", dns.TypeA, dns.RcodeNameError, "", "SOA", 0, true, ""},
		{"the wildcard itself may be asked for", "*.wild.corp.internal.", dns.TypeA, 0, "A", "", 0, true, ""},
		{"a delegation below a wildcard", "x.sub.wild.corp.internal.", dns.TypeA, 0, "", "NS", 0, false, ""},
		{"a delegation with glue", "deep.lab.corp.internal.", dns.TypeA, 0, "", "NS", 1, false, ""},
		{"glue is no answer", "ns.lab.corp.internal.", dns.TypeA, 0, "", "NS", 1, false, ""},
		{"the DS of a delegation is the parent's", "lab.corp.internal.", dns.TypeDS, 0, "DS", "", 0, true, ""},
		{"addresses of mail servers", "mail.corp.internal.", dns.TypeMX, 0, "MX MX", "", 2, true, ""},
		{"ANY is one set (RFC 8482)", "web.corp.internal.", dns.TypeANY, 0, "A", "", 0, true, ""},
		{"the zone itself", "corp.internal.", dns.TypeSOA, 0, "SOA", "", 0, true, ""},
		{"its servers", "corp.internal.", dns.TypeNS, 0, "NS", "", 1, true, ""},
		{"a loop ends", "ring.corp.internal.", dns.TypeA, 0, "CNAME CNAME CNAME CNAME CNAME CNAME CNAME CNAME", "", 0, true, ""},
		{"another zone", "example.com.", dns.TypeA, 0, "", "", 0, false, "example.com."},
		{"a name that only ends alike", "evilcorp.internal.", dns.TypeA, 0, "", "", 0, false, "evilcorp.internal."},
	} {
		reply := new(dns.Msg).SetQuestion(c.name, c.kind)
		rest := table.Answer(reply, reply.Question[0], nil, nil)
		if reply.Rcode != c.rcode || types(reply.Answer) != c.answer || types(reply.Ns) != c.ns || len(reply.Extra) != c.extra || reply.Authoritative != c.aa || rest != c.rest {
			t.Errorf("%s: want %+v, got rest %q and\n%v", c.reason, c, rest, reply)
		}
		if len(reply.Answer) > 0 && reply.Answer[0].Header().Name != c.name {
			t.Errorf("%s: the answer is for %s", c.reason, reply.Answer[0].Header().Name)
		}
		for _, rr := range reply.Ns {
			if soa, ok := rr.(*dns.SOA); ok && soa.Hdr.Ttl != 30 {
				t.Errorf("%s: an absence holds for %d seconds", c.reason, soa.Hdr.Ttl)
			}
		}
	}
}

func types(all []dns.RR) string {
	names := make([]string, 0, len(all))
	for _, rr := range all {
		names = append(names, dns.TypeToString[rr.Header().Rrtype])
	}
	return strings.Join(names, " ")
}

// others can be asked about everything but names below ours.
type others struct{}

func (others) Has(name string) bool { return !strings.HasSuffix(name, ".ours.corp.internal.") }

func TestAZoneLeavesNamesToOthersWhereItsLinkSaysSo(t *testing.T) {
	t.Parallel()
	table := zone.Table{"corp.internal.": {Zone: load(t, "corp.internal.", corp), Redirect: true}}
	reply := new(dns.Msg).SetQuestion("lost.corp.internal.", dns.TypeA)
	trace := &zone.Trace{}
	if rest := table.Answer(reply, reply.Question[0], others{}, trace); rest != "none.corp.internal." || types(reply.Answer) != "CNAME" || reply.Rcode != 0 {
		t.Errorf("%q %v", rest, reply)
	}
	if last := trace.Steps[len(trace.Steps)-1]; last.Kind != zone.StepRedirected || last.Name != "none.corp.internal." {
		t.Errorf("%+v", trace.Steps)
	}
	denied := new(dns.Msg).SetQuestion("x.ours.corp.internal.", dns.TypeA)
	if rest := table.Answer(denied, denied.Question[0], others{}, nil); rest != "" || denied.Rcode != dns.RcodeNameError || !denied.Authoritative {
		t.Errorf("where nobody can be asked the zone denies the name: %q %v", rest, denied)
	}
}

func TestEveryTypeIsReadAndWritten(t *testing.T) {
	t.Parallel()
	for _, c := range [][]string{
		{"A", "10.0.0.1"},
		{"AAAA", "fd00::1"},
		{"CAA", `0 issue "ca.example.net"`},
		{"CNAME", "web.corp.internal."},
		{"DS", "1 13 2 0000000000000000000000000000000000000000000000000000000000000000"},
		{"HTTPS", `1 . alpn="h2,h3" port="8443"`},
		{"MX", "10 web.corp.internal."},
		{"NAPTR", `100 10 "u" "E2U+sip" "!^.*$!sip:x@example.com!" .`},
		{"NS", "ns.corp.internal."},
		{"PTR", "web.corp.internal."},
		{"SRV", "10 5 443 web.corp.internal."},
		{"SSHFP", "4 2 123456789ABCDEF67890123456789ABCDEF67890123456789ABCDEF123456789"},
		{"SVCB", `0 svc.corp.internal.`},
		{"TLSA", "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"},
		{"TXT", `"v=spf1 -all" "second"`},
	} {
		s, problems := zone.Set{Name: "x.corp.internal", Type: strings.ToLower(c[0]), Values: c[1:]}.Normal()
		if len(problems) > 0 || s.Type != c[0] || s.TTL != zone.DefaultTTL || s.Name != "x.corp.internal." {
			t.Errorf("%s: %+v %v", c[0], s, problems)
			continue
		}
		again, problems := s.Normal()
		rrs, err := again.RRs()
		if len(problems) > 0 || err != nil || len(rrs) != 1 || again.Values[0] != s.Values[0] {
			t.Errorf("%s is not read as it was written: %q, then %q: %v %v", c[0], s.Values, again.Values, problems, err)
		}
	}
	for text, want := range map[string]string{
		"plain; text (with) \"quotes\"": `"plain; text (with) \"quotes\""`,
		`back\slash`:                    `"back\\slash"`,
		strings.Repeat("x", 300):        `"` + strings.Repeat("x", 255) + `" "` + strings.Repeat("x", 45) + `"`,
		"line\nbreak":                   `"line\010break"`,
		"$INCLUDE /etc/passwd":          `"$INCLUDE /etc/passwd"`,
	} {
		s, problems := zone.Set{Name: "x.corp.internal", Type: "TXT", Values: []string{text}}.Normal()
		if len(problems) > 0 || s.Values[0] != want {
			t.Errorf("text %q: %q %v", text, s.Values, problems)
		}
		if again, problems := s.Normal(); len(problems) > 0 || again.Values[0] != want {
			t.Errorf("text %q is not read as it was written: %q %v", text, again.Values, problems)
		}
	}
}

func TestSetsThatCannotBe(t *testing.T) {
	t.Parallel()
	for reason, s := range map[string]zone.Set{
		"no value":                 {Name: "x.a", Type: "A"},
		"an address of six":        {Name: "x.a", Type: "A", Values: []string{"fd00::1"}},
		"two aliases":              {Name: "x.a", Type: "CNAME", Values: []string{"a.b.", "c.d."}},
		"a type that follows":      {Name: "x.a", Type: "SOA", Values: []string{"ns.a. h.a. 1 1 1 1 1"}},
		"an unknown type":          {Name: "x.a", Type: "WKS", Values: []string{"x"}},
		"a TTL of a month":         {Name: "x.a", Type: "A", TTL: 2592000, Values: []string{"10.0.0.1"}},
		"a name with a blank":      {Name: "x y.a", Type: "A", Values: []string{"10.0.0.1"}},
		"a part that is too long":  {Name: strings.Repeat("x", 64) + ".a", Type: "A", Values: []string{"10.0.0.1"}},
		"a star in the middle":     {Name: "x.*.a", Type: "A", Values: []string{"10.0.0.1"}},
		"another record behind it": {Name: "x.a", Type: "A", Values: []string{"10.0.0.1\nevil.a 1 IN A 10.0.0.2"}},
		"a directive":              {Name: "$INCLUDE.a", Type: "A", Values: []string{"10.0.0.1"}},
		"a long value":             {Name: "x.a", Type: "TXT", Values: []string{strings.Repeat("x", 5000)}},
		"a port out of range":      {Name: "x.a", Type: "SRV", Values: []string{"1 2 70000 a.b."}},
	} {
		if _, problems := s.Normal(); len(problems) == 0 {
			t.Errorf("%s is taken", reason)
		}
	}
}

func TestZoneFilesComeAndGo(t *testing.T) {
	t.Parallel()
	z := load(t, "corp.internal.", corp)
	text := zone.Write(z)
	sets, apex, err := zone.Read("corp.internal", text)
	if err != nil || apex != 2 {
		t.Fatalf("%d %v in\n%s", apex, err, text)
	}
	records := []dns.RR{}
	for _, s := range sets {
		rrs, err := s.RRs()
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, rrs...)
	}
	for _, rr := range z.Records() {
		if rr.Header().Rrtype == dns.TypeNS && rr.Header().Name == "corp.internal." {
			records = append(records, rr)
		}
	}
	if again := zone.Write(zone.New(z.SOA, records)); again != text {
		t.Errorf("written again it is\n%s\nand not\n%s", again, text)
	}
}

func TestWhatIsWrongWithAZoneFileIsToldByItsLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason, text string
		line         int
		has          string
	}{
		{"a broken address", "a IN A 10.0.0.1\nb IN A 10.0.0\n", 2, "bad A"},
		{"a record of elsewhere", "a IN A 10.0.0.1\n\nx.example.com. IN A 10.0.0.2\n", 3, "not within corp.internal."},
		{"another class", "a CH TXT \"x\"\n", 1, "class"},
		{"a type that is not kept", "a IN A 10.0.0.1\na IN DNSKEY 256 3 8 AQ==\n", 2, "DNSKEY"},
		{"another file", "$INCLUDE /etc/passwd\n", 1, "INCLUDE"},
		{"an alias beside others", "a IN A 10.0.0.1\na IN CNAME b\n", 2, "CNAME stands alone"},
		{"two aliases of a name", "a IN A 10.0.0.1\nb IN CNAME a\n\nb IN CNAME c\n", 2, "one value"},
		{"too many", "a IN A 10.0.0.1\n$GENERATE 1-65535 h$ A 10.0.0.1\n", 2, "50000"},
		{"too many of the zone's own", strings.Repeat("$GENERATE 1-65535 @ NS ns$.example.\n", 1000), 1, "50000"},
		{"too many of one name", "$GENERATE 1-40000 h TXT $\n", 1, "101 values"},
		{"too long", strings.Repeat(";", zone.MaxFile+1), 0, "bytes"},
	} {
		_, _, err := zone.Read("corp.internal", c.text)
		var file *zone.FileError
		if !errors.As(err, &file) || file.Line != c.line || !strings.Contains(err.Error(), c.has) {
			t.Errorf("%s: %v", c.reason, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(corp)
	f.Add("a IN TXT \"\\200\"\n")
	f.Add("*.x IN A 1.2.3.4\n$TTL 1d\n$ORIGIN y\nz ( IN ; x\n HTTPS ) 1 . alpn=h2\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToUpper(text), "$GENERATE") {
			t.Skip("a line stands for many, which is slow and nothing else")
		}
		sets, _, err := zone.Read("corp.internal", text)
		if err != nil {
			return
		}
		for _, s := range sets {
			if again, problems := s.Normal(); len(problems) > 0 || len(again.Values) != len(s.Values) {
				t.Errorf("%+v is not taken again: %v", s, problems)
			}
		}
	})
}
