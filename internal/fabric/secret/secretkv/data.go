package secretkv

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/secret"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// version is what clients are told of one.
func version(i secret.Info) map[string]any {
	return map[string]any{"created_time": i.CreatedAt.Format(time.RFC3339Nano), "deletion_time": deletion(i), "destroyed": i.Destroyed, "version": i.Version}
}

func deletion(i secret.Info) string {
	if i.DeletedAt.IsZero() {
		return ""
	}
	return i.DeletedAt.Format(time.RFC3339Nano)
}

func (h Handler) read(r *http.Request) (reply, error) {
	scope, name, err := place(r)
	if err != nil {
		return reply{}, err
	}
	number, err := asked(r)
	if err != nil {
		return reply{}, err
	}
	info, data, err := h.Secrets.Read(r.Context(), scope, name, number)
	if err != nil && (info.Version == 0 || !kernel.Is(err, kernel.NotFound)) {
		return reply{}, err
	}
	said := version(info)
	said["custom_metadata"] = h.custom(r, scope, name)
	if err != nil { // it is deleted, and what is known of it is told
		return reply{status: http.StatusNotFound, data: map[string]any{"data": nil, "metadata": said}}, nil
	}
	return reply{data: map[string]any{"data": data, "metadata": said}}, nil
}

// asked is the version of the query, 0 for the newest.
func asked(r *http.Request) (int, error) {
	text := r.URL.Query().Get("version")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, kernel.Errorf(kernel.Invalid, "version %.20q is no number of a version", text)
	}
	return n, nil
}

// custom are the words beside a secret, nil where there are none or they may not be seen.
func (h Handler) custom(r *http.Request, scope kernel.Scope, name string) any {
	m, _, err := h.Secrets.Metadata(r.Context(), scope, name)
	if err != nil || len(m.Custom) == 0 {
		return nil
	}
	return m.Custom
}

type writeBody struct {
	Options struct {
		CAS *int `json:"cas"`
	} `json:"options"`
	Data secret.Data `json:"data"`
}

func (h Handler) write(r *http.Request) (reply, error) { return h.given(r, h.Secrets.Write) }

func (h Handler) patch(r *http.Request) (reply, error) { return h.given(r, h.Secrets.Patch) }

// given has the values of a body kept in the way that keep does.
func (h Handler) given(r *http.Request, keep func(ctx context.Context, scope kernel.Scope, name string, d secret.Data, seen *int) (secret.Info, error)) (reply, error) {
	scope, name, err := place(r)
	if err != nil {
		return reply{}, err
	}
	var body writeBody
	if err := decode(r, &body); err != nil {
		return reply{}, err
	}
	if body.Data == nil {
		return reply{}, kernel.Errorf(kernel.Invalid, "no data provided")
	}
	info, err := keep(r.Context(), scope, name, body.Data, body.Options.CAS)
	if err != nil {
		return reply{}, err
	}
	said := version(info)
	said["custom_metadata"] = h.custom(r, info.Scope, info.Name)
	return reply{data: said}, nil
}

// deleteNewest deletes the newest version so that it can be taken back; none is no error.
func (h Handler) deleteNewest(r *http.Request) (reply, error) {
	scope, name, err := place(r)
	if err != nil {
		return reply{}, err
	}
	err = h.Secrets.Mark(r.Context(), scope, name, secret.Deleted)
	if kernel.Is(err, kernel.NotFound) {
		err = nil
	}
	return reply{}, err
}

func (h Handler) mark(how string) func(r *http.Request) (reply, error) {
	return func(r *http.Request) (reply, error) {
		scope, name, err := place(r)
		if err != nil {
			return reply{}, err
		}
		var body struct {
			Versions []json.Number `json:"versions"` // clients send texts, too
		}
		if err := decode(r, &body); err != nil {
			return reply{}, err
		}
		switch n := len(body.Versions); {
		case n == 0:
			return reply{}, kernel.Errorf(kernel.Invalid, "no version number provided")
		case n > secret.MaxVersions:
			return reply{}, kernel.Errorf(kernel.Invalid, "%d versions are named, and %d are marked at once", n, secret.MaxVersions)
		}
		versions := make([]int, len(body.Versions))
		for i, v := range body.Versions {
			if versions[i], err = strconv.Atoi(v.String()); err != nil {
				return reply{}, kernel.Errorf(kernel.Invalid, "versions has something that is no number of a version")
			}
		}
		return reply{}, h.Secrets.Mark(r.Context(), scope, name, how, versions...)
	}
}
