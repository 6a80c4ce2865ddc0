package acmewire

import (
	"encoding/base64"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/terrace-idp/terrace/internal/fabric/pki/acme"
)

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// orderOf is an order as it is sent (RFC 8555 §7.1.3).
func (h *Handler) orderOf(o acme.Order) map[string]any {
	out := map[string]any{"status": o.Status, "expires": stamp(o.ExpiresAt), "identifiers": o.Identifiers, "finalize": h.at("order", o.ID, "finalize")}
	all := make([]string, len(o.Authorizations))
	for i, id := range o.Authorizations {
		all[i] = h.at("authorization", id)
	}
	out["authorizations"] = all
	if !o.NotBefore.IsZero() {
		out["notBefore"] = stamp(o.NotBefore)
	}
	if !o.NotAfter.IsZero() {
		out["notAfter"] = stamp(o.NotAfter)
	}
	if o.Error != nil {
		out["error"] = problemOf(o.Error)
	}
	if o.Certificate != "" {
		out["certificate"] = h.at("certificate", o.Certificate)
	}
	if o.Replaces != "" {
		out["replaces"] = o.Replaces
	}
	return out
}

// newOrder is RFC 8555 §7.4, with RFC 9773 §5.
func (h *Handler) newOrder(w http.ResponseWriter, r *http.Request, m message) error {
	var in struct {
		Identifiers []acme.Identifier `json:"identifiers"`
		NotBefore   time.Time         `json:"notBefore"`
		NotAfter    time.Time         `json:"notAfter"`
		Replaces    string            `json:"replaces"`
	}
	if err := m.decode(&in); err != nil {
		return err
	}
	o, err := h.Service.NewOrder(r.Context(), *m.account, acme.NewOrder{Identifiers: in.Identifiers, NotBefore: in.NotBefore, NotAfter: in.NotAfter, Replaces: in.Replaces})
	if err != nil {
		return err
	}
	h.sendOrder(w, http.StatusCreated, o)
	return nil
}

func (h *Handler) sendOrder(w http.ResponseWriter, status int, o acme.Order) {
	w.Header().Set("Location", h.at("order", o.ID))
	answer(w, status, h.orderOf(o))
}

// get refuses a payload where there is none to be.
func get(m message) error {
	if !m.isGet() {
		return acme.Problemf(acme.Malformed, "the payload has to be empty here (POST-as-GET)")
	}
	return nil
}

func (h *Handler) order(w http.ResponseWriter, r *http.Request, m message) error {
	if err := get(m); err != nil {
		return err
	}
	o, err := h.Service.Order(r.Context(), *m.account, chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	h.sendOrder(w, http.StatusOK, o)
	return nil
}

func (h *Handler) finalize(w http.ResponseWriter, r *http.Request, m message) error {
	var in struct {
		CSR string `json:"csr"`
	}
	if err := m.decode(&in); err != nil {
		return err
	}
	csr, err := base64.RawURLEncoding.DecodeString(in.CSR)
	if err != nil {
		return acme.Problemf(acme.BadCSR, "the request is not base64url without padding")
	}
	o, err := h.Service.Finalize(r.Context(), *m.account, chi.URLParam(r, "id"), csr)
	if err != nil {
		return err
	}
	h.sendOrder(w, http.StatusOK, o)
	return nil
}

// authorizationOf is an authorization as it is sent (RFC 8555 §7.1.4).
func (h *Handler) authorizationOf(z acme.Authorization) map[string]any {
	challenges := []map[string]any{}
	for _, c := range z.Challenges {
		// Of one that was met or has failed the others do not matter any more.
		if z.Status == acme.Pending || c.Status != acme.Pending {
			challenges = append(challenges, h.challengeOf(z, c))
		}
	}
	out := map[string]any{"status": z.Status, "expires": stamp(z.ExpiresAt), "identifier": acme.Identifier{Type: "dns", Value: z.Name}, "challenges": challenges}
	if z.Wildcard {
		out["wildcard"] = true
	}
	return out
}

func (h *Handler) challengeOf(z acme.Authorization, c acme.Challenge) map[string]any {
	out := map[string]any{"type": c.Type, "url": h.at("challenge", z.ID, c.Type), "status": c.Status, "token": c.Token}
	if !c.ValidatedAt.IsZero() {
		out["validated"] = stamp(c.ValidatedAt)
	}
	if c.Error != nil {
		out["error"] = problemOf(c.Error)
	}
	return out
}

// again tells when to ask again while a challenge is looked at (RFC 8555 §8.2).
func again(w http.ResponseWriter, z acme.Authorization) {
	for _, c := range z.Challenges {
		if c.Status == acme.Processing {
			w.Header().Set("Retry-After", "1")
		}
	}
}

func (h *Handler) authorization(w http.ResponseWriter, r *http.Request, m message) error {
	var in struct {
		Status acme.Status `json:"status"`
	}
	id, ask := chi.URLParam(r, "id"), h.Service.Authorization
	if !m.isGet() {
		if err := m.decode(&in); err != nil {
			return err
		}
		if in.Status != acme.Deactivated {
			return acme.Problemf(acme.Malformed, "an authorization can be made deactivated, and nothing else")
		}
		ask = h.Service.DeactivateAuthorization
	}
	z, err := ask(r.Context(), *m.account, id)
	if err != nil {
		return err
	}
	again(w, z)
	answer(w, http.StatusOK, h.authorizationOf(z))
	return nil
}

// challenge is RFC 8555 §7.5.1.
func (h *Handler) challenge(w http.ResponseWriter, r *http.Request, m message) error {
	id, kind := chi.URLParam(r, "id"), chi.URLParam(r, "type")
	var z acme.Authorization
	var err error
	if m.isGet() {
		z, err = h.Service.Authorization(r.Context(), *m.account, id)
	} else if err = m.decode(&struct{}{}); err == nil {
		z, err = h.Service.Respond(r.Context(), *m.account, id, kind)
	}
	if err != nil {
		return err
	}
	c := z.Challenge(kind)
	if c == nil {
		p := acme.Problemf(acme.Malformed, "there is no such challenge")
		p.Status = http.StatusNotFound
		return p
	}
	w.Header().Add("Link", "<"+h.at("authorization", id)+`>;rel="up"`)
	again(w, z)
	answer(w, http.StatusOK, h.challengeOf(z, *c))
	return nil
}
