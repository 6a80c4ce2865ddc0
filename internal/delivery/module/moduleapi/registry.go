package moduleapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/delivery/module"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Mount adds the discovery document and the handlers of the registry protocol.
// The router has set the actor of each request.
func (a API) Mount(r chi.Router) {
	const of = RegistryPath + "{namespace}/{name}/{system}"
	r.Get("/.well-known/terraform.json", discovery)
	r.Get(RegistryPath+"{namespace}/{name}", handle(a.latestOfEach))
	r.Get(of, handle(a.latest))
	r.Get(of+"/versions", handle(a.versions))
	r.Get(of+"/download", handle(a.downloadLatest))
	r.Get(of+"/{version}", handle(a.version))
	r.Get(of+"/{version}/download", handle(a.download))
	r.Get(of+"/{version}/archive.tar.gz", handle(a.archive))
}

// discovery tells terraform and tofu where the registry is.
func discovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]string{"modules.v1": RegistryPath})
}

func handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			httpserver.WriteError(w, r, err)
		}
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the tool may have left
}

func addressOf(r *http.Request) module.Address {
	return module.Address{
		Namespace: chi.URLParam(r, "namespace"), Name: chi.URLParam(r, "name"), System: chi.URLParam(r, "system"),
	}
}

// versions lists the versions of a module, all on one page as the protocol has it.
func (a API) versions(w http.ResponseWriter, r *http.Request) error {
	scope, err := httpserver.Scope(r.Context(), "")
	if err != nil {
		return err
	}
	versions, err := a.Modules.Versions(r.Context(), scope, addressOf(r))
	if err != nil {
		return err
	}
	numbers := make([]map[string]string, 0, len(versions))
	for _, v := range versions {
		numbers = append(numbers, map[string]string{"version": v.Version})
	}
	writeJSON(w, map[string]any{"modules": []any{map[string]any{
		"source": addressOf(r).String(), "versions": numbers,
	}}})
	return nil
}

func (a API) version(w http.ResponseWriter, r *http.Request) error {
	scope, err := httpserver.Scope(r.Context(), "")
	if err != nil {
		return err
	}
	v, err := a.Modules.Get(r.Context(), scope, addressOf(r), chi.URLParam(r, "version"))
	if err != nil {
		return err
	}
	writeJSON(w, detailOf(v))
	return nil
}

func (a API) latest(w http.ResponseWriter, r *http.Request) error {
	v, err := a.newest(r)
	if err != nil {
		return err
	}
	writeJSON(w, detailOf(v))
	return nil
}

func (a API) newest(r *http.Request) (module.Version, error) {
	scope, err := httpserver.Scope(r.Context(), "")
	if err != nil {
		return module.Version{}, err
	}
	return a.Modules.Latest(r.Context(), scope, addressOf(r))
}

func (a API) latestOfEach(w http.ResponseWriter, r *http.Request) error {
	scope, err := httpserver.Scope(r.Context(), "")
	if err != nil {
		return err
	}
	versions, err := a.Modules.LatestOfEach(r.Context(), scope, chi.URLParam(r, "namespace"), chi.URLParam(r, "name"))
	if err != nil {
		return err
	}
	details := make([]detail, 0, len(versions))
	for _, v := range versions {
		details = append(details, detailOf(v))
	}
	writeJSON(w, map[string]any{"modules": details})
	return nil
}

// downloadLatest leads to the newest version's download.
func (a API) downloadLatest(w http.ResponseWriter, r *http.Request) error {
	v, err := a.newest(r)
	if err != nil {
		return err
	}
	http.Redirect(w, r, RegistryPath+v.Address.String()+"/"+v.Version+"/download", http.StatusFound)
	return nil
}

// download names the address of the archive; it is relative to this one, so
// that it holds behind any proxy.
func (a API) download(w http.ResponseWriter, r *http.Request) error {
	scope, err := httpserver.Scope(r.Context(), "")
	if err != nil {
		return err
	}
	v, err := a.Modules.Get(r.Context(), scope, addressOf(r), chi.URLParam(r, "version"))
	if err != nil {
		return err
	}
	w.Header().Set("X-Terraform-Get", "./archive.tar.gz?"+a.link(scope, v))
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// archive serves the bytes to whoever has a signed address.
func (a API) archive(w http.ResponseWriter, r *http.Request) error {
	address, number := addressOf(r), chi.URLParam(r, "version")
	scope, err := a.scopeOf(r, address, number)
	if err != nil {
		return err
	}
	v, content, err := a.Modules.Archive(r.Context(), scope, address, number)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	w.Header().Set("Content-Type", "application/gzip")
	w.Header().Set("Content-Length", strconv.FormatInt(v.Size, 10))
	_, _ = io.Copy(w, content) // the tool may have left, and verifies the checksum
	return nil
}

// detail describes a version as the registry protocol's clients expect it.
type detail struct {
	ID          string        `json:"id"`
	Namespace   string        `json:"namespace"`
	Name        string        `json:"name"`
	Provider    string        `json:"provider"`
	Version     string        `json:"version"`
	PublishedAt time.Time     `json:"published_at"`
	Digest      kernel.Digest `json:"digest"`
	Root        root          `json:"root"`
}

type root struct {
	Inputs  []module.Input  `json:"inputs"`
	Outputs []module.Output `json:"outputs"`
}

func detailOf(v module.Version) detail {
	return detail{
		ID: v.Address.String() + "/" + v.Version, Namespace: v.Namespace, Name: v.Name, Provider: v.System,
		Version: v.Version, PublishedAt: v.PublishedAt, Digest: v.Digest, Root: root{Inputs: v.Inputs, Outputs: v.Outputs},
	}
}
