package leakplan

import (
	"context"
	"fmt"

	"github.com/terrace-idp/terrace/internal/governance/leak"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// Fix is what is to be done about a secret that a plan shows.
const Fix = "Refer to the value as ${secret:NAME}, or mark the variable or the output as sensitive; then give the secret another value, as this one was shown."

// Leaks looks through what is laid out, and keeps what it finds.
type Leaks interface {
	InspectPlan(ctx context.Context, scope kernel.Scope, of leak.Place, text string, keep bool, tells func(leak.Finding) bool, at func(line int) leak.Shown) (leak.Report, error)
}

// Rights tell what the actor of the context may do.
type Rights interface {
	Authorize(ctx context.Context, action string, scope kernel.Scope) error
}

// Look finds secrets that plans and states show.
type Look struct {
	Leaks  Leaks
	Rights Rights
}

// Result is what is said of a value that is shown.
type Result struct {
	Address, Attribute, Message, Fix string
	// Value is what is shown, "" for what is no value: it is to be hidden.
	Value string
	// Guess says that a name beside the value alone makes it suspicious, or that nobody
	// knows: it warns.
	Guess bool
}

// Planned tells what a plan shows, and keeps it.
func (l Look) Planned(ctx context.Context, scope kernel.Scope, of leak.Place, document map[string]any) ([]Result, error) {
	return l.look(ctx, scope, of, document, true, nil)
}

// Hidden returns the values that a document shows and is not to show; nothing is kept.
func (l Look) Hidden(ctx context.Context, scope kernel.Scope, of leak.Place, document map[string]any) (values []string, err error) {
	results, err := l.look(ctx, scope, of, document, false, nil)
	return Values(results), err
}

// Values are those of results.
func Values(results []Result) (values []string) {
	for _, r := range results {
		if r.Value != "" {
			values = append(values, r.Value)
		}
	}
	return values
}

// Offered tells what a document shows of which nothing is kept. Secrets that the actor may
// not read are not looked for: who guesses a value would learn that it is one.
func (l Look) Offered(ctx context.Context, scope kernel.Scope, of leak.Place, document map[string]any) ([]Result, error) {
	return l.look(ctx, scope, of, document, false, func(f leak.Finding) bool {
		return l.Rights.Authorize(ctx, "secret.read", f.SecretScope()) == nil
	})
}

func (l Look) look(ctx context.Context, scope kernel.Scope, of leak.Place, document map[string]any, keep bool, tells func(leak.Finding) bool) ([]Result, error) {
	laid := Of(document)
	cut := laid.LeftOut > 0
	of.Part = of.Part || cut
	report, err := l.Leaks.InspectPlan(ctx, scope, of, laid.Text, keep, tells, func(line int) leak.Shown { return leak.Shown(laid.At(line)) })
	if err != nil {
		return nil, fmt.Errorf("look for secrets in the plan: %w", err)
	}
	results := []Result{}
	for _, f := range report.Open {
		results = append(results, said(f))
	}
	if cut && report.Incomplete == "" {
		report.Incomplete = fmt.Sprintf("more than is looked at, which leaves out %d value", laid.LeftOut)
		if laid.LeftOut != 1 {
			report.Incomplete += "s"
		}
	}
	if report.Incomplete != "" {
		results = append(results, Result{Address: "plan", Guess: true, Message: "was not looked through whole for secrets: " + report.Incomplete})
	}
	return results, nil
}

// said is what is said of a finding.
func said(f leak.Finding) Result {
	r := Result{Address: f.Place.Address, Attribute: f.Place.Attribute, Value: f.Value}
	switch {
	case f.Secret != "":
		r.Message = "shows the secret " + f.Secret
	case leakscan.Guesses(f.Rule):
		r.Guess = true
		r.Message = "shows what may be a secret by its name (" + f.Rule + ")"
	default:
		r.Message = "shows what looks like a secret (" + f.Rule + "): " + f.Redacted
	}
	if f.ID != "" {
		r.Fix = Fix + " Where it is none, terrace secret allow " + f.ID + " --reason says so."
	}
	return r
}
