package module

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// MaxSource is the largest definition, in bytes.
const MaxSource = 256 << 10

// defaultClass is the class that a criterion without one means.
const defaultClass = "default"

// Stored is a definition as a tenant keeps it.
type Stored struct {
	Name string
	// Type is the type of resource that it serves.
	Type string
	// Source is the YAML it was applied from.
	Source string
	Digest kernel.Digest
	// Revision counts the changes from 1.
	Revision  int
	UpdatedBy string
	UpdatedAt time.Time

	// Read is what the source says, nil where it was not read yet. Nobody changes it.
	Read *graph.Definition `json:"-"`
}

// Definition reads the source again, unless it was. The error is Internal: what is kept
// has been checked. What is in it is not to be changed.
func (s Stored) Definition() (graph.Definition, error) {
	if s.Read != nil {
		return *s.Read, nil
	}
	d, err := graph.ParseDefinition(s.Name+".yaml", []byte(s.Source))
	if err != nil {
		return graph.Definition{}, kernel.Errorf(kernel.Internal, "stored definition %s: %v", s.Name, err)
	}
	return d, nil
}

// Claim is one criterion of a type of resource; only one definition can hold it.
type Claim struct {
	Type string
	// Criterion is the criterion in its one spelling.
	Criterion string
}

// claimsOf returns what a definition claims. It is Invalid to claim a thing twice.
func claimsOf(d graph.Definition) ([]Claim, error) {
	criteria := d.Criteria
	if len(criteria) == 0 {
		criteria = []graph.Criterion{{}}
	}
	claims, problems := make([]Claim, 0, len(criteria)), []kernel.Problem(nil)
	seen := map[Claim]bool{}
	for i, c := range criteria {
		c.Class = cmp.Or(c.Class, defaultClass)
		text, err := json.Marshal(c)
		if err != nil {
			return nil, fmt.Errorf("criterion of %s: %w", d.Name, err)
		}
		claim := Claim{Type: d.Type, Criterion: string(text)}
		if seen[claim] {
			problems = append(problems, kernel.Problem{
				Path: fmt.Sprintf("spec.criteria.%d", i), Message: "the criterion " + claim.Criterion + " is there twice", Fix: "remove one of the two",
			})
		}
		seen[claim] = true
		claims = append(claims, claim)
	}
	if len(problems) > 0 {
		return nil, kernel.Errorf(kernel.Invalid, "definition %s is not valid", d.Name).WithProblems(problems...)
	}
	return claims, nil
}

// Definition returns one definition.
func (s *Service) Definition(ctx context.Context, scope kernel.Scope, name string) (Stored, error) {
	if err := s.authorize(ctx, "definition.read", scope); err != nil {
		return Stored{}, err
	}
	return s.deps.Definitions.Get(ctx, tenantOf(scope), name)
}

// ListDefinitions returns a part of the definitions, sorted by name, as it was a moment
// ago where another process has changed them.
func (s *Service) ListDefinitions(ctx context.Context, scope kernel.Scope, r kernel.PageRequest) (kernel.Page[Stored], error) {
	if err := s.authorize(ctx, "definition.read", scope); err != nil {
		return kernel.Page[Stored]{}, err
	}
	load := func(ctx context.Context) (kernel.Page[Stored], error) { return s.readPage(ctx, tenantOf(scope), r) }
	if s.deps.Listed == nil {
		return load(ctx)
	}
	return s.deps.Listed.Load(ctx, scope.Tenant, strconv.Itoa(r.Size())+"\n"+r.Cursor, load)
}

// readPage reads a part of the definitions, and what their sources say.
func (s *Service) readPage(ctx context.Context, scope kernel.Scope, r kernel.PageRequest) (kernel.Page[Stored], error) {
	page, err := s.deps.Definitions.Page(ctx, scope, r)
	if err != nil {
		return page, err
	}
	for i, one := range page.Items {
		d, err := one.Definition()
		if err != nil {
			return page, err
		}
		page.Items[i].Read = &d
	}
	return page, nil
}
