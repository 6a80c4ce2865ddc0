package vcs

import (
	"context"
	"net/http"
	"strings"

	"github.com/terrace-idp/terrace/internal/delivery/vcs/gitexec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// us is the author of what Terrace says; no user has a name with a capital.
const us = "Terrace"

// hosted is Terrace as its own provider: what commits and pull requests are told
// is kept here.
type hosted struct {
	store Told
	clock kernel.Clock
}

// Receive refuses: what happens here needs no webhook.
func (hosted) Receive(Access, http.Header, []byte) (Incoming, error) {
	return Incoming{}, kernel.Errorf(kernel.NotFound, "a hosted repository has no webhooks")
}

// Find returns nothing that is not known already.
func (hosted) Find(_ context.Context, a Access) (Found, error) {
	return Found{DefaultBranch: a.Repository.DefaultBranch}, nil
}

// MayApply refuses: here nobody commands by comments.
func (hosted) MayApply(context.Context, Access, string) error {
	return kernel.Errorf(kernel.Refused, "comments of a hosted repository are no commands")
}

// Remote is none: the files are here.
func (hosted) Remote(Access) gitexec.Remote { return gitexec.Remote{} }

// SetStatus keeps a commit's status.
func (h hosted) SetStatus(ctx context.Context, a Access, st Status) error {
	st.UpdatedAt = h.clock.Now()
	return h.store.PutStatus(ctx, a.Repository.Scope, a.Repository.ID, st)
}

// PutComment keeps the one comment.
func (h hosted) PutComment(ctx context.Context, a Access, number int, id, marker, text string) (string, error) {
	r := a.Repository
	all, err := h.store.Comments(ctx, r.Scope, r.ID, number)
	if err != nil {
		return "", err
	}
	c := Comment{ID: kernel.NewID("note"), Number: number, Author: us, CreatedAt: h.clock.Now()}
	for _, old := range all {
		if old.ID == id || old.Author == c.Author && strings.Contains(old.Body, marker) {
			c = old
			break
		}
	}
	c.Body, c.UpdatedAt = text, h.clock.Now()
	return c.ID, h.store.PutComment(ctx, r.Scope, r.ID, c)
}
