package acmewire

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
)

// certificate is RFC 8555 §7.4.2.
func (h *Handler) certificate(w http.ResponseWriter, r *http.Request, m message) error {
	if err := get(m); err != nil {
		return err
	}
	c, err := h.Service.Certificate(r.Context(), *m.account, chi.URLParam(r, "serial"))
	if err != nil {
		return err
	}
	n := 0
	if text := chi.URLParam(r, "chain"); text != "" {
		if n, err = strconv.Atoi(text); err != nil || n < 0 || n >= len(c.Chains) {
			p := acme.Problemf(acme.Malformed, "there is no such chain")
			p.Status = http.StatusNotFound
			return p
		}
	}
	for i := range c.Chains {
		if i != n {
			w.Header().Add("Link", fmt.Sprintf(`<%s>;rel="alternate"`, h.at("certificate", c.Serial, strconv.Itoa(i))))
		}
	}
	w.Header().Set("Content-Type", "application/pem-certificate-chain")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte(c.Chains[n])) // a client that is gone does not hear it
	return nil
}

// revoke is RFC 8555 §7.6.
func (h *Handler) revoke(w http.ResponseWriter, r *http.Request, m message) error {
	var in struct {
		Certificate string `json:"certificate"`
		Reason      int    `json:"reason"`
	}
	if err := m.decode(&in); err != nil {
		return err
	}
	der, err := base64.RawURLEncoding.DecodeString(in.Certificate)
	if err != nil {
		return acme.Problemf(acme.Malformed, "the certificate is not base64url without padding")
	}
	if err := h.Service.Revoke(r.Context(), acme.Revoker{Account: m.account, Key: m.key.Key}, der, in.Reason); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// renewal is RFC 9773 §4.
func (h *Handler) renewal(w http.ResponseWriter, r *http.Request) {
	window, err := h.Service.Renewal(r.Context(), chi.URLParam(r, "certificate"))
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	w.Header().Set("Retry-After", seconds(acme.WindowLook))
	answer(w, http.StatusOK, map[string]any{"suggestedWindow": map[string]string{"start": stamp(window.Start), "end": stamp(window.End)}})
}
