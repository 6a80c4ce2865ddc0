package drift

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/rounds"
)

// The actions that this room asks the Authorizer about.
const (
	ActionRead   = "drift.read"
	ActionCheck  = "drift.check"
	ActionDecide = "drift.decide"
)

// Deps is what a Service works with. All is required but Clock and Log.
type Deps struct {
	Tx          Tx
	Store       Store
	Authorizer  Authorizer
	Journal     Journal
	Stages      Stages
	Inspector   Inspector
	Runs        Runs
	Deployments Deployments
	Load        Load
	// Logs tell who changed what, by the stages' targets.
	Logs map[string]ActivityLog
	// Key makes marks of values that cannot be tried out.
	Key   []byte
	Clock kernel.Clock
	Log   *slog.Logger
}

// Service checks, and carries findings to their end.
type Service struct {
	Deps
	process string
	// bell calls the loop.
	bell *rounds.Bell
	// working counts the checks of this process that are under way.
	working atomic.Int64
}

// NewService returns a service for a new process.
func NewService(d Deps) (*Service, error) {
	var missing []string
	for name, given := range map[string]bool{
		"Tx": d.Tx != nil, "Store": d.Store != nil, "Authorizer": d.Authorizer != nil, "Journal": d.Journal != nil, "Stages": d.Stages != nil,
		"Inspector": d.Inspector != nil, "Runs": d.Runs != nil, "Deployments": d.Deployments != nil, "Load": d.Load != nil, "Key": len(d.Key) > 0,
	} {
		if !given {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("drift service: missing %s", strings.Join(missing, ", "))
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, process: kernel.NewID("proc"), bell: rounds.NewBell()}, nil
}

func (s *Service) record(ctx context.Context, typ string, d Drift, reason string) error {
	return s.Journal.Record(ctx, fact(typ, d, reason))
}

func fact(typ string, d Drift, reason string) kernel.Fact {
	return kernel.Fact{Type: "drift." + typ, Scope: d.Scope, Subject: d.ID, Reason: reason, Data: factOf(d)}
}

// factData is what a fact about drift tells: names, and no value.
type factData struct {
	Stack      string     `json:"stack"`
	Workload   string     `json:"workload"`
	Address    string     `json:"address"`
	Action     string     `json:"action"`
	Attributes []string   `json:"attributes,omitempty"`
	Severity   Severity   `json:"severity"`
	Rule       string     `json:"rule"`
	Status     Status     `json:"status"`
	Who        []string   `json:"who,omitempty"`
	Run        string     `json:"run,omitempty"`
	Until      *time.Time `json:"until,omitempty"`
	Resolution string     `json:"resolution,omitempty"`
}

func factOf(d Drift) factData {
	f := factData{
		Stack: d.Stack, Workload: d.Workload, Address: d.Address, Action: d.Action, Severity: d.Severity, Rule: d.Rule,
		Status: d.Status, Resolution: d.Resolution,
	}
	for _, a := range d.Attributes {
		f.Attributes = append(f.Attributes, a.Path)
	}
	for _, a := range d.Who {
		if !slices.Contains(f.Who, a.Who) {
			f.Who = append(f.Who, a.Who)
		}
	}
	if d.Decision != nil {
		f.Run = d.Decision.Run
	}
	if at, ok := d.wake(); ok {
		f.Until = &at
	}
	return f
}

// finder has the rules of the stage before those that Terrace has.
func (s *Service) finder(st stage.Stage) finder {
	return finder{rules: slices.Concat(st.Drift.Rules, Rules()), key: s.Key}
}
