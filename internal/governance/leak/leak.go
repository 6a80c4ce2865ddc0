package leak

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// State is where a finding is on its way.
type State string

// The states.
const (
	// Open: nobody has decided about it.
	Open State = "open"
	// Allowed: somebody has said that it may stay, for a reason and perhaps for a while.
	Allowed State = "allowed"
	// Resolved: it is not in its place any more, or somebody has done with it in a log.
	Resolved State = "resolved"
)

// States returns all states.
func States() []State { return []State{Open, Allowed, Resolved} }

// Kind is what a value stands in.
type Kind string

// The kinds of place.
const (
	Repository Kind = "repository"
	Plan       Kind = "plan"
	Log        Kind = "log"
	// Text is one that somebody gave to be looked through; nothing is kept of it.
	Text Kind = "text"
)

// Kinds returns the kinds of place that findings have.
func Kinds() []Kind { return []Kind{Repository, Plan, Log} }

// Place is where a value stands. Which fields are set depends on the kind.
type Place struct {
	Kind Kind `json:"kind"`
	// Repository is the name of a connected repository, Branch the one of it, Revision the
	// commit that was looked at last, Path a file of it with slashes, or what a service
	// that has a log is called.
	Repository string `json:"repository,omitempty"`
	Branch     string `json:"branch,omitempty"`
	Revision   string `json:"revision,omitempty"`
	Path       string `json:"path,omitempty"`
	// Pull is the number of the pull request that brought it, 0 for none.
	Pull int `json:"pull,omitempty"`
	// Past says that the file had it in that commit, and has it no more in the newest.
	Past bool `json:"past,omitempty"`
	// Workload is what a plan or a log is of; the stage is the scope's.
	Workload string `json:"workload,omitempty"`
	// Run is the one whose plan was looked at last, or the newest one whose log has it, and
	// Phase what it did then.
	Run   string `json:"run,omitempty"`
	Phase string `json:"phase,omitempty"`
	// Address and Attribute are terraform's, of a plan.
	Address   string `json:"address,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	// Line and Column are from 1; 0 where there are none. Given to Inspect, they are where
	// the text begins.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Part says that a text is one of many that stand there: what is not in it is in another.
	Part bool `json:"-"`
	// By is who brought it there as far as is known: who pushed, or asked for the run.
	By string `json:"-"`
}

// identity is what of a place is the same when it is looked at again: not the revision or
// the run, nor the line, which moves.
func (p Place) identity() string {
	if p.Address == "" && p.Attribute == "" {
		return p.beginning()
	}
	return p.beginning() + hashed(p.Address, p.Attribute)
}

// beginning is what the identities of all places in the same file, plan or log begin with.
func (p Place) beginning() string {
	return hashed(string(p.Kind), p.Repository, p.Branch, p.Path, p.Workload, p.Phase)
}

func hashed(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])
}

// String is the place as people write it.
func (p Place) String() string {
	at := ""
	if p.Line > 0 {
		at = ":" + strconv.Itoa(p.Line)
	}
	if p.Line > 0 && p.Column > 0 {
		at += ":" + strconv.Itoa(p.Column)
	}
	switch p.Kind {
	case Repository:
		if p.Path == "" {
			return p.Repository + ", branch " + p.Branch
		}
		if p.Past && len(p.Revision) > 12 {
			at += ", in the commit " + p.Revision[:12]
		}
		return p.Repository + "/" + p.Path + at
	case Plan:
		return "the plan of " + p.Run + ": " + strings.TrimSuffix(p.Address+"."+p.Attribute, ".")
	case Log:
		return "the log of " + cmp.Or(p.Run, p.Path) + at
	case Text:
	}
	if p.Path == "" {
		return strings.TrimPrefix(at, ":")
	}
	return p.Path + at
}

// Finding is a value that stands where it should not.
type Finding struct {
	ID    string       `json:"id"`
	Scope kernel.Scope `json:"scope"`
	// Rule is what it looks like, by gitleaks's names, or terrace-secret for a secret that
	// Terrace keeps.
	Rule        string `json:"rule"`
	Description string `json:"description"`
	Place       Place  `json:"place"`
	// Secret is the one that it is, as project/stage/name@version; "" for other values.
	Secret string `json:"secret,omitempty"`
	// Redacted is what is shown of the value, and Fingerprint tells values of a tenant apart.
	Redacted    string    `json:"redacted"`
	Fingerprint string    `json:"fingerprint"`
	Entropy     float64   `json:"entropy"`
	State       State     `json:"state"`
	FirstSeen   time.Time `json:"firstSeen"`
	LastSeen    time.Time `json:"lastSeen"`
	ResolvedAt  time.Time `json:"resolvedAt,omitzero"`
	// Allowance is the last decision that it may stay, nil before the first.
	Allowance *Allowance `json:"allowance,omitempty"`
	// Source is where it stands in the clear, where that is another project than the one of
	// the secret; nil for all others.
	Source *Source `json:"source,omitempty"`
	// Value is what stands there, of a finding in a plan that was looked through just now: so
	// that it can be hidden where the plan is shown. It is kept nowhere.
	Value string `json:"-"`
	// Revision grows with every save; a save over another one is Stale.
	Revision int64 `json:"-"`
}

// Allowance says that a finding may stay.
type Allowance struct {
	By     kernel.Actor `json:"by"`
	At     time.Time    `json:"at"`
	Reason string       `json:"reason"`
	// Until is when it is open again; the zero time is never.
	Until time.Time `json:"until,omitzero"`
}

// lapsed reports whether the finding was allowed until a moment that is over.
func (f Finding) lapsed(now time.Time) bool {
	return f.State == Allowed && f.Allowance != nil && !f.Allowance.Until.IsZero() && !now.Before(f.Allowance.Until)
}

// quiet is how long a value that a service says is open without being said again.
const quiet = 7 * 24 * time.Hour

// Quiet is when the finding is resolved unless the value is seen again before; the zero
// time is never.
func (f Finding) Quiet() time.Time {
	if f.Source != nil && f.State != Resolved && !f.Source.Gone.IsZero() {
		return f.Source.Gone.Add(fade)
	}
	if f.Source != nil && f.Source.More {
		return time.Time{}
	}
	if f.State != Open || f.Place.Kind != Log || f.Place.Run != "" {
		return time.Time{}
	}
	return f.LastSeen.Add(quiet)
}

// Filter narrows a list; what is empty narrows nothing.
type Filter struct {
	State State
	Kind  Kind
	Rule  string
	// All has those that are resolved, too, where no state is asked for.
	All bool
}
