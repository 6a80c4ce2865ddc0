package auditsql

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/access/audit"
	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

const (
	// looked is how many entries a page of a search looks at, at most.
	looked = 4_000
	// slack is how many entries may be out of the order of their times: they have the time
	// at which something was done, and their number from the end of its transaction.
	slack = 1000
)

// List returns entries that match, the newest first.
func (s *Store) List(ctx context.Context, tenant string, f audit.Filter, within kernel.Reach, page kernel.PageRequest) (kernel.Page[chain.Entry], error) {
	floor, before, err := s.bounds(ctx, tenant, f, page)
	if err != nil {
		return kernel.Page[chain.Entry]{}, err
	}
	search := !f.Indexed() || (!within.All && f.Subject == "" && f.RequestID == "")
	if search {
		floor = max(floor, before-looked-1)
	}
	q := narrow(s.hinted(ctx, f, search).Where("tenant = ? AND seq > ? AND seq < ?", tenant, floor, before), f)
	var rows []entryRow
	err = db.Within(q, within, "project", "stage").OrderExpr("seq DESC").Limit(int64(page.Size()+1)).Scan(ctx, &rows)
	if err != nil {
		return kernel.Page[chain.Entry]{}, db.Map(err, "the audit log of "+tenant)
	}
	found := kernel.PageOf(entries(rows), page, func(e chain.Entry) string { return strconv.FormatInt(e.Seq, 10) })
	if search && found.Next == "" {
		least, err := s.floor(ctx, tenant, f)
		if err != nil {
			return found, err
		}
		if floor > least {
			found.Next = strconv.FormatInt(floor+1, 10)
		}
	}
	return found, nil
}

// hinted begins a query. SQLite, which has no statistics, would go through all entries by
// their numbers where an index leads to the few that match.
func (s *Store) hinted(ctx context.Context, f audit.Filter, search bool) *bun.SelectQuery {
	q := s.db.Reader(ctx).NewSelect().Model((*entryRow)(nil))
	if search || s.db.Dialect() != db.SQLite {
		return q
	}
	for _, by := range []struct{ value, index string }{
		{f.Subject, "audit_entries_subject"},
		{f.RequestID, "audit_entries_request"},
		{f.Actor, "audit_entries_actor"},
		{f.Outcome, "audit_entries_outcome"},
		{f.Type, "audit_entries_type"},
		{f.Project, "audit_entries_project"},
	} {
		if by.value != "" {
			return q.ModelTableExpr("audit_entries AS e INDEXED BY ?", bun.Ident(by.index))
		}
	}
	return q
}

// bounds are the numbers between which a page looks.
func (s *Store) bounds(ctx context.Context, tenant string, f audit.Filter, page kernel.PageRequest) (floor, before int64, err error) {
	if floor, err = s.floor(ctx, tenant, f); err != nil {
		return 0, 0, err
	}
	if page.Cursor != "" {
		if before, err = strconv.ParseInt(page.Cursor, 10, 64); err != nil {
			return 0, 0, kernel.Errorf(kernel.Invalid, "the cursor %q is none of this list", page.Cursor)
		}
		return floor, before, nil
	}
	end, err := s.Head(ctx, tenant)
	before = end.Seq + 1
	if err != nil || f.Until.IsZero() {
		return floor, before, err
	}
	at, err := s.at(ctx, tenant, end.Seq, f.Until)
	return floor, min(before, at+slack), err
}

// floor is the number above which entries may match.
func (s *Store) floor(ctx context.Context, tenant string, f audit.Filter) (int64, error) {
	if f.Since.IsZero() {
		return 0, nil
	}
	end, err := s.Head(ctx, tenant)
	if err != nil {
		return 0, err
	}
	at, err := s.at(ctx, tenant, end.Seq, f.Since)
	return max(at-slack, 0), err
}

// at returns about the number of the first entry of a time or later, by halves.
func (s *Store) at(ctx context.Context, tenant string, end int64, t time.Time) (int64, error) {
	low, high := int64(1), end+1
	for low < high {
		middle := low + (high-low)/2
		var micros int64
		err := s.db.Reader(ctx).NewRaw("SELECT at_micros FROM audit_entries WHERE tenant = ? AND seq >= ? ORDER BY seq LIMIT 1", tenant, middle).Scan(ctx, &micros)
		if err != nil {
			return 0, db.Map(err, "an entry of the audit log")
		}
		if micros < t.UnixMicro() {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}

// Between returns the numbers of the first and the last entry of a time.
func (s *Store) Between(ctx context.Context, tenant string, f audit.Filter) (first, last int64, err error) {
	end, err := s.Head(ctx, tenant)
	if err != nil {
		return 0, 0, err
	}
	first, last = 1, end.Seq
	if !f.Since.IsZero() {
		at, err := s.at(ctx, tenant, end.Seq, f.Since)
		if err != nil {
			return 0, 0, err
		}
		err = s.db.Reader(ctx).NewRaw("SELECT COALESCE(MIN(seq), ?) FROM audit_entries WHERE tenant = ? AND seq > ? AND seq <= ? AND at_micros >= ?",
			end.Seq+1, tenant, at-slack, at+slack, f.Since.UnixMicro()).Scan(ctx, &first)
		if err != nil {
			return 0, 0, db.Map(err, "the audit log of "+tenant)
		}
	}
	if !f.Until.IsZero() {
		at, err := s.at(ctx, tenant, end.Seq, f.Until)
		if err != nil {
			return 0, 0, err
		}
		err = s.db.Reader(ctx).NewRaw("SELECT COALESCE(MAX(seq), 0) FROM audit_entries WHERE tenant = ? AND seq > ? AND seq <= ? AND at_micros < ?",
			tenant, at-slack, at+slack, f.Until.UnixMicro()).Scan(ctx, &last)
		if err != nil {
			return 0, 0, db.Map(err, "the audit log of "+tenant)
		}
	}
	return first, last, nil
}

// narrow adds what a filter asks for.
func narrow(q *bun.SelectQuery, f audit.Filter) *bun.SelectQuery {
	for _, c := range []struct{ column, value string }{
		{"project", f.Project},
		{"stage", f.Stage},
		{"subject", f.Subject},
		{"actor_name", f.Actor},
		{"request_id", f.RequestID},
		{"address", f.Address},
	} {
		if c.value != "" {
			q = q.Where("? = ?", bun.Ident(c.column), c.value)
		}
	}
	if f.RequestID != "" {
		q = q.Where("request_id <> ''") // as the index says
	}
	if start, ok := strings.CutSuffix(f.Type, "*"); ok {
		q = q.Where("substr(type, 1, ?) = ?", len(start), start)
	} else if f.Type != "" {
		q = q.Where("type = ?", f.Type)
	}
	if f.Outcome != "" {
		outcome := f.Outcome
		if outcome == "done" {
			outcome = string(chain.Done)
		}
		if q = q.Where("outcome = ?", outcome); outcome != "" {
			q = q.Where("outcome <> ''") // as the index says
		}
	}
	if f.Text != "" {
		like := "%" + strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`).Replace(strings.ToLower(f.Text)) + "%"
		q = q.Where("(lower(subject) LIKE ? ESCAPE '!' OR lower(reason) LIKE ? ESCAPE '!' OR lower(data) LIKE ? ESCAPE '!')", like, like, like)
	}
	if !f.Since.IsZero() {
		q = q.Where("at_micros >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		q = q.Where("at_micros < ?", f.Until.UnixMicro())
	}
	return q
}
