package dns_test

import (
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

func TestNsupdateChangesWhatItsKeyMay(t *testing.T) {
	t.Parallel()
	program(t, "nsupdate")
	dbtest.Each(t, []db.Migrations{dnssql.Migrations()}, func(t *testing.T, d *db.DB) {
		f := newFixture(t, d)
		f.network("local", false, "127.0.0.0/8")
		before := f.zone("corp.internal", "local")
		f.set("corp.internal", "web", "A", "", "10.0.0.1")
		all := f.key(dns.Key{Name: "all", Update: []string{"*"}})
		hosts := f.key(dns.Key{Name: "hosts", Algorithm: "hmac-sha512", Update: []string{"*.hosts", "web"}, Types: []string{"A", "AAAA"}})
		reader := f.key(dns.Key{Name: "reader", Algorithm: "hmac-sha384", Transfer: true})
		address := serve(t, f.Service).Addr()
		for _, c := range []struct {
			reason, key string
			lines       []string
			want        string
		}{
			{"a name and its records", all, []string{"update add new.corp.internal 60 A 10.0.0.2", "update add new.corp.internal 60 A 10.0.0.3", "update add new.corp.internal 60 TXT \"a b\""}, ""},
			{"a key for some names", hosts, []string{"update add a.hosts.corp.internal 60 AAAA fd00::1"}, ""},
			{"and no others", hosts, []string{"update add new.corp.internal 60 A 10.0.0.9"}, "REFUSED"},
			{"and some types", hosts, []string{"update add a.hosts.corp.internal 60 TXT x"}, "REFUSED"},
			{"a key for transfers alone", reader, []string{"update add x.corp.internal 60 A 10.0.0.9"}, "REFUSED"},
			{"nobody", "", []string{"update add x.corp.internal 60 A 10.0.0.9"}, "REFUSED"},
			{"a wrong secret", "hmac-sha256:all.acme:" + strings.Repeat("A", 43) + "=", []string{"update add x.corp.internal 60 A 10.0.0.9"}, "BADSIG"},
			{"another algorithm than the key's", strings.Replace(all, "hmac-sha256", "hmac-sha512", 1), []string{"update add x.corp.internal 60 A 10.0.0.9"}, "BADKEY"},
			{"a key that there is not", strings.Replace(all, "all.acme", "none.acme", 1), []string{"update add x.corp.internal 60 A 10.0.0.9"}, "BADKEY"},
			{"a name that must not be, and is not", all, []string{"prereq nxdomain fresh.corp.internal", "update add fresh.corp.internal 60 A 10.0.0.4"}, ""},
			{"a name that must not be, and is", all, []string{"prereq nxdomain fresh.corp.internal", "update add fresh.corp.internal 60 A 10.0.0.5"}, "YXDOMAIN"},
			{"a name that must be, and is not", all, []string{"prereq yxdomain none.corp.internal", "update add x.corp.internal 60 A 10.0.0.9"}, "NXDOMAIN"},
			{"a set that must not be, and is", all, []string{"prereq nxrrset fresh.corp.internal A", "update add x.corp.internal 60 A 10.0.0.9"}, "YXRRSET"},
			{"a set that must be, and is not", all, []string{"prereq yxrrset fresh.corp.internal AAAA", "update add x.corp.internal 60 A 10.0.0.9"}, "NXRRSET"},
			{"a set that must be just so, and is", all, []string{"prereq yxrrset new.corp.internal A 10.0.0.3", "prereq yxrrset new.corp.internal A 10.0.0.2", "update delete new.corp.internal A 10.0.0.2"}, ""},
			{"a set that must be just so, and is not", all, []string{"prereq yxrrset new.corp.internal A 10.0.0.2", "update add x.corp.internal 60 A 10.0.0.9"}, "NXRRSET"},
			{"all or nothing", all, []string{"update add x.corp.internal 60 A 10.0.0.9", "update add corp.internal 60 NS ns.example.net."}, "REFUSED"},
			{"names of another zone", all, []string{"update add x.example.com 60 A 10.0.0.9"}, "NOTZONE"},
			{"an alias beside others is passed over (RFC 2136 §3.4.2.2)", all, []string{"update add web.corp.internal 60 CNAME x.example.com."}, ""},
			{"an alias takes the place of one", all, []string{"update add alias.corp.internal 60 CNAME Web.corp.internal.", "update add alias.corp.internal 0 CNAME Fresh.corp.internal."}, ""},
			{"a name's case does not matter", all, []string{"prereq yxrrset ALIAS.corp.internal CNAME fresh.CORP.internal.", "update delete alias.CORP.internal CNAME"}, ""},
			{"a whole name", all, []string{"update delete fresh.corp.internal"}, ""},
		} {
			if got := nsupdate(t, address, c.key, c.lines...); (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
				t.Errorf("%s: %q, want %q", c.reason, got, c.want)
			}
		}
		out := dig(t, address, "+noall", "+answer", "new.corp.internal", "A", "new.corp.internal", "TXT", "a.hosts.corp.internal", "AAAA", "fresh.corp.internal", "A", "x.corp.internal", "A", "alias.corp.internal", "CNAME", "web.corp.internal", "ANY")
		want := "new.corp.internal. 60 IN A 10.0.0.3|new.corp.internal. 60 IN TXT \"a b\"|a.hosts.corp.internal. 60 IN AAAA fd00::1|web.corp.internal. 300 IN A 10.0.0.1"
		if got := strings.Join(records(out), "|"); got != want {
			t.Errorf("there is\n%s\nand not\n%s", got, want)
		}
		after, err := f.Zone(as("admin"), "acme", "corp.internal")
		if err != nil || after.Serial < before.Serial+6 {
			t.Errorf("the serial was %d and is %d: %v", before.Serial, after.Serial, err)
		}
		if fact := f.facts.last("dns-zone.records_changed"); fact.Scope.Tenant != "acme" || fact.Subject != "corp.internal" {
			t.Errorf("the fact is %+v", fact)
		}
		if err := f.DeleteKey(as("admin"), "acme", "all"); err != nil {
			t.Fatal(err)
		}
		if got := nsupdate(t, address, all, "update add x.corp.internal 60 A 10.0.0.9"); !strings.Contains(got, "BADKEY") {
			t.Errorf("a key that was deleted signs: %q", got)
		}
	})
}

// last is the last fact of a type.
func (j *journal) last(kind string) (last kernel.Fact) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, fact := range j.facts {
		if fact.Type == kind {
			last = fact
		}
	}
	return last
}

func TestASignatureIsOfNow(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.zone("corp.internal")
	algorithm, rest, _ := strings.Cut(f.key(dns.Key{Name: "all", Update: []string{"*"}}), ":")
	name, secret, _ := strings.Cut(rest, ":")
	address := serve(t, f.Service).Addr()
	update := func(at time.Time) (*mdns.Msg, error) {
		m := new(mdns.Msg).SetUpdate("corp.internal.")
		rr, err := mdns.NewRR("x.corp.internal. 60 IN A 10.0.0.9")
		if err != nil {
			t.Fatal(err)
		}
		m.Insert([]mdns.RR{rr})
		m.SetTsig(name+".", algorithm+".", 300, at.Unix())
		client := &mdns.Client{Timeout: time.Minute, TsigSecret: map[string]string{name + ".": secret}}
		reply, _, err := client.Exchange(m, address)
		return reply, err
	}
	for _, off := range []time.Duration{-time.Hour, time.Hour} {
		reply, _ := update(time.Now().Add(off))
		if reply == nil || reply.Rcode != mdns.RcodeNotAuth || reply.IsTsig() == nil || reply.IsTsig().Error != mdns.RcodeBadTime || len(reply.IsTsig().OtherData) != 12 || reply.IsTsig().MACSize == 0 {
			t.Errorf("a signature off by %s: %v", off, reply)
		}
	}
	if got := from(f.Service, "127.0.0.1", "x.corp.internal", mdns.TypeA); got != "NXDOMAIN" {
		t.Errorf("an update of another time is done: %s", got)
	}
	if reply, err := update(time.Now()); err != nil || reply.Rcode != mdns.RcodeSuccess {
		t.Errorf("one of now is not done, or its reply not signed: %v %v", reply, err)
	}
}
