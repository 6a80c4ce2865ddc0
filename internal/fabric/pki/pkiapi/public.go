package pkiapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/crypto/ocsp"

	"github.com/terrace-idp/terrace/internal/fabric/pki"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

// Public serves what clients of certificates ask without a sign-in.
type Public struct{ PKI *pki.Service }

// Mount mounts the paths.
func (p Public) Mount(r chi.Router) {
	r.Get("/pki/roots", p.roots)
	r.Get("/pki/authorities/{authority}", p.authority)
	r.Get("/pki/crl/{authority}", p.list)
	r.Post("/pki/ocsp/{authority}", p.post)
	r.Get("/pki/ocsp/{authority}/*", p.get)
}

// roots answers with what clients should trust.
func (p Public) roots(w http.ResponseWriter, _ *http.Request) {
	answer(w, "application/x-pem-file", "max-age=60", p.PKI.TrustedRoots())
}

func (p Public) authority(w http.ResponseWriter, r *http.Request) {
	der, err := p.PKI.AuthorityCertificate(authorityOfPath(r))
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	answer(w, "application/pkix-cert", "max-age=3600", der)
}

// list answers with what an authority has revoked (RFC 5280 §4.2.1.13).
func (p Public) list(w http.ResponseWriter, r *http.Request) {
	l, err := p.PKI.RevocationList(r.Context(), authorityOfPath(r))
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/pkix-crl")
	cacheable(w, r, l.DER, l.ThisUpdate(), l.NextUpdate)
}

// post answers a request for a status (RFC 6960 A.1).
func (p Public) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, pki.MaxStatusRequest+1))
	if err != nil {
		return // the client has gone
	}
	p.status(w, r, body)
}

// get answers one that is in the path, as base64.
func (p Public) get(w http.ResponseWriter, r *http.Request) {
	var body []byte
	if text := chi.URLParam(r, "*"); len(text) <= 2*pki.MaxStatusRequest {
		if plain, err := url.PathUnescape(text); err == nil {
			body, _ = base64.StdEncoding.DecodeString(plain) // nothing is a malformed request
		}
	}
	p.status(w, r, body)
}

func (p Public) status(w http.ResponseWriter, r *http.Request, request []byte) {
	der, err := p.PKI.Status(r.Context(), authorityOfPath(r), request)
	if err != nil {
		httpserver.WriteError(w, r, err)
		return
	}
	told, err := ocsp.ParseResponse(der, nil)
	if err != nil || r.Method != http.MethodGet { // an error is none for long, and nobody keeps answers to POST
		answer(w, "application/ocsp-response", "no-store", der)
		return
	}
	w.Header().Set("Content-Type", "application/ocsp-response")
	cacheable(w, r, der, told.ThisUpdate, told.NextUpdate)
}

// cacheable answers with what caches may keep (RFC 5019 §6.2). They ask again after a minute, so
// that what is revoked is known soon, and keep what has stayed the same. Two lists may be of one
// second: the date alone never says that nothing has changed.
func cacheable(w http.ResponseWriter, r *http.Request, body []byte, from, until time.Time) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=60, must-revalidate, no-transform")
	h.Set("Last-Modified", from.UTC().Format(http.TimeFormat))
	h.Set("Expires", until.UTC().Format(http.TimeFormat))
	h.Set("Etag", fmt.Sprintf(`"%x"`, sha256.Sum256(body)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// authorityOfPath is an id, of which that of a domain has a colon.
func authorityOfPath(r *http.Request) string {
	id, err := url.PathUnescape(chi.URLParam(r, "authority"))
	if err != nil {
		return ""
	}
	return id
}

func answer(w http.ResponseWriter, kind, cache string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	_, _ = w.Write(body) //nolint:gosec // signed bytes under a type of their own; the client may have gone
}
