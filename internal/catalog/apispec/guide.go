package apispec

import (
	"context"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/openapi"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/styleguide"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Lint judges a document by the tenant's style guide and keeps nothing.
func (s *Service) Lint(ctx context.Context, scope kernel.Scope, source string) (Report, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return Report{}, err
	}
	_, report, err := s.judge(ctx, scope.Tenant, source)
	return report, err
}

// judge reads a document and holds it against the tenant's guide.
func (s *Service) judge(ctx context.Context, tenant, source string) (*openapi.Document, Report, error) {
	doc, err := openapi.Read("", []byte(source))
	if err != nil {
		return nil, Report{}, err
	}
	guide, err := s.guide(ctx, tenant)
	if err != nil {
		return nil, Report{}, err
	}
	return doc, report(styleguide.Lint(doc, guide)), nil
}

func report(found []styleguide.Finding) Report {
	r := Report{Findings: found}
	if found == nil {
		r.Findings = []styleguide.Finding{}
	}
	r.Errors, r.Warnings, _ = styleguide.Worst(found)
	return r
}

func (s *Service) guide(ctx context.Context, tenant string) (styleguide.Guide, error) {
	source, err := s.Decisions.Guide(ctx, tenant)
	switch {
	case err != nil:
		return styleguide.Guide{}, err
	case source == "":
		return styleguide.Shipped()
	}
	return styleguide.Parse("the tenant's style guide", []byte(source))
}

// Guide returns the tenant's own style guide, "" where it has none, and the rules in force.
func (s *Service) Guide(ctx context.Context, tenant string) (string, []styleguide.Rule, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return "", nil, err
	}
	source, err := s.Decisions.Guide(ctx, tenant)
	if err != nil {
		return "", nil, err
	}
	g, err := s.guide(ctx, tenant)
	return source, g.Rules(), err
}

// SetGuide makes a style guide the tenant's; an empty one is the shipped one again.
func (s *Service) SetGuide(ctx context.Context, tenant, source string) ([]styleguide.Rule, error) {
	if err := s.Authorizer.Authorize(ctx, ActionGuide, kernel.Scope{Tenant: tenant}); err != nil {
		return nil, err
	}
	g, err := styleguide.Shipped()
	if source != "" {
		g, err = styleguide.Parse("", []byte(source))
	}
	if err != nil {
		return nil, err
	}
	err = s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Decisions.PutGuide(ctx, tenant, source); err != nil {
			return err
		}
		return s.Journal.Record(ctx, kernel.Fact{Type: "api.guide_set", Scope: kernel.Scope{Tenant: tenant}, Subject: tenant, Data: map[string]any{"rules": len(g.Rules())}})
	})
	return g.Rules(), err
}
