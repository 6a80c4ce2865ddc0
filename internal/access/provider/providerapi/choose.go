package providerapi

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/terrace-idp/terrace/internal/access/provider"
	"github.com/terrace-idp/terrace/internal/access/provider/oauth"
)

// choices fills in which tenants and other providers there are to sign in with.
func (h *Handler) choices(ctx context.Context, t provider.Ticket, text string, v *view) (err error) {
	several := false
	if h.Several != nil {
		if several, err = h.Several(ctx); err != nil {
			return err
		}
	}
	if v.Several = several && t.Tenant == ""; several {
		v.Told = t.Tenant
	}
	if v.Several && h.Upstreams != nil {
		if v.Others, err = h.Upstreams.Any(ctx); err != nil {
			return err
		}
	}
	v.Upstreams, err = h.offered(ctx, v.Tenant, text)
	return err
}

// chooseTenant goes on with the tenant that somebody names, whose other providers they
// want to see. Of one that there is not no more is told than of one that has none.
func (h *Handler) chooseTenant(w http.ResponseWriter, r *http.Request) {
	if err := h.CheckForm(r); err != nil {
		h.fail(w, r, err)
		return
	}
	t, err := h.Provider.OpenTicket(r.Context(), r.PostForm.Get("t"))
	if err != nil {
		h.fail(w, r, err)
		return
	}
	if tenant := r.PostForm.Get("tenant"); t.Tenant == "" && tenantName.MatchString(tenant) {
		t.Tenant = tenant
	}
	h.toSignIn(w, r, t)
}

// tenantName is what the name of a tenant looks like.
var tenantName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// told returns the tenant that an authorization is for: that of the client, the one that
// it names, or whose people have the address that it names; "" for the one that is chosen.
func (h *Handler) told(ctx context.Context, a *oauth.Authorization) (string, error) {
	switch {
	case a.Client.Tenant != "":
		return a.Client.Tenant, nil
	case tenantName.MatchString(a.Tenant):
		return a.Tenant, nil
	}
	_, domain, isAddress := strings.Cut(a.Hint, "@")
	if !isAddress || h.Upstreams == nil || len(a.Hint) > 254 {
		return "", nil
	}
	return h.Upstreams.TenantOf(ctx, strings.ToLower(domain))
}

func (h *Handler) tenantOf(t provider.Ticket) string {
	if t.Tenant != "" {
		return t.Tenant
	}
	return h.Provider.Tenant
}

func (h *Handler) offered(ctx context.Context, tenant, ticket string) ([]upstream, error) {
	if h.Upstreams == nil {
		return nil, nil
	}
	all, err := h.Upstreams.Offered(ctx, tenant)
	out := make([]upstream, 0, len(all))
	for _, u := range all {
		out = append(out, upstream{u.Label, u.Begin + "?t=" + ticket})
	}
	return out, err
}
