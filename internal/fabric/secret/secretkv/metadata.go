package secretkv

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// namesAtOnce is how many names are read at a time.
const namesAtOnce = 1000

func (h Handler) metadata(r *http.Request) (reply, error) {
	if list, _ := strconv.ParseBool(r.URL.Query().Get("list")); list {
		return h.list(r)
	}
	scope, name, err := place(r)
	if err != nil {
		return reply{}, err
	}
	m, all, err := h.Secrets.Metadata(r.Context(), scope, name)
	if err != nil {
		return reply{}, err
	}
	versions, oldest := map[string]any{}, 0
	for i, v := range all {
		if i == 0 {
			oldest = v.Version
		}
		said := version(v)
		delete(said, "version")
		versions[strconv.Itoa(v.Version)] = said
	}
	custom := any(m.Custom)
	if len(m.Custom) == 0 {
		custom = nil
	}
	return reply{data: map[string]any{
		"cas_required": m.CASRequired, "created_time": m.CreatedAt.Format(time.RFC3339Nano), "current_version": m.Current, "custom_metadata": custom,
		"delete_version_after": m.DeleteAfter.String(), "max_versions": m.MaxVersions, "oldest_version": oldest,
		"updated_time": m.UpdatedAt.Format(time.RFC3339Nano), "versions": versions,
	}}, nil
}

// metadataBody has nil for what is not said.
type metadataBody struct {
	CASRequired *bool           `json:"cas_required"`
	MaxVersions *int            `json:"max_versions"`
	DeleteAfter *string         `json:"delete_version_after"`
	Custom      json.RawMessage `json:"custom_metadata"`
}

// set changes what is said; with merge the words beside the secret are merged (RFC 7396),
// else they are replaced.
func (b metadataBody) set(m *secret.Metadata, merge bool) error {
	if b.CASRequired != nil {
		m.CASRequired = *b.CASRequired
	}
	if b.MaxVersions != nil {
		m.MaxVersions = *b.MaxVersions
	}
	if b.DeleteAfter != nil {
		after, err := time.ParseDuration(*b.DeleteAfter)
		if err != nil {
			return kernel.Errorf(kernel.Invalid, "delete_version_after %.40q is no time", *b.DeleteAfter).WithFix("use such as 720h, and 0s for never")
		}
		m.DeleteAfter = after
	}
	if len(b.Custom) == 0 {
		return nil
	}
	var words map[string]*string
	if json.Unmarshal(b.Custom, &words) != nil {
		return kernel.Errorf(kernel.Invalid, "custom_metadata has something else than texts")
	}
	if !merge || words == nil {
		m.Custom = map[string]string{}
	}
	kept := map[string]string{}
	for k, v := range m.Custom {
		kept[k] = v
	}
	for k, v := range words {
		if v == nil {
			delete(kept, k)
			continue
		}
		kept[k] = *v
	}
	m.Custom = kept
	return nil
}

func (h Handler) setMetadata(r *http.Request) (reply, error) { return h.describe(r, false) }

func (h Handler) patchMetadata(r *http.Request) (reply, error) { return h.describe(r, true) }

func (h Handler) describe(r *http.Request, patch bool) (reply, error) {
	scope, name, err := place(r)
	if err != nil {
		return reply{}, err
	}
	var body metadataBody
	if err := decode(r, &body); err != nil {
		return reply{}, err
	}
	if patch {
		if _, _, err := h.Secrets.Metadata(r.Context(), scope, name); err != nil {
			return reply{}, err
		}
	}
	return reply{}, h.Secrets.Configure(r.Context(), scope, name, func(m *secret.Metadata) error { return body.set(m, patch) })
}

// deleteAll removes a secret with all that was.
func (h Handler) deleteAll(r *http.Request) (reply, error) {
	scope, name, err := place(r)
	if err != nil {
		return reply{}, err
	}
	return reply{}, h.Secrets.Remove(r.Context(), scope, name)
}

// list lists what is directly below a path; what has more below it ends with a slash.
func (h Handler) list(r *http.Request) (reply, error) {
	actor, _ := kernel.ActorFrom(r.Context())
	scope, prefix := kernel.Scope{Tenant: actor.Tenant}, ""
	parts := strings.SplitN(strings.Trim(chi.URLParam(r, "*"), "/"), "/", 3)
	scope.Project = parts[0]
	if len(parts) > 1 {
		scope.Stage = parts[1]
	}
	if len(parts) > 2 {
		prefix = parts[2] + "/"
	}
	keys, err := h.below(r.Context(), scope, prefix)
	if err != nil {
		return reply{}, err
	}
	if len(keys) == 0 {
		return reply{}, kernel.Errorf(kernel.NotFound, "there is nothing")
	}
	return reply{status: http.StatusOK, data: map[string]any{"keys": keys}}, nil
}

// below are the keys that are directly below a path.
func (h Handler) below(ctx context.Context, scope kernel.Scope, prefix string) ([]string, error) {
	seen, keys := map[string]bool{}, []string{} // a name and a folder of it do not follow each other
	for after := ""; ; {
		names, err := h.Secrets.Names(ctx, scope, prefix, after, namesAtOnce)
		if err != nil || len(names) == 0 {
			return keys, err
		}
		for _, name := range names {
			after = name
			if key, ok := below(name, prefix, scope.Stage == ""); ok && !seen[key] {
				seen[key] = true
				keys = append(keys, key)
			}
		}
	}
}

func below(name, prefix string, folder bool) (string, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return "", false
	}
	first, _, more := strings.Cut(rest, "/")
	if more || folder {
		first += "/"
	}
	return first, true
}
