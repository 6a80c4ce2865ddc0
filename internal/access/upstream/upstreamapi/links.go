package upstreamapi

import (
	"context"
	"time"

	"github.com/terrace-idp/terrace/internal/access/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// UpstreamLink is an account elsewhere that signs a user in.
type UpstreamLink struct {
	ID       string            `json:"id"`
	Upstream string            `json:"upstream" doc:"The provider's name."`
	Subject  string            `json:"subject" doc:"The claims that tell accounts apart, as JSON."`
	Name     string            `json:"name" doc:"What the provider calls it."`
	Email    string            `json:"email,omitempty"`
	LinkedBy upstream.LinkedBy `json:"linkedBy"`
	LinkedAt time.Time         `json:"linkedAt"`
	LastUsed time.Time         `json:"lastUsed"`
	Rules    []string          `json:"rules" doc:"The rules that applied when it was used last."`
}

type linksInput struct {
	User string `query:"user" maxLength:"64" doc:"Whose accounts; one's own unless given."`
	httpserver.PageParams
}

type linksOutput struct{ Body kernel.Page[UpstreamLink] }

func (a API) links(ctx context.Context, in *linksInput) (*linksOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	page, err := a.Upstreams.ListLinks(ctx, scope, in.User, in.Page())
	if err != nil {
		return nil, err
	}
	out := kernel.Page[UpstreamLink]{Next: page.Next, Items: make([]UpstreamLink, len(page.Items))}
	for i, l := range page.Items {
		out.Items[i] = UpstreamLink{
			ID: l.ID, Upstream: l.Name, Subject: l.Subject, Name: l.Account.Name, Email: l.Email, LinkedBy: l.By, LinkedAt: l.LinkedAt, LastUsed: l.LastUsed, Rules: words(l.LastGiven),
		}
	}
	return &linksOutput{out}, nil
}

func (a API) unlink(ctx context.Context, in *struct {
	Link string `path:"link" maxLength:"64" doc:"The link's id."`
},
) (*struct{}, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	return nil, a.Upstreams.Unlink(ctx, scope, in.Link)
}
