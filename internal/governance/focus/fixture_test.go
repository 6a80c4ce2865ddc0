package focus_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/governance/focus"
	"github.com/terrace-idp/terrace/internal/governance/focus/focussql"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

var acme = kernel.Scope{Tenant: "acme"}

// rooms plays what costs need of other rooms, and keeps facts.
type rooms struct {
	mu        sync.Mutex
	facts     []kernel.Fact
	denied    string
	refused   string
	deployed  []focus.Deployed
	left      []focus.Leftover
	estimates []focus.Estimate
}

func (r *rooms) Authorize(_ context.Context, action string, _ kernel.Scope) error {
	if action == r.denied {
		return kernel.Errorf(kernel.Denied, "ada may not do %s", action)
	}
	return nil
}

func (r *rooms) Record(_ context.Context, f kernel.Fact) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.Type == r.refused {
		return kernel.Errorf(kernel.Unavailable, "%s cannot be recorded", f.Type)
	}
	r.facts = append(r.facts, f)
	return nil
}

func (r *rooms) types() (all []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.facts {
		all = append(all, f.Type)
	}
	return all
}

func (r *rooms) Deployments(context.Context, kernel.Scope) ([]focus.Deployed, error) {
	return r.deployed, nil
}

func (r *rooms) Leftovers(context.Context, kernel.Scope) ([]focus.Leftover, error) {
	return r.left, nil
}

func (r *rooms) Monthly(context.Context, kernel.Scope) ([]focus.Estimate, error) {
	return r.estimates, nil
}

// Estimated has all of the estimates run all the time.
func (r *rooms) Estimated(_ context.Context, _ kernel.Scope, from, to time.Time) (all []focus.Estimated, err error) {
	first := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	days, month := int64(to.Sub(from).Hours()/24), int64(first.AddDate(0, 1, 0).Sub(first).Hours()/24)
	for _, e := range r.estimates {
		all = append(all, focus.Estimated{Scope: e.Scope, Workload: e.Workload, Currency: e.Currency, Cost: focus.Amount{Milli: e.Monthly.Milli * days / month}})
	}
	return all, nil
}

type bench struct {
	*focus.Service

	rooms *rooms
	db    *db.DB
}

func clock() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }

func newBench(d *db.DB) *bench {
	r := &rooms{}
	return &bench{rooms: r, db: d, Service: focus.New(focus.Config{
		Store: focussql.NewStore(d, clock), Estate: r, Estimates: r, Authorizer: r, Journal: r, Tx: d, Clock: clock, Log: slog.New(slog.DiscardHandler),
	})}
}

func each(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Each(t, []db.Migrations{focussql.Migrations()}, func(t *testing.T, d *db.DB) { test(t, newBench(d)) })
}

func ada() context.Context {
	return kernel.WithActor(context.Background(), kernel.Actor{ID: "usr_1", Name: "ada", Kind: kernel.ActorUser, Tenant: "acme"})
}

// header has what must be there, and what is read.
const header = "BilledCost,EffectiveCost,ListCost,BillingAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeCategory,ChargePeriodStart,ChargePeriodEnd,ProviderName,ServiceName,ServiceCategory,SubAccountId,ResourceId,ResourceName,Tags,InvoiceId\n"

// row is one of a file; what is empty has a default.
type row struct{ cost, account, currency, month, day, category, service, resource, tags string }

func or(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

func (r row) String() string {
	month := or(r.month, "2026-10")
	start, _ := time.Parse("2006-01", month)
	cost := or(r.cost, "1")
	return fmt.Sprintf("%s,%s,%s,%s,%s,%s-01T00:00:00Z,%s,%s,%s,%s,Azure,%s,Compute,sub-1,%s,,%s,\n", cost, cost, cost, or(r.account, "acc-1"), or(r.currency, "EUR"), month,
		start.AddDate(0, 1, 0).Format(time.RFC3339), or(r.category, "Usage"), or(r.day, month+"-05")+"T00:00:00Z", or(r.day, month+"-05")+"T01:00:00Z", or(r.service, "Virtual Machines"), r.resource,
		`"`+strings.ReplaceAll(r.tags, `"`, `""`)+`"`)
}

func file(rows ...row) string {
	var b strings.Builder
	b.WriteString(header)
	for _, r := range rows {
		b.WriteString(r.String())
	}
	return b.String()
}

func tags(project, stage string) string {
	return fmt.Sprintf(`{"project": %q, "env": %q}`, project, stage)
}

func (b *bench) take(t *testing.T, text string, req focus.ImportRequest) focus.Import {
	t.Helper()
	if req.OnError == "" {
		req.OnError = focus.Refuse
	}
	i, err := b.Import(ada(), acme, strings.NewReader(text), req)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// lines tells a report as texts: project/stage currency direct+shared.
func (b *bench) lines(t *testing.T, scope kernel.Scope, q focus.Query) []string {
	t.Helper()
	r, err := b.Showback(ada(), scope, q)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{}
	for _, l := range r.Lines {
		all = append(all, fmt.Sprintf("%s/%s %s %s+%s", l.Project, l.Stage, l.Currency, l.Direct, l.Shared))
	}
	slices.Sort(all)
	return all
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
