package apispec

import (
	"context"
	"strings"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Preview is what would come of publishing a document that is kept nowhere yet.
type Preview struct {
	Report Report  `json:"report"`
	Breaks []Break `json:"breaks"`
}

// Break is what of a document breaks clients of what stands on a stage.
type Break struct {
	Stage    string           `json:"stage"`
	Revision int64            `json:"revision"`
	Problems []kernel.Problem `json:"problems"`
	// Approved tells that the same text was uploaded, and may replace what stands there.
	Approved bool `json:"approved"`
}

// Preview judges a document as a version's next: by the style guide, and by what
// stands on each stage that the actor sees.
func (s *Service) Preview(ctx context.Context, k Key, source string) (Preview, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, k.scope()); err != nil {
		return Preview{}, err
	}
	next, report, err := s.judge(ctx, k.Tenant, source)
	if err != nil {
		return Preview{}, err
	}
	out := Preview{Report: report, Breaks: []Break{}}
	within, err := s.sight(ctx, k.scope())
	if err != nil {
		return Preview{}, err
	}
	stand, err := s.Store.Standings(ctx, k)
	if err != nil {
		return Preview{}, err
	}
	for _, st := range stand {
		if st.State == Retired || !within.Has(st.Project, st.Stage) {
			continue
		}
		b, err := s.breaks(ctx, st, next, source)
		if err != nil {
			return Preview{}, err
		}
		if len(b.Problems) > 0 {
			out.Breaks = append(out.Breaks, b)
		}
	}
	return out, nil
}

// breaks compares a document with what stands on a stage.
func (s *Service) breaks(ctx context.Context, st Standing, next *openapi.Document, source string) (Break, error) {
	b := Break{Stage: st.Stage, Revision: st.Revision}
	old, err := s.Store.Revision(ctx, st.Key, st.Revision)
	if err != nil {
		return b, err
	}
	before, err := openapi.Read("", []byte(old.Source))
	if err != nil {
		return b, err
	}
	all, err := change.Between(before, next)
	if err != nil {
		return b, err
	}
	for _, c := range change.Broken(all) {
		b.Problems = append(b.Problems, placed(c, next))
	}
	if len(b.Problems) == 0 {
		return b, nil
	}
	b.Approved, err = s.foreseen(ctx, st, source)
	return b, err
}

// placed is a change as a problem of the new document: what is gone from it is at
// the operation that had it, at its path, or at the paths.
func placed(c change.Change, next *openapi.Document) kernel.Problem {
	p := c.Problem()
	if p.Line > 0 {
		return p
	}
	method, path, _ := strings.Cut(c.Operation, " ")
	at := openapi.Pointer([]string{"paths", path, strings.ToLower(method)})
	for ; at != ""; at = at[:strings.LastIndexByte(at, '/')] {
		if n := next.Key(at); n != nil {
			p.Line, p.Column = n.Line, n.Column
			return p
		}
	}
	p.Line, p.Column = 1, 1
	return p
}

// foreseen tells whether the text is that of the newest revision, and was approved.
func (s *Service) foreseen(ctx context.Context, st Standing, source string) (bool, error) {
	newest, err := s.Store.Revision(ctx, st.Key, 0)
	if err != nil || newest.Digest != string(kernel.DigestOf([]byte(source))) {
		return false, err
	}
	return s.Decisions.Approved(ctx, st.Key, st.Stage, st.Revision, newest.Number)
}
