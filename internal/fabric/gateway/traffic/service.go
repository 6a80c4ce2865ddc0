package traffic

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	actionRead = "gateway.read"
	// MaxSince is how far back anybody can ask.
	MaxSince = 31 * 24 * time.Hour
	// FineFor is how far back minutes are told apart; beyond it hours are.
	FineFor = 7 * time.Hour
	// maxRows bounds an answer.
	maxRows = 1000
)

// Question is what is asked of the counts. What is empty narrows nothing, save that
// Consumers has each consumer told apart besides the whole.
type Question struct {
	Tenant, Project, Stage, Route, Consumer string

	Consumers bool
	From, To  time.Time
	// Span is how finely the time is told apart: a minute or an hour.
	Span time.Duration
}

// Over returns the question about the time that ends now: from the beginning of a
// minute on, or of an hour where the time is long.
func (q Question) Over(back time.Duration, now time.Time) Question {
	q.Span = time.Minute
	if back > FineFor-time.Hour {
		q.Span = time.Hour
	}
	q.From, q.To = now.Add(-back).UTC().Truncate(q.Span), now
	return q
}

// Authorizer tells what the actor of the context may see.
type Authorizer interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
	Allowed(ctx context.Context, action string, scope kernel.Scope) (kernel.Reach, error)
}

// Stages knows the stages that there are.
type Stages interface {
	// Check is NotFound for a stage that there is not.
	Check(stage string) error
}

// Service answers questions about the traffic.
type Service struct {
	Book       *Book
	Authorizer Authorizer
	// Stages may be nil: then any is asked for.
	Stages Stages
}

// Traffic is what a route, or one consumer of it, had in a time.
type Traffic struct {
	Project string `json:"project"`
	Stage   string `json:"stage"`
	Route   string `json:"route"`
	// Consumer is empty for all requests of the route.
	Consumer string `json:"consumer,omitempty" doc:"Who called; all requests of the route without one."`
	Requests int64  `json:"requests"`
	// PerSecond is the mean rate over the time that was asked for.
	PerSecond    float64 `json:"perSecond" doc:"Requests in a second, the mean of the time that was asked for."`
	ClientErrors int64   `json:"clientErrors" doc:"Answers with a status of 4xx."`
	ServerErrors int64   `json:"serverErrors" doc:"Answers with a status of 5xx."`
	ErrorShare   float64 `json:"errorShare" doc:"The share of answers with a status of 5xx, 0 to 1."`
	Bytes        int64   `json:"bytes" doc:"Bytes of the answers' bodies."`
	P50          float64 `json:"p50" doc:"How long half of the requests took at most, in seconds; between the bounds of counting it is estimated."`
	P95          float64 `json:"p95" doc:"As p50, for 95 of 100."`
	P99          float64 `json:"p99" doc:"As p50, for 99 of 100."`
}

// Report is an answer.
type Report struct {
	Items []Traffic `json:"items"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	// More is set where not all fitted.
	More bool `json:"more,omitempty" doc:"There are more than are told here; ask for less."`
}

// Look answers a question of who may read the gateway, about what they may see. The
// counts of this process are told as of now, those of other replicas as of when they
// last wrote, which is ten seconds ago at most.
func (s *Service) Look(ctx context.Context, q Question, since time.Duration) (Report, error) {
	if since <= 0 || since > MaxSince {
		return Report{}, kernel.Errorf(kernel.Invalid, "%s is no time that can be asked for", since).WithFix("ask for 1m to %dh", int(MaxSince.Hours()))
	}
	scope := kernel.Scope{Tenant: q.Tenant, Project: q.Project, Stage: q.Stage}
	if err := s.Authorizer.Authorize(ctx, actionRead, scope); err != nil {
		return Report{}, err
	}
	if q.Stage != "" && s.Stages != nil {
		if err := s.Stages.Check(q.Stage); err != nil {
			return Report{}, err
		}
	}
	within, err := s.Authorizer.Allowed(ctx, actionRead, kernel.Scope{Tenant: q.Tenant})
	if err != nil {
		return Report{}, err
	}
	if err := s.Book.Write(ctx); err != nil {
		return Report{}, err
	}
	q = q.Over(since, s.Book.Clock.Now())
	sums, err := s.Book.Store.Sums(ctx, q)
	if err != nil {
		return Report{}, err
	}
	return report(q, sums, within), nil
}

func report(q Question, sums []Count, within kernel.Reach) Report {
	r := Report{Items: []Traffic{}, From: q.From, To: q.To}
	slices.SortFunc(sums, inOrder)
	for _, c := range sums {
		if !within.Has(c.Project, c.Stage) {
			continue
		}
		if len(r.Items) == maxRows {
			r.More = true
			break
		}
		r.Items = append(r.Items, of(c, max(q.To.Sub(q.From), time.Second)))
	}
	return r
}

func of(c Count, over time.Duration) Traffic {
	n := c.Tally.Requests()
	return Traffic{
		Project: c.Project, Stage: c.Stage, Route: c.Route, Consumer: c.Consumer, Requests: n, PerSecond: float64(n) / over.Seconds(),
		ClientErrors: c.Tally.Classes[4], ServerErrors: c.Tally.Classes[5], ErrorShare: float64(c.Tally.Classes[5]) / float64(cmp.Or(n, 1)), Bytes: c.Tally.Bytes,
		P50: c.Tally.Quantile(.5).Seconds(), P95: c.Tally.Quantile(.95).Seconds(), P99: c.Tally.Quantile(.99).Seconds(),
	}
}
