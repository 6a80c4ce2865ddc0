package focus

import (
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// maxProblems bounds the problems that an import tells one by one.
const maxProblems = 100

// OnError says what becomes of a file with rows that cannot be read.
type OnError string

// What is done about such rows.
const (
	// Refuse takes nothing of the file.
	Refuse OnError = "refuse"
	// Skip takes all other rows.
	Skip OnError = "skip"
)

// ImportRequest says how files are taken.
type ImportRequest struct {
	// Files are their names, for problems.
	Files []string
	// Part names the part of a billing account that the files have; "" is all of it.
	Part    string
	OnError OnError
	// DryRun only looks.
	DryRun bool
}

// Import is one import, and what it came to.
type Import struct {
	ID     string   `json:"id"`
	Tenant string   `json:"-"`
	Files  []string `json:"files"`
	Part   string   `json:"part,omitempty"`
	DryRun bool     `json:"dryRun,omitempty"`
	// Versions are those of FOCUS; Missing are mandatory columns of 1.2 that are not there and not needed.
	Versions []string `json:"versions"`
	Missing  []string `json:"missing,omitempty"`
	Rows     int64    `json:"rows"`
	// Skipped counts rows that could not be read, Rounded those with amounts of more than 12 decimal places.
	Skipped int64 `json:"skipped"`
	Rounded int64 `json:"rounded"`
	// Problems are the first hundred.
	Problems []kernel.Problem `json:"problems,omitempty"`
	// Slices are the billing periods that it has; Replaced counts those that it took the place of.
	Slices   []Slice `json:"slices"`
	Replaced int     `json:"replaced"`
	// Counting is how many of the billing periods nothing later has replaced.
	Counting int `json:"counting"`
	// Totals are its costs by currency.
	Totals []ImportTotal `json:"totals"`
	By     string        `json:"by"`
	At     time.Time     `json:"at"`
}

// ImportTotal is what an import has in one currency.
type ImportTotal struct {
	Currency  string `json:"currency"`
	Billed    Amount `json:"billed"`
	Effective Amount `json:"effective"`
}

// Import takes billing files as one: what they have of an account's billing period
// replaces all that was imported of it before, at one moment. Until then, and where
// it fails, nothing changes.
func (s *Service) Import(ctx context.Context, scope kernel.Scope, from io.Reader, req ImportRequest) (Import, error) {
	scope = kernel.Scope{Tenant: scope.Tenant}
	if err := s.Authorizer.Authorize(ctx, actionImport, scope); err != nil {
		return Import{}, err
	}
	reader, err := NewReader(from, req.Files)
	if err != nil {
		return Import{}, err
	}
	actor, _ := kernel.ActorFrom(ctx) // it was authorised
	n := &intake{
		s: s, reader: reader, onError: req.OnError, sums: map[sumKey]*Sum{}, days: map[dayKey]*Amount{}, totals: map[string]*ImportTotal{}, slices: map[string]*Slice{},
		Import: Import{ID: kernel.NewID("imp"), Tenant: scope.Tenant, Files: req.Files, Part: req.Part, DryRun: req.DryRun, By: actor.Name, At: s.Clock.Now()},
	}
	n.fresh()
	if req.DryRun {
		err := n.read(ctx)
		return n.Import, err
	}
	if err := s.Store.Begin(ctx, n.Import); err != nil {
		return Import{}, err
	}
	if err := s.take(ctx, scope, n); err != nil {
		if bad := s.Store.Discard(context.WithoutCancel(ctx), n.ID); bad != nil {
			s.Log.WarnContext(ctx, "a failed import is removed later", "import", n.ID, "error", bad)
		}
		return Import{}, err
	}
	if err := s.tell(ctx, scope); err != nil { // the import counts all the same
		s.Log.WarnContext(ctx, "anomalies are told with the next import", "import", n.ID, "error", err)
	}
	return n.Import, nil
}

// take loads everything and then lets it count.
func (s *Service) take(ctx context.Context, scope kernel.Scope, n *intake) error {
	if err := n.read(ctx); err != nil {
		return err
	}
	return s.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if n.Replaced, err = s.Store.Activate(ctx, n.Import); err != nil {
			return err
		}
		n.Counting = len(n.Slices)
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "cost.imported", Scope: scope, Subject: n.ID,
			Data: map[string]any{"rows": n.Rows, "skipped": n.Skipped, "periods": len(n.Slices), "replaced": n.Replaced, "part": n.Part},
		})
	})
}

// Name tells how many rows of which periods an import has, for people.
func (i Import) Name() string {
	periods := make([]string, 0, len(i.Slices))
	for _, s := range i.Slices {
		periods = append(periods, s.Account+" "+s.Period)
	}
	return strconv.FormatInt(i.Rows-i.Skipped, 10) + " rows of " + strings.Join(periods, ", ")
}
