// Package audit keeps what happened: one entry for every mutation, with who,
// what, why and the request id, chained by hashes so that a change of the past
// shows.
//
// It owns entries and their chain, one per tenant, the heads that are signed of it, and
// the keys of these. It does not own what happens: rooms record facts in the transactions
// that make them true. The form of all that is audit/chain's, which checks it anywhere.
package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/audit/chain"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxData is the largest Data that is kept as it is.
const maxData = 64 << 10

// newEntry makes an entry, not yet chained, of a fact and what ctx knows.
func newEntry(ctx context.Context, f kernel.Fact, now time.Time) (chain.Entry, error) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok || f.Scope.Tenant == "" || f.Type == "" {
		return chain.Entry{}, kernel.Errorf(kernel.Internal, "a fact of type %q has no actor, tenant or type", f.Type)
	}
	data, err := dataOf(f.Data)
	if err != nil {
		return chain.Entry{}, kernel.Errorf(kernel.Internal, "a fact of type %s: %w", f.Type, err)
	}
	return chain.Entry{
		Tenant: f.Scope.Tenant, At: now,
		ActorID: clean(actor.ID), ActorName: clean(actor.Name), ActorKind: actor.Kind, RequestID: clean(kernel.RequestIDFrom(ctx)),
		Type: f.Type, Project: f.Scope.Project, Stage: f.Scope.Stage, Subject: clean(f.Subject), Reason: clean(f.Reason), Data: data,
		Address: clean(kernel.AddressFrom(ctx)), Outcome: outcomeOf(f.Type),
	}, nil
}

// dataOf returns the JSON of v; of what is too large, its digest and size.
func dataOf(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	if len(b) > maxData {
		b, err = json.Marshal(map[string]any{"digest": kernel.DigestOf(b), "size": len(b)})
	}
	return string(bytes.ToValidUTF8(b, []byte("\uFFFD"))), err
}

// clean drops what a database cannot keep, so that the hash is of what is kept.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// outcomeOf tells from the type of a fact what became of what somebody did.
func outcomeOf(typ string) chain.Result {
	_, verb, _ := strings.Cut(typ, ".")
	switch {
	case strings.HasSuffix(verb, "refused"), strings.HasSuffix(verb, "denied"), strings.HasSuffix(verb, "rejected"):
		return chain.Refused
	case strings.HasSuffix(verb, "failed"):
		return chain.Failed
	default:
		return chain.Done
	}
}

// Filter narrows a list; its zero value is everything.
type Filter struct {
	Project, Stage, Subject, Actor, RequestID, Address string
	// Type is what happened; with a * at its end, all that begins so.
	Type string
	// Outcome is "" for any, and "done" for what was neither refused nor failed.
	Outcome string
	// Text is somewhere in the subject, the reason or the data, in whatever case.
	Text string
	// Since and Until bound the time, Until not included; zero for no bound.
	Since, Until time.Time
}

// Indexed reports whether an index leads to the entries that match, so that looking for
// the next of them is no search.
func (f Filter) Indexed() bool {
	if f.Subject != "" || f.RequestID != "" {
		return true // few are about one thing
	}
	few := 0
	for _, v := range []string{f.Project, f.Actor, f.Type, f.Outcome} {
		if v != "" {
			few++
		}
	}
	return few <= 1 && f.Stage == "" && f.Address == "" && f.Outcome != "done" && f.Text == "" && !strings.HasSuffix(f.Type, "*")
}
