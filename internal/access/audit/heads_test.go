package audit_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/auditsql"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// hand is a clock that a test moves.
type hand struct{ at time.Time }

func (h *hand) clock() kernel.Clock { return func() time.Time { return h.at } }

func newHand() *hand { return &hand{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func many(t *testing.T, s *audit.Service, n int) {
	t.Helper()
	for i := range n {
		record(t, s, kernel.Fact{Type: "thing.done", Subject: strconv.Itoa(i), Reason: "because <it> & that"})
	}
}

func sign(t *testing.T, s *audit.Service) audit.SignedHead {
	t.Helper()
	h, err := s.Sign(as(t.Context(), "ada"), scope())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// exported returns an export as it is written to a file.
func exported(t *testing.T, s *audit.Service, want audit.Wanted) string {
	t.Helper()
	ctx := as(t.Context(), "ada")
	x, err := s.Export(ctx, scope(), want)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := x.Write(ctx, func(l chain.Line) error { return json.NewEncoder(&out).Encode(l) }); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestHeadsAreSignedOfWhatFollows(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *audit.Service, d *db.DB) {
		hand := newHand()
		s := newServiceAt(d, hand.clock())
		if _, err := s.Sign(as(t.Context(), "ada"), scope()); !kernel.Is(err, kernel.NotFound) {
			t.Errorf("an empty log: %v", err)
		}
		many(t, s, 3)
		first := sign(t, s)
		if again := sign(t, s); again.Note != first.Note {
			t.Errorf("nothing happened, and %+v is another head than %+v", again, first)
		}
		many(t, s, 2)
		hand.at = hand.at.Add(time.Minute)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		page, err := s.ListHeads(as(t.Context(), "ada"), scope(), kernel.PageRequest{})
		if err != nil || len(page.Items) != 2 || page.Items[0].Seq != 5 || page.Items[0].Previous != first.Sum() || page.Items[1].Note != first.Note {
			t.Fatalf("%+v %v", page, err)
		}
		keys, err := s.ListKeys(as(t.Context(), "ada"), scope())
		if err != nil || len(keys) != 1 || keys[0].ID != first.Key || !strings.HasPrefix(first.Key, "terrace.example.com/audit+") {
			t.Errorf("%+v %v", keys, err)
		}
		if r := verify(t, s); r.Broken != nil || r.Heads != 2 || r.Entries != 5 {
			t.Errorf("%+v %+v", r, r.Broken)
		}
		if r, err := s.Verify(as(t.Context(), "ada"), scope(), audit.Range{From: 4, To: 5}); err != nil || r.Broken != nil || r.Heads != 2 || r.Entries != 2 {
			t.Errorf("a part: %+v %+v %v", r, r.Broken, err)
		}
		for name, err := range map[string]error{
			"heads": second(s.ListHeads(as(t.Context(), "eve"), scope(), kernel.PageRequest{})),
			"keys":  second(s.ListKeys(as(t.Context(), "eve"), scope())),
			"sign":  second(s.Sign(as(t.Context(), "eve"), scope())),
			"turn":  second(s.Rotate(as(t.Context(), "eve"), scope())),
			"file":  second(s.Export(as(t.Context(), "eve"), scope(), audit.Wanted{})),
		} {
			if !kernel.Is(err, kernel.Denied) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestTheFactOfAHeadIsNoReasonForTheNext uses the log as its own journal, as the platform does.
func TestTheFactOfAHeadIsNoReasonForTheNext(t *testing.T) {
	t.Parallel()
	s := newService(dbtest.SQLite(t, auditsql.Migrations()))
	s.Journal = s
	many(t, s, 2)
	for range 3 {
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.ListHeads(as(t.Context(), "ada"), scope(), kernel.PageRequest{})
	if r := verify(t, s); err != nil || len(page.Items) != 1 || r.Broken != nil || r.Entries != 4 { // the key, and the head
		t.Errorf("%d heads, %+v, %v", len(page.Items), r, err)
	}
}

func TestNoHeadIsSignedOfARewrittenChain(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"what came since":   "UPDATE audit_entries SET reason = 'x' WHERE seq = 5",
		"before the head":   "DELETE FROM audit_entries WHERE seq > 2; UPDATE audit_heads SET seq = 2, hash = (SELECT hash FROM audit_entries WHERE seq = 2)",
		"nothing remained":  "DELETE FROM audit_entries; DELETE FROM audit_heads",
		"the head's entry":  "UPDATE audit_entries SET hash = 'aa' WHERE seq = 3",
		"another head, too": "UPDATE audit_signed_heads SET note = 'x'; UPDATE audit_entries SET reason = 'x' WHERE seq = 6",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := dbtest.SQLite(t, auditsql.Migrations())
			s := newService(d)
			many(t, s, 3)
			sign(t, s)
			many(t, s, 3)
			unlock(t, d)
			if _, err := d.SQL().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			h, err := s.Sign(as(t.Context(), "ada"), scope())
			if !kernel.Is(err, kernel.Refused) {
				t.Errorf("%+v, %v", h, err)
			}
		})
	}
}

// TestAWitnessNoticesWhatIsRewritten: an attacker has the whole database, the code, and all
// of the chain hashed anew, but neither the key nor the heads that somebody has kept.
func TestAWitnessNoticesWhatIsRewritten(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, auditsql.Migrations())
	s := newService(d)
	many(t, s, 4)
	kept := []string{sign(t, s).Note}
	many(t, s, 4)
	kept = append(kept, sign(t, s).Note)
	keys, err := s.ListKeys(as(t.Context(), "ada"), scope())
	if err != nil {
		t.Fatal(err)
	}
	forged := func(n int, from int) string {
		other := newService(dbtest.SQLite(t, auditsql.Migrations()))
		for i := range n {
			reason := "because <it> & that"
			if i+1 >= from {
				reason = "something nicer"
			}
			record(t, other, kernel.Fact{Type: "thing.done", Subject: strconv.Itoa(i % 4), Reason: reason})
		}
		return exported(t, other, audit.Wanted{})
	}
	for name, c := range map[string]struct {
		file string
		seq  int64
		kind chain.Kind
	}{
		"as it was":                 {exported(t, s, audit.Wanted{}), 0, ""},
		"a part of it":              {exported(t, s, audit.Wanted{Range: audit.Range{From: 3}}), 0, ""},
		"another history":           {forged(9, 7), 1, chain.Forked}, // its times are others
		"an end cut off":            {exported(t, s, audit.Wanted{Range: audit.Range{To: 6}}), 7, chain.Truncated},
		"nothing is left but one":   {exported(t, s, audit.Wanted{Range: audit.Range{To: 1}}), 2, chain.Truncated},
		"a head that nobody signed": {strings.Replace(exported(t, s, audit.Wanted{}), "previous none", "previous nobody", 1), 4, chain.Unsigned},
	} {
		v, err := chain.Verify(strings.NewReader(c.file), chain.Options{Key: keys[0].Verifier, Witness: kept})
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case c.kind == "" && (v.Broken != nil || v.Heads < 3):
			t.Errorf("%s: %+v %+v", name, v, v.Broken)
		case c.kind != "" && (v.Broken == nil || v.Broken.Seq != c.seq || v.Broken.Kind != c.kind):
			t.Errorf("%s: %+v %+v, want %d %s", name, v, v.Broken, c.seq, c.kind)
		}
	}
}

// TestExportsTellTheFirstLineThatIsWrong changes the file.
func TestExportsTellTheFirstLineThatIsWrong(t *testing.T) {
	t.Parallel()
	s := newService(dbtest.SQLite(t, auditsql.Migrations()))
	many(t, s, 3)
	sign(t, s)
	many(t, s, 3)
	sign(t, s)
	whole := strings.SplitAfter(strings.TrimSuffix(exported(t, s, audit.Wanted{}), "\n"), "\n")
	// begin, key, 1 2 3, head, 4 5 6, head, end
	pick := func(indices ...int) string {
		var out strings.Builder
		for _, i := range indices {
			out.WriteString(strings.TrimSuffix(whole[i], "\n") + "\n")
		}
		return out.String()
	}
	for name, c := range map[string]struct {
		file string
		seq  int64
		kind chain.Kind
	}{
		"as it was":               {pick(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 0, ""},
		"an entry removed":        {pick(0, 1, 2, 4, 5, 6, 7, 8, 9, 10), 2, chain.Removed},
		"the last one removed":    {pick(0, 1, 2, 3, 4, 5, 6, 7, 9, 10), 6, chain.Truncated},
		"two reordered":           {pick(0, 1, 3, 2, 4, 5, 6, 7, 8, 9, 10), 1, chain.Reordered},
		"one twice":               {pick(0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10), 2, chain.Inserted},
		"a head removed":          {pick(0, 1, 2, 3, 4, 6, 7, 8, 9, 10), 0, ""}, // the one after it still proves all
		"a changed word":          {strings.Replace(pick(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "because", "becausE", 3), 1, chain.Changed},
		"a changed last word":     {strings.Replace(pick(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), `"subject":"2"`, `"subject":"1"`, 1), 3, chain.Changed},
		"a head at another place": {pick(0, 1, 2, 3, 4, 6, 5, 7, 8, 9, 10), 3, chain.Reordered},
		"said to be another's":    {strings.Replace(pick(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), `"tenant":"default"`, `"tenant":"other"`, 1), 1, chain.Inserted},
		"heads of another's":      {strings.ReplaceAll(pick(0, 1, 5, 10), `"tenant":"default"`, `"tenant":"other"`), 0, chain.Unsigned},
	} {
		v, err := chain.Verify(strings.NewReader(c.file), chain.Options{})
		switch {
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case (c.kind == "") != (v.Broken == nil):
			t.Errorf("%s: %+v %+v", name, v, v.Broken)
		case v.Broken != nil && (v.Broken.Seq != c.seq || v.Broken.Kind != c.kind):
			t.Errorf("%s: %+v, want %d %s", name, v.Broken, c.seq, c.kind)
		}
	}
	for name, file := range map[string]string{
		"cut off in a line":  pick(0, 1, 2, 3) + whole[4][:20],
		"without its end":    pick(0, 1, 2, 3, 4),
		"no export":          "{\"x\":1}\n",
		"nothing":            "",
		"without its begin":  pick(2, 3, 4),
		"a later version":    strings.Replace(pick(0, 1, 2, 10), `"format":1`, `"format":2`, 1),
		"the server's error": pick(0, 1, 2) + `{"error":{"detail":"the database is away"}}` + "\n",
	} {
		if v, err := chain.Verify(strings.NewReader(file), chain.Options{}); err == nil {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestOldHeadsHoldAfterRotations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *audit.Service, d *db.DB) {
		hand := newHand()
		s := newServiceAt(d, hand.clock())
		var keys []string
		for range 3 {
			many(t, s, 2)
			keys = append(keys, sign(t, s).Key)
			if _, err := s.Rotate(as(t.Context(), "ada"), scope()); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Rotate(as(t.Context(), "ada"), scope()); !kernel.Is(err, kernel.Conflict) {
				t.Errorf("a second one waits: %v", err)
			}
			many(t, s, 1)
			if h := sign(t, s); h.Key != keys[len(keys)-1] {
				t.Errorf("the next key signs before its time: %s", h.Key)
			}
			hand.at = hand.at.Add(2 * time.Hour)
			if err := s.Sweep(t.Context()); err != nil { // destroys the private half of the one before
				t.Fatal(err)
			}
		}
		hand.at = hand.at.Add(audit.KeyLife)
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := s.ListKeys(as(t.Context(), "ada"), scope())
		if err != nil || len(all) != 5 || keys[0] == keys[1] || all[0].ID != keys[0] {
			t.Fatalf("%+v %v %v", all, keys, err)
		}
		var raw string
		if err := d.SQL().QueryRowContext(t.Context(), "SELECT sealed FROM audit_keys WHERE number = 1").Scan(&raw); err != nil || strings.Contains(raw, "PRIVATE") {
			t.Errorf("the first key is still there: %.80q %v", raw, err)
		}
		file := exported(t, s, audit.Wanted{})
		v, err := chain.Verify(strings.NewReader(file), chain.Options{Key: all[0].Verifier})
		if err != nil || v.Broken != nil || v.Heads != 6 || len(v.Keys) != 5 {
			t.Errorf("%+v %+v %v", v, v.Broken, err)
		}
		// A key that no key before it has introduced is that of somebody else.
		_, mine, err := chain.NewSigner("terrace.example.com/audit", strings.NewReader(strings.Repeat("0123456789abcdef", 8)))
		if err != nil {
			t.Fatal(err)
		}
		v, err = chain.Verify(strings.NewReader(file), chain.Options{Key: mine.Verifier})
		if err != nil || v.Broken == nil || v.Broken.Kind != chain.Unsigned {
			t.Errorf("%+v %+v %v", v, v.Broken, err)
		}
	})
}

// columns are those of an entry.
const columns = "tenant, seq, at_micros, actor_id, actor_name, actor_kind, request_id, type, project, stage, subject, reason, data, prev, hash, address, outcome"

// TestTheDatabaseRefusesToChangeTheLog by any statement on its rows, also by those that are
// told as an INSERT, and in sessions whose settings turn ordinary triggers off.
func TestTheDatabaseRefusesToChangeTheLog(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *audit.Service, d *db.DB) {
		many(t, s, 3)
		sign(t, s)
		record(t, s, kernel.Fact{Type: "thing.done", Scope: kernel.Scope{Tenant: "other"}})
		statements := []string{
			"UPDATE audit_entries SET reason = 'x'", "UPDATE audit_entries SET seq = 9 WHERE seq = 3", "DELETE FROM audit_entries WHERE seq = 3",
			"UPDATE audit_signed_heads SET note = 'x'", "DELETE FROM audit_signed_heads",
			"INSERT INTO audit_entries SELECT * FROM audit_entries WHERE seq = 2 AND tenant = 'default' ON CONFLICT (tenant, seq) DO UPDATE SET reason = 'forged'",
			"INSERT INTO audit_entries (" + columns + ") SELECT " + strings.Replace(columns, "seq", "seq + 1", 1) + " FROM audit_entries WHERE seq = 3 AND tenant = 'default'",
			"INSERT INTO audit_entries (" + columns + ") SELECT " + strings.Replace(columns, "seq", "seq + 100", 1) + " FROM audit_entries WHERE seq = 3 AND tenant = 'default'",
			"INSERT INTO audit_entries (" + columns + ") SELECT " + strings.Replace(columns, "tenant", "'third'", 1) + " FROM audit_entries WHERE seq = 1 AND tenant = 'default'",
			"INSERT INTO audit_signed_heads SELECT * FROM audit_signed_heads WHERE true ON CONFLICT (tenant, seq) DO UPDATE SET note = 'forged'",
		}
		settings := []string{"SET session_replication_role = replica"} // which has no other triggers
		if d.Dialect() == db.Postgres {
			statements = append(statements, "TRUNCATE audit_entries", "TRUNCATE audit_signed_heads", "TRUNCATE audit_entries, audit_signed_heads CASCADE")
		} else {
			settings = []string{"PRAGMA recursive_triggers = ON"}
			statements = append(statements,
				"INSERT OR REPLACE INTO audit_entries SELECT * FROM audit_entries WHERE seq = 2", "REPLACE INTO audit_signed_heads SELECT * FROM audit_signed_heads",
				"INSERT OR REPLACE INTO audit_entries ("+columns+") SELECT "+strings.Replace(columns, "reason", "'forged'", 1)+" FROM audit_entries WHERE seq = 2",
				"INSERT OR REPLACE INTO audit_entries (rowid, "+columns+") SELECT rowid, "+strings.Replace(columns, "seq", "seq + 100", 1)+" FROM audit_entries WHERE seq = 2",
				"INSERT OR IGNORE INTO audit_entries SELECT * FROM audit_entries WHERE seq = 2",
				"UPDATE OR REPLACE audit_entries SET seq = 2 WHERE seq = 3", "UPDATE OR REPLACE audit_entries SET rowid = 1 WHERE rowid = 2", "UPDATE OR IGNORE audit_signed_heads SET note = 'x'",
			)
		}
		c, err := d.SQL().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, setting := range append([]string{"SELECT 1"}, settings...) {
			if _, err := c.ExecContext(t.Context(), setting); err != nil {
				t.Fatal(err)
			}
			for _, statement := range statements {
				if _, err := c.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
					t.Errorf("after %s, %s: %v", setting, statement, err)
				}
			}
		}
		_ = c.Raw(func(any) error { return driver.ErrBadConn }) // it is used no more with its setting
		r := verify(t, s)
		if err := s.Remove(t.Context(), "default", chain.Place{Seq: 2, Hash: "aa"}); !kernel.Is(err, kernel.Stale) {
			t.Errorf("it was not exported to its end: %v", err)
		}
		if err := s.Remove(t.Context(), "default", chain.Place{Seq: r.Last, Hash: r.Head}); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, s); r.Entries != 0 || r.Heads != 0 {
			t.Errorf("%+v", r)
		}
		if r, err := s.Verify(as(t.Context(), "ada"), kernel.Scope{Tenant: "other"}, audit.Range{}); err != nil || r.Entries != 1 || r.Broken != nil {
			t.Errorf("another tenant: %+v %v", r, err)
		}
		if _, err := d.SQL().ExecContext(t.Context(), "DELETE FROM audit_entries"); err == nil {
			t.Error("the door is open still")
		}
		many(t, s, 1) // the tenant's name may be given again
		if r := verify(t, s); r.Entries != 1 || r.Broken != nil {
			t.Errorf("%+v", r)
		}
	})
}

// TestAnEndThatWasCutOffIsTold: whoever takes the last entries away, and has the platform go on
// after those that are left, leaves heads of what was there.
func TestAnEndThatWasCutOffIsTold(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, auditsql.Migrations())
	s := newService(d)
	many(t, s, 3)
	sign(t, s)
	many(t, s, 4)
	sign(t, s)
	unlock(t, d)
	for _, statement := range []string{"DELETE FROM audit_entries WHERE seq > 5", "UPDATE audit_heads SET seq = 5, hash = (SELECT hash FROM audit_entries WHERE seq = 5)"} {
		if _, err := d.SQL().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if r := verify(t, s); r.Broken == nil || r.Broken.Kind != chain.Truncated || r.Broken.Seq != 6 {
		t.Errorf("%+v %+v", r, r.Broken)
	}
}

// TestAHeadBetweenTwoIsMissed: each names the one before it.
func TestAHeadBetweenTwoIsMissed(t *testing.T) {
	t.Parallel()
	s := newService(dbtest.SQLite(t, auditsql.Migrations()))
	for range 3 {
		many(t, s, 1)
		sign(t, s)
	}
	lines := strings.SplitAfter(exported(t, s, audit.Wanted{}), "\n") // begin, key, 1, head, 2, head, 3, head, end
	for without, kind := range map[int]chain.Kind{0: "", 3: "", 5: chain.Removed} {
		file := strings.Join(lines, "")
		if without > 0 {
			file = strings.Replace(file, lines[without], "", 1)
		}
		v, err := chain.Verify(strings.NewReader(file), chain.Options{})
		if err != nil || (kind == "") != (v.Broken == nil) || v.Broken != nil && v.Broken.Kind != kind {
			t.Errorf("without line %d: %+v, %v", without, v.Broken, err)
		}
	}
}

// TestAPartBeginsAfterAHead: of a head of an entry before the part, nothing is missing.
func TestAPartBeginsAfterAHead(t *testing.T) {
	t.Parallel()
	s := newService(dbtest.SQLite(t, auditsql.Migrations()))
	many(t, s, 3)
	sign(t, s)
	many(t, s, 1)
	record(t, s, kernel.Fact{Type: "audit_head.signed", Subject: "3"})
	for _, from := range []int64{1, 4, 5} {
		if r, err := s.Verify(as(t.Context(), "ada"), scope(), audit.Range{From: from}); err != nil || r.Broken != nil {
			t.Errorf("from %d: %+v, %v", from, r.Broken, err)
		}
	}
}

// TestHeadsThatAreMissingAreTold: an entry tells of each head that was signed, and a log that
// went on for an hour without one is not as the platform leaves it.
func TestHeadsThatAreMissingAreTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement string
		later     time.Duration
		journal   bool
		seq       int64
	}{
		"as it was":                             {later: 30 * time.Minute, journal: true},
		"an idle log":                           {later: 24 * time.Hour, journal: true},
		"all heads, which entries tell of":      {statement: "DELETE FROM audit_signed_heads", journal: true, seq: 3},
		"the last one, which an entry tells of": {statement: "DELETE FROM audit_signed_heads WHERE seq > 4", journal: true, seq: 9},
		"all heads, an hour later":              {statement: "DELETE FROM audit_signed_heads", later: 2 * time.Hour, seq: 1},
		"the last one, an hour later":           {statement: "DELETE FROM audit_signed_heads WHERE seq > 4", later: 2 * time.Hour, seq: 4},
		"all heads of a log that is fresh":      {statement: "DELETE FROM audit_signed_heads", later: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hand, d := newHand(), dbtest.SQLite(t, auditsql.Migrations())
			s := newServiceAt(d, hand.clock())
			if c.journal {
				s.Journal = s
			}
			many(t, s, 3)
			sign(t, s)
			many(t, s, 4)
			sign(t, s)
			if c.statement != "" {
				unlock(t, d)
				if _, err := d.SQL().ExecContext(t.Context(), c.statement); err != nil {
					t.Fatal(err)
				}
			}
			hand.at = hand.at.Add(c.later)
			r := verify(t, s)
			if c.seq == 0 && r.Broken != nil || c.seq != 0 && (r.Broken == nil || r.Broken.Kind != chain.Unsigned || r.Broken.Seq != c.seq) {
				t.Errorf("%+v %+v, want %d", r, r.Broken, c.seq)
			}
			if part, err := s.Verify(as(t.Context(), "ada"), scope(), audit.Range{From: 1, To: 2}); err != nil || part.Broken != nil {
				t.Errorf("a part: %+v %v", part.Broken, err)
			}
		})
	}
}
